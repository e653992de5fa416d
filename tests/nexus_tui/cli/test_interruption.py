"""Signals to `nexus process` and `add`: what is acknowledged is told and kept, nothing stays behind, the next engine goes on."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, below, environment, until

FINISHED = {"done", "duplicate", "unsupported"}


@contextmanager
def begun(nexus: Nexus, *arguments: str | Path, prefix: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """A command under way; killed if the block did not see its end."""
    line = [*prefix, *nexus.line((*arguments, "--json"))]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment()
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def waits_at(nexus: Nexus, queue: str, count: int = 1) -> bool:
    """Whether so many messages wait in a paused queue, and nothing else is at work."""
    queues = {one["name"]: one for one in nexus.json("queues", "ls").objects}
    busy = sum(one["leased"] + (one["ready"] if name != queue else 0) for name, one in queues.items())
    return not busy and queues[queue]["ready"] >= count


def leases(nexus: Nexus) -> int:
    connection = sqlite3.connect(f"file:{nexus.directory / 'nexus.db'}?mode=ro", uri=True)
    try:
        found: int = connection.execute("SELECT count(*) FROM msg WHERE state=2").fetchone()[0]
        return found
    finally:
        connection.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_process_tells_what_it_has_and_leaves_nothing_behind(
    nexus: Nexus, data: Path, tmp_path: Path, number: int
) -> None:
    first = nexus.json("process", data / "nfe" / NOTE).object
    nexus("queues", "pause", "audit")
    out = tmp_path / "out"
    with begun(nexus, "process", data / "nfe", "--out", out) as process:
        until(lambda: waits_at(nexus, "audit", 3))
        children = below(process.pid)
        process.send_signal(number)
        told, err = process.communicate(timeout=20)
        assert process.returncode == 128 + number
        assert b"Traceback" not in err
        assert err.count(b"interrupted: what was taken in is safe") == 1
        until(lambda: not [child for child in children if Path(f"/proc/{child}").exists()])
    objects = [json.loads(line) for line in told.splitlines()]
    states = {value["docId"]: value["state"] for value in objects}
    assert states[first["docId"]] == "done"
    assert len(states) > 3 and set(states.values()) - FINISHED
    assert (out / f"{first['docId']}.json").exists()
    assert leases(nexus) == 0
    assert nexus.json("status").object["engine"]["state"] == "stopped"
    assert not (nexus.directory / "owner.json").exists() and not (nexus.directory / "nexus.sock").exists()
    nexus("queues", "resume", "audit")
    again = nexus.json("process", data / "nfe").objects
    assert {value["docId"] for value in again} == set(states)
    assert all(value["already"] for value in again)
    assert {value["state"] for value in again} <= FINISHED


def test_the_end_of_the_terminal_is_no_end_under_nohup(nexus: Nexus, data: Path) -> None:
    nexus("queues", "pause", "audit")
    with begun(nexus, "process", data / "nfe" / NOTE, prefix=("nohup",)) as process:
        until(lambda: waits_at(nexus, "audit"))
        process.send_signal(signal.SIGHUP)
        nexus("queues", "resume", "audit")
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, json.loads(out)["state"]) == (0, "done")


@pytest.mark.quiet
def test_the_second_ctrl_c_ends_a_process_at_once(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    def big(name: str) -> Path:
        # Above 64 KB an XML is read in the sandbox.
        (tmp_path / name).write_bytes((data / "nfe" / NOTE).read_bytes() + f"<!-- {name * 20000} -->".encode())
        return tmp_path / name

    nexus("queues", "pause", "parse")
    with begun(nexus, "process", big("one.xml")) as process:
        until(lambda: waits_at(nexus, "parse"))
        sandboxes = below(process.pid)
        assert sandboxes
        try:
            for child in sandboxes:
                os.kill(child, signal.SIGSTOP)
            nexus("queues", "resume", "parse")
            until(lambda: any(queue["leased"] for queue in nexus.json("queues", "ls").objects))
            process.send_signal(signal.SIGINT)
            assert process.stderr is not None
            until(lambda: b"interrupted" in process.stderr.readline())  # type: ignore[union-attr]
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.wait(5) == 130
            assert time.monotonic() - began < 2
        finally:
            for child in sandboxes:
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        assert b"Traceback" not in process.stderr.read()
    assert nexus.json("process", tmp_path / "one.xml").object["state"] == "done"


@pytest.mark.parametrize("beside", [False, True])
def test_what_an_interrupted_add_told_is_processed_by_the_next_engine(
    nexus: Nexus, data: Path, tmp_path: Path, beside: bool
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    note = (data / "nfe" / NOTE).read_bytes()
    for number in range(400):
        (many / f"{number}.xml").write_bytes(note + f"<!-- {number} -->".encode())
    if beside:
        with nexus.running() as service:
            told = interrupted_add(nexus, many)
            # The job is closed although its command is gone: what it told does not wait for a restart.
            until(lambda: finished(nexus, told))
            service.signal(signal.SIGTERM)
            assert service.ended() == 0
    else:
        told = interrupted_add(nexus, many)
        with nexus.running() as service:
            until(lambda: finished(nexus, told))
            service.signal(signal.SIGTERM)
            assert service.ended() == 0


def interrupted_add(nexus: Nexus, many: Path) -> set[str]:
    """Ids of the documents that an interrupted `add` told."""
    with begun(nexus, "add", many) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, err = process.communicate(timeout=20)
        assert process.returncode == 130
        assert b"Traceback" not in err and b"interrupted" in err
        told = {json.loads(line)["docId"] for line in (first + rest).splitlines()}
        assert 0 < len(told) < 400
        return told


def finished(nexus: Nexus, told: set[str]) -> bool:
    rows = nexus.json("docs", "ls", "--limit", "1000").objects
    return told <= {row["docId"] for row in rows if row["state"] in FINISHED}


def test_a_signal_at_any_moment_ends_without_a_traceback(nexus: Nexus, data: Path) -> None:
    for step in range(24):
        with begun(nexus, "process", data / "nfe" / NOTE) as process:
            time.sleep(step * 0.04)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
            if process.returncode == 1 and b"/nexus_tui/" not in err:
                # Python itself was still starting.
                continue
            assert process.returncode in (0, 130, -signal.SIGINT)
            assert b"Traceback" not in err and b"Exception" not in err, err.decode()
    assert nexus.json("process", data / "nfe" / NOTE).object["state"] == "done"
    assert leases(nexus) == 0
