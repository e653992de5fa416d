"""One process owns a data directory; the kernel says which, whatever way the last one ended."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.errors import Owned, Unwritable
from store.owner import LOCK_FILE, OWNER_FILE, Ownership, is_owned, read_owner

REPOSITORY = Path(__file__).resolve().parents[2]
TAKER = """
import os, sys, time
from pathlib import Path
from store.errors import Owned
from store.owner import Ownership
sys.stdin.readline()
try:
    owner = Ownership.take(Path(sys.argv[1]))
except Owned as error:
    print("refused", error, flush=True)
    sys.exit(error.exit_code)
owner.announce({"pid": os.getpid()})
print("owner", os.getpid(), flush=True)
sys.stdin.readline()
"""


ASKER = """
import sys
from pathlib import Path
from store.owner import is_owned
print("asking", flush=True)
while True:
    is_owned(Path(sys.argv[1]))
"""


class Taker:
    """A process that waits for a word, takes the directory, and holds it until its input ends."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKER, str(directory)], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def takers(tmp_path: Path) -> Iterator[Callable[[], Taker]]:
    started: list[Taker] = []

    def start() -> Taker:
        started.append(Taker(tmp_path / "data"))
        return started[-1]

    yield start
    for taker in started:
        taker.end()


def test_of_twenty_that_race_one_gets_it_and_the_others_name_it(takers: Callable[[], Taker]) -> None:
    racing = [takers() for _ in range(20)]
    for taker in racing:
        taker.go()
    answers = [taker.answer() for taker in racing]
    winners = [answer for answer in answers if answer.startswith("owner")]
    assert len(winners) == 1
    refused = [answer for answer in answers if answer.startswith("refused")]
    assert len(refused) == 19
    late = takers()
    late.go()
    assert late.answer().endswith(f"in use by process {winners[0].split()[1]}.")
    assert late.process.wait() == 75


@pytest.mark.quiet
def test_a_killed_owner_leaves_the_directory_free_and_nobody_is_named_wrongly(takers: Callable[[], Taker], tmp_path: Path) -> None:
    first = takers()
    first.go()
    assert first.answer().startswith("owner")
    assert is_owned(tmp_path / "data")
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    assert not is_owned(tmp_path / "data")
    assert read_owner(tmp_path / "data") == {"pid": first.process.pid}, "it could not tidy up"
    started = time.monotonic()
    owner = Ownership.take(tmp_path / "data")
    assert time.monotonic() - started < 1
    assert read_owner(tmp_path / "data") is None
    second = takers()
    second.go()
    assert second.answer().endswith("in use by another process.")
    owner.release()


def test_a_stopped_owner_still_owns(takers: Callable[[], Taker], tmp_path: Path) -> None:
    taker = takers()
    taker.go()
    assert taker.answer().startswith("owner")
    taker.process.send_signal(signal.SIGSTOP)
    with pytest.raises(Owned, match=str(taker.process.pid)):
        Ownership.take(tmp_path / "data")
    assert is_owned(tmp_path / "data")
    taker.process.send_signal(signal.SIGCONT)


def test_asking_whether_it_is_owned_does_not_get_in_the_way_of_who_takes_it(tmp_path: Path) -> None:
    Ownership.take(tmp_path).release()
    asking = subprocess.Popen([sys.executable, "-c", ASKER, str(tmp_path)], cwd=REPOSITORY, stdout=subprocess.PIPE)
    try:
        assert asking.stdout is not None
        asking.stdout.readline()
        for _ in range(100):
            Ownership.take(tmp_path).release()
    finally:
        asking.kill()
        asking.communicate()


def test_two_who_ask_do_not_take_each_other_for_owners(tmp_path: Path) -> None:
    Ownership.take(tmp_path).release()
    handle = os.open(tmp_path / LOCK_FILE, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        assert not is_owned(tmp_path)
    finally:
        os.close(handle)


def test_the_owner_says_who_it_is_and_takes_it_back(tmp_path: Path) -> None:
    directory = tmp_path / "made" / "here"
    before = os.umask(0o022)
    try:
        owner = Ownership.take(directory)
        owner.announce({"pid": 7, "boot": "b", "version": "1"})
        owner.announce({"pid": 7, "boot": "b", "version": "2"})
    finally:
        os.umask(before)
    assert read_owner(directory) == {"pid": 7, "boot": "b", "version": "2"}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for name in (LOCK_FILE, OWNER_FILE):
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o600
    owner.release()
    assert read_owner(directory) is None and not is_owned(directory)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"boot": 1})])
def test_an_unreadable_owner_file_names_nobody(tmp_path: Path, content: str) -> None:
    (tmp_path / OWNER_FILE).write_text(content)
    assert read_owner(tmp_path) is None


def test_a_directory_that_does_not_exist_is_not_owned(tmp_path: Path) -> None:
    assert not is_owned(tmp_path / "nowhere")


def test_a_directory_that_cannot_be_made_is_unwritable(mount: Callable[[str], Path]) -> None:
    disk = mount("size=1m")
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(Unwritable):
        Ownership.take(disk / "data")
