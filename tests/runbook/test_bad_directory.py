"""Bad input: data directories that may not be read or not be written. Nothing is lost, and each command says what to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import serving

#: Root without the right to pass by permissions: a user like any other.
NOBODY_SPECIAL = ("setpriv", "--inh-caps=-all", "--bounding-set=-all")
#: Commands that only look, and what each must show of the data that is there.
LOOKING = {
    ("status",): "stopped", ("docs", "ls"): NOTE, ("search", "chimarrao OR nfe OR xml"): "", ("jobs", "ls"): "report_ready", ("trace", "logs"): "document.finished",
    ("kv", "ls"): "report:", ("queues", "ls"): "observability", ("dlq", "ls"): "", ("locks", "ls"): "", ("watch", "ls"): "", ("companies", "ls"): "",
    ("config", "show", "telemetry.spans"): "setting",
}  # fmt: skip
#: Commands that change something, or run.
CHANGING = (
    ("init",), ("run",), ("serve", "--port", "0"), ("add", NOTE), ("process", NOTE), ("config", "set", "telemetry.spans", "true"), ("queues", "pause", "parse"),
    ("watch", "add", "."), ("sweep", "now"), ("backfill", "."), ("companies", "add", "00000000000191"),
)  # fmt: skip


def can(*command: str) -> bool:
    """Whether the system lets us play this."""
    return shutil.which(command[0]) is not None and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0


needs_setpriv = pytest.mark.skipif(os.geteuid() != 0 or not can(*NOBODY_SPECIAL), reason="NOT TESTED: another user can only be played by root with setpriv")
needs_mounts = pytest.mark.skipif(os.geteuid() != 0 or not can("unshare", "-m"), reason="NOT TESTED: a read-only disk can only be mounted by root")


def read_only(directory: Path) -> tuple[str, ...]:
    """What to put before a command so that it finds the directory on a disk that is mounted read-only."""
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
    return "unshare", "-m", "sh", "-c", script, str(directory)


@pytest.fixture
def filled(nexus: Nexus, data: Path) -> Nexus:
    """A directory with a document and a live setting that nobody runs."""
    nexus("process", data / "nfe" / NOTE)
    nexus("config", "set", "telemetry.spans", "false")
    return nexus


@contextmanager
def owned_by_another(directory: Path) -> Iterator[None]:
    owner = os.stat(directory)
    os.chown(directory, 65534, 65534)
    try:
        yield
    finally:
        os.chown(directory, owner.st_uid, owner.st_gid)


@needs_setpriv
@pytest.mark.parametrize("command", [*LOOKING, *CHANGING, ("backup",), ("erase", "--subject", "00000000000191"), ("secrets", "ls"), ("blobs", "check")], ids=" ".join)
def test_another_users_directory_is_an_error_with_a_code_on_every_command(nexus: Nexus, command: tuple[str, ...], tmp_path: Path) -> None:
    nexus.directory.mkdir(mode=0o700)
    shutil.copy(__file__, tmp_path / NOTE)
    with owned_by_another(nexus.directory):
        ended = nexus(*command, code=78, prefix=("env", "-C", str(tmp_path), *NOBODY_SPECIAL))
    assert "NX-S09" in ended.err and "sudo -u nexus" in ended.err
    assert "Traceback" not in ended.err and ended.out == ""
    assert list(nexus.directory.iterdir()) == []


@needs_setpriv
def test_a_home_left_by_another_user_keeps_nobody_from_his_own_directory(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    """`sudo` may leave HOME as it was: what lies there is none of this user's."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with owned_by_another(home):
        for command in (("process", data / "nfe" / NOTE), ("config", "show"), ("config", "path"), ("secrets", "ls"), ("status",), ("doctor",)):
            assert "Traceback" not in nexus(*command, prefix=NOBODY_SPECIAL, env={"HOME": str(home)}).err


@needs_setpriv
def test_the_doctor_tells_of_another_users_directory_like_of_any_fault(nexus: Nexus) -> None:
    nexus.directory.mkdir(mode=0o700)
    with owned_by_another(nexus.directory):
        [folder] = [one for one in nexus("doctor", "--json", code=69, prefix=NOBODY_SPECIAL).object["checks"] if one["name"] == "data_directory"]
        assert folder["status"] == "fail" and folder["observed"].startswith("NX-S09")
        assert "é de outro usuário" in nexus("doctor", "--lang", "pt", code=69, prefix=NOBODY_SPECIAL).out


def test_a_file_where_the_directory_should_be_is_said_so(nexus: Nexus) -> None:
    nexus.directory.write_text("mine")
    for command in ("init", "status", "run"):
        assert "is no folder" in nexus(command, code=78).err
    assert nexus.directory.read_text() == "mine"


@needs_mounts
def test_a_read_only_disk_is_read(filled: Nexus) -> None:
    """A disk that the kernel has mounted read-only after a fault is when one wants to look."""
    for command, shown in LOOKING.items():
        ended = filled(*command, code=None, prefix=read_only(filled.directory))
        assert ended.code == 0 and shown in ended.out + ended.err, (command, ended)
    document = filled.json("docs", "ls").objects[0]["docId"]
    report = filled("docs", "report", document, "--json", prefix=read_only(filled.directory)).object
    assert report == filled.json("docs", "report", document).object
    # Looking where one may write has left a file of shared memory, and an empty WAL, behind.
    assert (filled.directory / "nexus.db-shm").exists()
    assert NOTE in filled("docs", "ls", prefix=read_only(filled.directory)).out
    (filled.directory / "nexus.db-wal").unlink()
    assert NOTE in filled("docs", "ls", prefix=read_only(filled.directory)).out


