"""`nexus add`, `run`, `status` and who owns the data directory, as real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from nexus_tui.version import VERSION
from store.owner import Ownership
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, below, environment, until


def done(nexus: Nexus, count: int) -> None:
    """Wait until so many documents are done."""
    until(lambda: nexus.json("status").object["counters"].get("state:done", 0) == count)


def test_what_was_added_is_processed_by_the_engine_that_runs_next(nexus: Nexus, data: Path) -> None:
    absent = nexus.json("status").object
    assert absent == {"engine": {"state": "absent", "pid": None}, "counters": {}, "queues": [], "checks": {}}
    ended = nexus.json("add", data / "nfe" / NOTE, data / "nfe" / "nfce.xml", data / "nfe" / NOTE)
    assert [set(value) for value in ended.objects] == [{"file", "docId", "jobId", "state"}] * 3
    assert {value["state"] for value in ended.objects} == {"queued"}
    assert ended.objects[0]["docId"] == ended.objects[2]["docId"]
    stopped = nexus.json("status").object
    assert stopped["engine"] == {"state": "stopped", "pid": None}
    assert next(queue for queue in stopped["queues"] if queue["name"] == "ingest")["ready"] == 1
    assert set(stopped["queues"][0]) == {"name", "ready", "leased", "delayed", "dead", "oldest_age", "paused"}
    assert {check: value["status"] for check, value in stopped["checks"].items()} == dict.fromkeys(("disk", "dead_letters", "locks", "paused", "scheduler", "watches", "alarms"), "pass")
    with nexus.running() as service:
        assert service.told == {"state": "running", "pid": service.process.pid, "dataDir": str(nexus.directory)}
        done(nexus, 2)
        running = nexus.json("status").object
        assert running["engine"] == {"state": "running", "pid": service.process.pid}
        assert running["counters"]["pipeline.finalized"] == 2
        again = nexus.json("add", data / "nfe" / NOTE).object
        assert (again["docId"], again["already"], again["state"]) == (ended.objects[0]["docId"], True, "done")
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    assert nexus.json("status").object["engine"]["state"] == "stopped"


def test_a_command_beside_a_running_engine_goes_through_its_socket(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    with nexus.running() as service:
        owner = json.loads((nexus.directory / "owner.json").read_text(encoding="utf-8"))
        assert set(owner) == {"pid", "boot", "version", "schema", "socket", "http"}
        assert (owner["pid"], owner["version"], owner["socket"]) == (service.process.pid, VERSION, str(nexus.directory / "nexus.sock"))
        modes = {name: stat.S_IMODE((nexus.directory / name).stat().st_mode) for name in ("nexus.sock", "owner.json", "nexus.db", "nexus.lock")}
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE(nexus.directory.stat().st_mode) == 0o700
        told = nexus.json("process", data / "nfe" / NOTE, tmp_path / "none", code=1).objects
        assert [value["state"] for value in told] == ["done", "refused"]
        assert nexus.json("kv", "put", "hello", "world").object == {"done": 1, "refused": [], "undo": None}
        assert nexus.json("kv", "get", "hello").object["value"] == "world"
        assert nexus("companies", "add", "123", code=2).err.splitlines()[0] == "nexus: 123: '123' is no valid CNPJ or CPF."
        refused = nexus("run", code=75)
        assert f"process {service.process.pid}" in refused.err
        assert "NX-S01" in refused.err
        service.signal(signal.SIGHUP)
        assert service.ended() == 0
    assert not (nexus.directory / "nexus.sock").exists()
    assert not (nexus.directory / "owner.json").exists()


def test_each_file_is_told_as_it_is_acknowledged(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    # The second path is a folder that takes a while: the first file must be known before.
    big = tmp_path / "big"
    big.mkdir()
    for number in range(300):
        (big / f"{number}.txt").write_text(f"file {number}")
    process = subprocess.Popen(
        nexus.line(("add", data / "nfe" / NOTE, big, "--json")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert first["file"].endswith(NOTE)
        process.kill()
        process.communicate()
    finally:
        process.kill()
        process.wait()
    # What was told is durable: an engine that starts later finishes the job that the crash left open.
    with nexus.running() as service:
        until(lambda: nexus.json("docs", "show", first["docId"], code=None).out.find('"state": "done"') > 0)
        service.signal(signal.SIGINT)
        assert service.ended() == 0


@pytest.mark.quiet
def test_a_hung_owner_is_named_within_six_seconds(nexus: Nexus, data: Path) -> None:
    with nexus.running() as service:
        service.signal(signal.SIGSTOP)
        began = time.monotonic()
        refused = nexus("add", data / "nfe" / NOTE, code=75, env={"NEXUS_LANG": "pt"})
        assert time.monotonic() - began < 7
        assert f"O processo {service.process.pid}" in refused.err
        # Looking needs nobody's answer.
        assert nexus.json("status").object["engine"]["pid"] == service.process.pid
        service.signal(signal.SIGCONT)
        assert nexus.json("add", data / "nfe" / NOTE).object["state"] == "queued"


def test_a_killed_owner_leaves_nothing_that_stands_in_the_way(nexus: Nexus, data: Path) -> None:
    with nexus.running() as service:
        nexus("queues", "pause", "audit")
        nexus.json("add", data / "nfe" / NOTE)
        until(lambda: any(queue["name"] == "audit" and queue["ready"] for queue in nexus.json("queues", "ls").objects))
        service.process.kill()
        service.ended()
    assert (nexus.directory / "nexus.sock").exists()
    assert nexus.json("status").object["engine"] == {"state": "stopped", "pid": None}
    nexus("queues", "resume", "audit")
    with nexus.running() as service:
        done(nexus, 1)
        service.signal(signal.SIGTERM)
        assert service.ended() == 0


@pytest.mark.quiet
def test_the_second_ctrl_c_does_not_wait_for_what_is_at_work(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    def big(name: str) -> Path:
        # Above 64 KB an XML is read in the sandbox.
        (tmp_path / name).write_bytes((data / "nfe" / NOTE).read_bytes() + f"<!-- {name * 20000} -->".encode())
        return tmp_path / name

    with nexus.running() as service:
        nexus.json("process", big("first.xml"))
        sandboxes = below(service.process.pid)
        assert sandboxes
        try:
            nexus("queues", "pause", "parse")
            nexus.json("add", big("second.xml"))
            for child in sandboxes:
                os.kill(child, signal.SIGSTOP)
            nexus("queues", "resume", "parse")
            until(lambda: any(queue["leased"] for queue in nexus.json("queues", "ls").objects))
            assert service.process.stderr is not None
            service.signal(signal.SIGINT)
            assert b"stopping" in service.process.stderr.readline()
            began = time.monotonic()
            service.signal(signal.SIGINT)
            assert service.ended(5) == 130
            assert time.monotonic() - began < 2
        finally:
            for child in sandboxes:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
    # Nothing is lost: the next engine does it.
    with nexus.running() as service:
        until(lambda: nexus.json("status").object["counters"].get("pipeline.finalized") == 2)
        service.signal(signal.SIGTERM)
        assert service.ended() == 0


def test_another_schema_is_refused(nexus: Nexus, data: Path) -> None:
    nexus("init")
    owned = Ownership.take(nexus.directory)
    try:
        owned.announce({"pid": 4242, "boot": 0, "version": "9.9", "schema": 999, "socket": str(nexus.directory / "nexus.sock"), "http": None})
        refused = nexus("add", data / "nfe" / NOTE, code=78)
        assert "4242" in refused.err
        assert "NX-E22" in refused.err
    finally:
        owned.release()
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    connection.execute("PRAGMA user_version=999")
    connection.close()
    for command in (("status",), ("docs", "ls"), ("run",), ("add", str(data / "nfe" / NOTE))):
        ended = nexus(*command, code=78)
        assert "NX-S02" in ended.err
        assert ended.out == ""


def test_a_foreign_or_broken_database_is_left_alone(nexus: Nexus, tmp_path: Path) -> None:
    nexus.directory.mkdir()
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    connection.execute("CREATE TABLE theirs(x)")
    connection.close()
    before = (nexus.directory / "nexus.db").read_bytes()
    for command in (("status",), ("init",), ("run",)):
        assert "NX-S03" in nexus(*command, code=78).err
    assert (nexus.directory / "nexus.db").read_bytes() == before
    file = Nexus(tmp_path / "file")
    file.directory.write_text("a file")
    assert "NX-S09" in file("init", code=78).err


def test_init_twice_changes_nothing(nexus: Nexus) -> None:
    told = nexus.json("init").object
    assert told == {"dataDir": str(nexus.directory)}
    before = sorted(path.name for path in nexus.directory.iterdir())
    assert nexus.json("init").object == told
    assert sorted(path.name for path in nexus.directory.iterdir()) == before
    assert len(nexus.json("queues", "ls").objects) == 10


def test_a_service_without_a_reader_runs_on(nexus: Nexus, data: Path) -> None:
    shutil.rmtree(nexus.directory, ignore_errors=True)
    process = subprocess.Popen(nexus.line(("run",)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment())
    try:
        until(lambda: nexus.json("status").object["engine"]["state"] == "running")
        assert nexus.json("process", data / "nfe" / NOTE).object["state"] == "done"
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
