"""The owner of a data directory ends while others look on: they go on with what it leaves."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.nexus_tui.cli.test_interruption import begun, waits_at


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_process_beside_an_engine_that_ends_does_the_rest_itself(nexus: Nexus, data: Path, number: int) -> None:
    with nexus.running() as service:
        nexus("queues", "pause", "audit")
        with begun(nexus, "process", data / "nfe" / NOTE) as viewer:
            until(lambda: waits_at(nexus, "audit"))
            service.signal(number)
            service.ended()
            until(lambda: nexus.json("status").object["engine"]["pid"] == viewer.pid)
            nexus("queues", "resume", "audit")
            out, err = viewer.communicate(timeout=20)
            assert (viewer.returncode, json.loads(out)["state"]) == (0, "done")
            assert err.count(b"queues paused") == 1
    assert nexus.json("status").object["counters"]["pipeline.finalized"] == 1


def test_many_processes_at_once_all_end_well(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    files = []
    for number in range(8):
        files.append(tmp_path / f"{number}.xml")
        files[-1].write_bytes(note + f"<!-- {number} -->".encode())
    contexts = [begun(nexus, "process", file) for file in files]
    processes = [context.__enter__() for context in contexts]
    try:
        for process in processes:
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err.decode()
            assert json.loads(out)["state"] in ("done", "duplicate")
    finally:
        for context in contexts:
            context.__exit__(None, None, None)
    assert nexus.json("status").object["counters"]["pipeline.finalized"] == 8


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_add_beside_an_engine_that_ends_tells_every_file_once(
    nexus: Nexus, data: Path, tmp_path: Path, number: int
) -> None:
    many = tmp_path / "many"
    many.mkdir()
    note = (data / "nfe" / NOTE).read_bytes()
    for name in range(400):
        (many / f"{name}.xml").write_bytes(note + f"<!-- {name} -->".encode())
    with nexus.running() as service:
        with begun(nexus, "add", many) as adding:
            assert adding.stdout is not None
            first = adding.stdout.readline()
            service.signal(number)
            service.ended()
            rest, err = adding.communicate(timeout=60)
            assert adding.returncode == 0, err.decode()
    told = [json.loads(line) for line in (first + rest).splitlines()]
    assert len(told) == len({value["file"] for value in told}) == 400
    assert all(value["docId"] for value in told)


def test_a_command_beside_an_engine_that_ends_waits_for_its_end(nexus: Nexus) -> None:
    for _ in range(4):
        with nexus.running() as service:
            service.signal(signal.SIGTERM)
            assert nexus.json("kv", "put", "hello", "world").object["done"] == 1
            assert service.ended() == 0
