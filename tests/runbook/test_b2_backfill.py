"""B2: a backfill in real processes. The short form; `make backfill` measures the long one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks import notes
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import PATIENCE_S, Nexus, environment, until

OLD, FEW = 300, 100


def written(folder: Path, count: int) -> Path:
    """A folder of notes that nobody has written to for a day."""
    for path in notes.write(folder, count):
        os.utime(path, (time.time() - 86_400,) * 2)
    return folder


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A smaller folder."""
    return written(tmp_path / "old", FEW)


@contextmanager
def backfilling(nexus: Nexus, out: Path, *arguments: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """`nexus backfill` until it ends by itself, or the block does; what it prints goes to the file `out`."""
    line = nexus.line(("backfill", *arguments, "--json"))
    with out.open("wb") as told:
        process = subprocess.Popen(line, stdout=told, stderr=subprocess.DEVNULL, env=environment())
    try:
        yield process
    finally:
        process.kill()
        process.wait(PATIENCE_S)


def newest(nexus: Nexus) -> Any:
    told = nexus.json("backfill", code=None)
    return told.objects[0] if told.code == 0 and told.objects else {"taken": 0, "state": None}


def took_s(job: dict[str, Any]) -> float:
    created, updated = (datetime.fromisoformat(job[name]) for name in ("createdAt", "updatedAt"))
    return (updated - created).total_seconds()


@pytest.mark.quiet
def test_a_persons_document_passes_a_backfill_that_waits_and_the_loop_stays_free(
    nexus: Nexus, data: Path, tmp_path: Path
) -> None:
    old = written(tmp_path / "old", OLD)
    nexus("init")
    with nexus.running():
        nexus("queues", "pause", "parse")
        with backfilling(nexus, tmp_path / "out", old) as backfill:
            until(lambda: newest(nexus)["taken"] == OLD)
            assert newest(nexus)["state"] == "running"
            nexus("queues", "resume", "parse")
            [mine] = nexus.json("process", data / "nfe" / NOTE).objects
            assert mine["state"] == "done"
            assert backfill.wait(PATIENCE_S) == 0
        *files, total = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
        assert len(files) == OLD and {one["jobId"] for one in files} == {total["jobId"]}
        assert (total["found"], total["taken"], total["finished"], total["state"]) == (OLD, OLD, OLD, "ended")
        assert total["perMinute"] > 0
        jobs = {job["source"]: job for job in nexus.json("jobs", "ls").objects}
        assert took_s(jobs["upload"]) < 2
        assert jobs["upload"]["updatedAt"] < jobs["backfill"]["updatedAt"]
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(nexus.directory / "nexus.sock"))) as client:
            [lag] = client.get("http://nexus/healthz").json()["checks"]["loop:lag"]
        assert lag["observedValue"] <= 33, "twice the bar, for a machine that also runs this test"


def test_an_interrupted_backfill_goes_on_where_it_was_and_known_files_are_passed_over(
    nexus: Nexus, old: Path, tmp_path: Path
) -> None:
    with backfilling(nexus, tmp_path / "out", old, "--rate", "1200") as backfill:
        until(lambda: newest(nexus)["taken"] > 20)
        backfill.send_signal(signal.SIGINT)
        assert backfill.wait(PATIENCE_S) == 130
    first = newest(nexus)
    assert first["state"] == "ended" and 20 < first["taken"] < FEW
    taken = len(nexus.json("docs", "ls").objects)
    files = nexus.json("backfill", old).objects[:-1]
    total = newest(nexus)
    # What was read in its last two seconds, as these files were made, is read once more; it is known all the same.
    assert total["known"] + total["taken"] == FEW and total["jobId"] != first["jobId"]
    assert sum(not one.get("already") for one in files) == FEW - taken
    assert len(nexus.json("docs", "ls").objects) == FEW
    assert {one["state"] for one in nexus.json("docs", "ls").objects} <= {"done", "needs_review"}


def test_a_rate_is_kept_and_a_pause_holds_until_it_is_lifted(nexus: Nexus, old: Path, tmp_path: Path) -> None:
    began = time.monotonic()
    with backfilling(nexus, tmp_path / "out", old, "--rate", "300") as backfill:
        until(lambda: newest(nexus)["taken"] > 3)
        assert newest(nexus)["etaMs"] is None or newest(nexus)["etaMs"] > 1000
        assert nexus.json("backfill", old, "--pause").object["done"] == 1
        until(lambda: newest(nexus)["state"] == "paused")
        time.sleep(1.5)
        held = newest(nexus)["taken"]
        assert held <= (time.monotonic() - began) * 5 + 2, "no faster than asked for"
        time.sleep(1.5)
        assert newest(nexus)["taken"] == held
        assert "paused" in nexus("backfill").out
        nexus("backfill", "--resume")
        until(lambda: newest(nexus)["taken"] > held)
        assert backfill.poll() is None
