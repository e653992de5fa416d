"""Whole documents: different real NF-e from intake to the stored report, through the eleven agents of the product."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from benchmarks import notes
from benchmarks.appliance import open_store
from engine.extraction.sandbox.sandbox import Sandbox
from engine.intake.intake import Intake, Request
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from engine.runtime.registry import production
from engine.runtime.trail import Trail
from engine.telemetry.journal import Journal
from engine.telemetry.keeper import Keeper
from engine.telemetry.redaction import Redaction
from engine.telemetry.timings import Timings
from store.records.jobs import Job


async def whole(directory: Path, synchronous: str, count: int, *, spans: bool | None = None) -> dict[str, Any]:
    """Milliseconds a document, from the first file named to the COMMIT that ends the last one; imports and tables are warm.

    With `spans` the telemetry is kept too, with a span a hop or without; what is left is written within the measured time.
    """
    paths = notes.write(directory / "in", count + len(notes.samples()))
    warming, paths = paths[: len(notes.samples())], paths[len(notes.samples()) :]
    (directory / "data").mkdir()
    async with open_store(directory / "data", synchronous) as (store, outside):
        sandbox = Sandbox()
        journal = Journal(outside.clock.wall_ms)
        keeper = Keeper(directory / "data", outside.clock, journal, Redaction(), days=7)
        trail = Trail(journal, Timings(), spans=bool(spans))
        dispatcher = Dispatcher(store, outside, production(), Extractor(store.blobs, sandbox), trail=trail)
        intake = Intake(store, outside, sandbox)
        try:
            await dispatcher.start()
            if spans is not None:
                keeper.start()
            await _process(dispatcher, intake, warming)
            await keeper.flush()
            commits = store.writer.commits
            cpu = time.process_time()
            took, acknowledged = await _process(dispatcher, intake, paths)
            await keeper.flush()
            cpu = time.process_time() - cpu
            states = await store.read(lambda connection: connection.execute("SELECT state, count(*) FROM document GROUP BY state").fetchall())
            reports = await store.read(lambda connection: connection.execute("SELECT count(*) FROM report").fetchone()[0])
        finally:
            await dispatcher.stop()
            await keeper.stop()
            await sandbox.close()
        assert reports == count + len(warming), f"{reports} reports"
        return {
            "ms_each": took / count * 1000,
            "acknowledged_ms_each": acknowledged / count * 1000,
            "cpu_ms_each": cpu / count * 1000,
            "commits_each": (store.writer.commits - commits) / count,
            "documents": count,
            "bytes_each": sum(path.stat().st_size for path in paths) / count,
            "states": dict(states),
        }


async def _process(dispatcher: Dispatcher, intake: Intake, paths: list[Path]) -> tuple[float, float]:
    """Seconds until the job ended, and until the last file was acknowledged."""
    ended = asyncio.Event()

    def on_job_end(job: Job) -> None:
        ended.set()

    dispatcher.on_job_end = on_job_end
    request = Request(tenant="default")
    began = time.perf_counter()
    job = await intake.open_job(request)
    async for acknowledged in intake.add(job, request, paths):
        assert acknowledged.error is None, acknowledged.error
    taken_in = time.perf_counter() - began
    await intake.close_job(job)
    await asyncio.wait_for(ended.wait(), 120)
    return time.perf_counter() - began, taken_in
