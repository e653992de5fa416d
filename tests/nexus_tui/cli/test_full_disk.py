"""A disk with little room: intake waits and says so once, the status says why, and everything goes on by itself when there is room."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, environment, until

MIB = 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 MB: its floor is 12.8 MB, its ballast 2 MB."""
    target = tmp_path / "disk"
    target.mkdir(mode=0o700)
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: a file system of its own can only be mounted by root")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700,size=64m", "tmpfs", target], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT TESTED: no file system can be mounted here: {done.stderr.strip()}")
    yield target
    subprocess.run(["umount", "-l", target], check=True)


@contextmanager
def filled(disk: Path, left: int) -> Iterator[None]:
    """`left` bytes are free, until the block ends."""
    filler = disk / "filler"
    status = os.statvfs(disk)
    try:
        try:
            filler.write_bytes(bytes(status.f_bavail * status.f_frsize - left))
        except OSError as error:
            # A process at work took some of it meanwhile: then the disk is full, which is what was asked for.
            if error.errno != errno.ENOSPC or left:
                raise
        yield
    finally:
        filler.unlink(missing_ok=True)


def begun(nexus: Nexus, tmp_path: Path, *arguments: str | Path) -> tuple[subprocess.Popen[bytes], Path]:
    """A command under way, and where its stderr goes."""
    said = tmp_path / f"said-{arguments[0]}"
    with said.open("wb") as file:
        return subprocess.Popen(nexus.line((*arguments, "--json")), stdout=subprocess.PIPE, stderr=file, env=environment()), said


def test_process_waits_for_room_and_ends_as_if_nothing_had_been(disk: Path, data: Path, tmp_path: Path) -> None:
    nexus = Nexus(disk / "data")
    nexus.json("init")
    with filled(disk, 10 * MIB):
        process, said = begun(nexus, tmp_path, "process", data / "nfe" / NOTE)
        until(lambda: said.read_text().endswith("\n"))
        [line] = said.read_text().splitlines()
        waiting = json.loads(line)["waiting"]
        assert set(waiting) == {"code", "title", "message", "hint"}
        assert (waiting["code"], waiting["message"]) == ("NX-E20", f"{nexus.directory} has 9 MB free; intake waits below 13 MB.")
        check = nexus.json("status").object["checks"]["disk"]
        assert (check["status"], check["observed"], check["needed"], check["error"]["code"]) == ("warn", 9, 13, "NX-E20")
        portuguese = nexus("status", "--lang", "pt")
        assert "MB livres no disco" in portuguese.out
        assert "Pouco espaço em disco (NX-E20)" in portuguese.err and "a entrada espera abaixo de 13 MB." in portuguese.err
        assert "Libere espaço; a entrada volta sozinha." in portuguese.err
        assert process.poll() is None
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert json.loads(out)["state"] == "done"
    assert len(said.read_text().splitlines()) == 1, "it is said once"
    assert nexus.json("status").object["checks"]["disk"]["status"] == "pass"


def test_the_running_engine_keeps_a_ballast_gives_it_up_and_takes_it_back(disk: Path, data: Path, tmp_path: Path) -> None:
    nexus = Nexus(disk / "data")
    ballast = nexus.directory / "ballast"
    with nexus.running() as service:
        until(lambda: ballast.exists() and ballast.stat().st_size > 2 * MIB)
        with filled(disk, 1 * MIB):
            until(lambda: ballast.stat().st_size == 0)
            process, said = begun(nexus, tmp_path, "add", data / "nfe" / NOTE, data / "nfe" / "nfce.xml")
            until(lambda: said.read_text().endswith("\n"))
            assert "NX-E20" in said.read_text()
            # What is no intake goes on.
            assert nexus.json("queues", "pause", "audit").object["done"] == 1
            assert nexus.json("queues", "resume", "audit").object["done"] == 1
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 0 and len(out.splitlines()) == 2
        assert len(said.read_text().splitlines()) == 1
        until(lambda: nexus.json("status").object["counters"].get("state:done", 0) == 2)
        until(lambda: ballast.stat().st_size > 2 * MIB)
        service.signal(signal.SIGTERM)
        assert service.ended() == 0


def test_an_interrupted_wait_keeps_what_was_acknowledged(disk: Path, data: Path, tmp_path: Path) -> None:
    nexus = Nexus(disk / "data")
    nexus.json("add", data / "nfe" / NOTE)
    with filled(disk, 2 * MIB):
        process, said = begun(nexus, tmp_path, "add", data / "nfe" / "nfce.xml")
        until(lambda: said.read_text().endswith("\n"))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        # The engine itself runs with little room, and finishes what it has.
        with nexus.running() as service:
            until(lambda: nexus.json("status").object["counters"].get("state:done", 0) == 1)
            service.signal(signal.SIGTERM)
            assert service.ended() == 0


def test_a_process_can_be_interrupted_on_a_disk_that_filled_up_meanwhile(disk: Path, data: Path, tmp_path: Path) -> None:
    nexus = Nexus(disk / "data")
    nexus.json("queues", "pause", "audit")
    process, said = begun(nexus, tmp_path, "process", data / "nfe" / NOTE)
    until(lambda: any(queue["name"] == "audit" and queue["ready"] for queue in nexus.json("queues", "ls").objects))
    with filled(disk, 0):
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 128 + signal.SIGTERM, said.read_text()
        assert json.loads(out)["docId"]
        assert "Traceback" not in said.read_text()
    nexus.json("queues", "resume", "audit")
    assert nexus.json("process", data / "nfe" / NOTE).object["state"] == "done"


def test_a_full_disk_is_opened_with_the_room_of_the_ballast(disk: Path, data: Path, tmp_path: Path) -> None:
    nexus = Nexus(disk / "data")
    with nexus.running() as service:
        until(lambda: (nexus.directory / "ballast").exists())
        nexus.json("queues", "pause", "ingest")
        nexus.json("add", data / "nfe" / NOTE)
        service.signal(signal.SIGKILL)
        service.ended()
    with filled(disk, 0):
        nexus.json("queues", "resume", "ingest")
        with nexus.running() as service:
            until(lambda: nexus.json("status").object["counters"].get("state:done", 0) == 1)
            service.signal(signal.SIGTERM)
            assert service.ended() == 0