@needs_mounts
@pytest.mark.parametrize("command", CHANGING, ids=" ".join)
def test_a_read_only_disk_is_an_error_with_a_code_for_what_would_write(filled: Nexus, data: Path, command: tuple[str, ...]) -> None:
    ended = filled(*command, code=78, prefix=("env", "-C", str(data / "nfe"), *read_only(filled.directory)))
    assert "NX-S05" in ended.err and "mounted read-write" in ended.err
    assert "Traceback" not in ended.err and len(filled.json("docs", "ls").objects) == 1


@needs_mounts
def test_what_a_killed_engine_committed_last_is_seen_on_a_read_only_disk_too(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    """It lies in the WAL, which reading the file alone would pass over: rather nothing is shown than something old."""
    with nexus.running() as service:
        nexus("add", data / "nfe" / NOTE)
        until(lambda: [one["state"] for one in nexus.json("docs", "ls").objects] == ["done"])
        service.signal(signal.SIGKILL)
        service.ended()
    wal = nexus.directory / "nexus.db-wal"
    assert wal.stat().st_size > 0
    seen = nexus("docs", "ls", "--json", prefix=read_only(nexus.directory)).objects
    assert [one["state"] for one in seen] == ["done"]
    (nexus.directory / "nexus.db-shm").unlink()
    ended = nexus("docs", "ls", "--json", code=78, prefix=read_only(nexus.directory))
    assert "NX-S05" in ended.err and "nexus.db-wal" in ended.err and ended.out == ""
    copied = Nexus(tmp_path / "copied")
    shutil.copytree(nexus.directory, copied.directory, ignore=shutil.ignore_patterns("*.sock"))
    assert [one["state"] for one in copied.json("docs", "ls").objects] == ["done"], "what the hint says works"


class Unshared(Nexus):
    """Commands among mounts of their own, where a test may change them."""

    def line(self, arguments: tuple[str | Path, ...]) -> list[str]:
        return ["unshare", "-m", *super().line(arguments)]


@needs_mounts
def test_a_disk_that_is_mounted_read_only_over_a_running_service_is_not_ready(nexus: Nexus, data: Path) -> None:
    """Its database is open and takes every COMMIT; no document's file can be made."""
    with serving(Unshared(nexus.directory)) as web:
        assert web.client.get("/readyz").status_code == 200
        script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"'
        subprocess.run(["nsenter", "-t", str(web.process.pid), "-m", "sh", "-c", script, str(nexus.directory)], check=True)
        until(lambda: web.client.get("/readyz").status_code == 503, within_s=20)
        [disk] = web.client.get("/readyz").json()["checks"]["disk"]
        assert disk["status"] == "fail" and "NX-S05" in str(disk)
        assert web.upload(("a.xml", (data / "nfe" / NOTE).read_bytes())).json()["code"] == "NX-S05"
        subprocess.run(["nsenter", "-t", str(web.process.pid), "-m", "umount", str(nexus.directory)], check=True)
        until(lambda: web.client.get("/readyz").status_code == 200, within_s=20)
        assert web.upload(("a.xml", (data / "nfe" / NOTE).read_bytes())).status_code == 202


def immutable(path: Path, *, on: bool) -> bool:
    """Have every write to a file refused, also through what is open already."""
    return subprocess.run(["chattr", "+i" if on else "-i", str(path)], capture_output=True, check=False).returncode == 0


def test_a_database_that_takes_no_more_writes_is_not_ready_told_once_and_goes_on_by_itself(nexus: Nexus, data: Path) -> None:
    with serving(nexus) as web:
        wal = nexus.directory / "nexus.db-wal"
        if os.geteuid() != 0 or shutil.which("chattr") is None or not immutable(wal, on=True):
            pytest.skip("NOT TESTED: this file system has no immutable files, or we are not root")
        try:
            until(lambda: web.client.get("/readyz").status_code == 503, within_s=20)
            refused = web.upload(("a.xml", (data / "nfe" / NOTE).read_bytes()))
            assert refused.status_code in (500, 503, 507) and refused.json()["code"] == "NX-S05"
            until(lambda: told(nexus), within_s=20)
            until(lambda: web.client.get("/readyz").status_code == 503, within_s=20)
        finally:
            immutable(wal, on=False)
        until(lambda: web.client.get("/readyz").status_code == 200, within_s=20)
        assert web.upload(("a.xml", (data / "nfe" / NOTE).read_bytes())).status_code == 202
        until(lambda: [one["state"] for one in nexus.json("docs", "ls").objects] == ["done"])
        until(lambda: [one for one in logged(nexus) if one["event"] == "alarm.cleared"], within_s=20)
        [once] = told(nexus)
        assert once["fields"]["code"] == "NX-S05" and "mounted read-write" in once["fields"]["hint"]


def logged(nexus: Nexus) -> list[dict[str, Any]]:
    return [line for line in nexus.json("trace", "logs").objects if line["event"].startswith("alarm.")]


def told(nexus: Nexus) -> list[dict[str, Any]]:
    return [line for line in logged(nexus) if line["event"] == "alarm.raised"]
