"""Whole documents: different real NF-e from intake to the stored report, through the eleven agents of the product."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The product at work: what documents go through, and its telemetry."""

    store: Store
    dispatcher: Dispatcher
    intake: Intake
    trail: Trail
    keeper: Keeper

    async def process(self, paths: Sequence[Path]) -> tuple[float, float]:
        """Take the files in and wait for the last report: seconds until the job ended, and until the last file was acknowledged."""
        ended = asyncio.Event()

        def on_job_end(job: Job) -> None:
            ended.set()

        self.dispatcher.on_job_end = on_job_end
        request = Request(tenant="default")
        began = time.perf_counter()
        job = await self.intake.open_job(request)
        async for acknowledged in self.intake.add(job, request, paths):
            assert acknowledged.error is None, acknowledged.error
        taken_in = time.perf_counter() - began
        await self.intake.close_job(job)
        await asyncio.wait_for(ended.wait(), 120)
        return time.perf_counter() - began, taken_in


@asynccontextmanager
async def line(directory: Path, synchronous: str) -> AsyncIterator[Line]:
    """Over a fresh data directory. No span is told and no telemetry is written before somebody says so."""
    directory.mkdir()
    async with open_store(directory, synchronous) as (store, outside):
        sandbox = Sandbox()
        journal = Journal(outside.clock.wall_ms)
        trail = Trail(journal, Timings(), spans=False)
        keeper = Keeper(directory, outside.clock, journal, Redaction(), days=7)
        dispatcher = Dispatcher(store, outside, production(), Extractor(store.blobs, sandbox), trail=trail)
        try:
            await dispatcher.start()
            yield Line(store=store, dispatcher=dispatcher, intake=Intake(store, outside, sandbox), trail=trail, keeper=keeper)
        finally:
            await dispatcher.stop()
            await keeper.stop()
            await sandbox.close()


async def whole(directory: Path, synchronous: str, count: int) -> dict[str, Any]:
    """Milliseconds a document, from the first file named to the COMMIT that ends the last one; imports and tables are warm."""
    paths = notes.write(directory / "in", count + len(notes.samples()))
    warming, paths = paths[: len(notes.samples())], paths[len(notes.samples()) :]
    async with line(directory / "data", synchronous) as product:
        await product.process(warming)
        commits = product.store.writer.commits
        cpu = time.process_time()
        took, acknowledged = await product.process(paths)
        cpu = time.process_time() - cpu
        states = await product.store.read(lambda connection: connection.execute("SELECT state, count(*) FROM document GROUP BY state").fetchall())
        reports = await product.store.read(lambda connection: connection.execute("SELECT count(*) FROM report").fetchone()[0])
        commits = product.store.writer.commits - commits
    assert reports == count + len(warming), f"{reports} reports"
    return {
        "ms_each": took / count * 1000,
        "acknowledged_ms_each": acknowledged / count * 1000,
        "cpu_ms_each": cpu / count * 1000,
        "commits_each": commits / count,
        "documents": count,
        "bytes_each": sum(path.stat().st_size for path in paths) / count,
        "states": dict(states),
    }
