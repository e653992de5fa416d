"""The product under measurement: its store and its dispatcher over a fresh directory, fed with test documents, commits counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks import agents
from benchmarks.payloads import payload
from engine.agents.outcome import Emission
from engine.contract.events import QUEUE_OF
from engine.extraction.sandbox.sandbox import Sandbox
from engine.outside import Outside
from engine.runtime import collector, messages
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from store import queues
from store.batch import Committed
from store.queues import Draft
from store.store import Store


class CommitCount:
    """Counts COMMIT statements with SQLite's own trace callback. Every traced statement costs time, so it is installed only to count."""

    def __init__(self) -> None:
        self.commits = 0

    def __call__(self, statement: str) -> None:
        self.commits += statement == "COMMIT"

    async def install(self, store: Store) -> None:
        """Begin to count, from the next transaction on."""
        await store.write(lambda tx: tx.execute("SELECT 1").connection.set_trace_callback(self))
        self.commits = 0


class Feeder:
    """Sends documents into the first queue and knows, by the counters of each COMMIT, how many came out at the end."""

    def __init__(self, store: Store, outside: Outside, queue: int) -> None:
        self._store = store
        self._clock = outside.clock
        self._queue = queue
        self._more = asyncio.Event()
        self.sent = 0
        self.finished = 0
        store.writer.listen(self._on_commit)

    def _on_commit(self, committed: Committed) -> None:
        done = committed.deltas.get(agents.DONE, 0)
        if done:
            self.finished += done
            self._more.set()

    async def send(self, count: int) -> None:
        """Enqueue fresh documents in one transaction."""
        wall, now = self._clock.wall_ms(), self._clock.steady_ms()
        drafts = [self._draft(self.sent + place, wall) for place in range(count)]
        self.sent += count
        await self._store.write(lambda tx: queues.send(tx, now, drafts))

    async def progress(self) -> None:
        """Wait until more documents have come out."""
        self._more.clear()
        await self._more.wait()

    async def keep_busy(self, in_flight: int, seconds: float) -> float:
        """Keep `in_flight` documents on their way for `seconds`; returns documents finished a second, from COMMIT to COMMIT."""
        await self._fill(in_flight)
        await self.progress()
        began, before = time.perf_counter(), self.finished
        while (spent := time.perf_counter() - began) < seconds:
            await self._fill(in_flight)
            await self.progress()
        return (self.finished - before) / spent

    async def drain(self) -> None:
        """Wait until every document has come out."""
        while self.finished < self.sent:
            await self.progress()

    async def _fill(self, in_flight: int) -> None:
        free = in_flight - (self.sent - self.finished)
        if free > 0:
            await self.send(free)

    def _draft(self, number: int, wall: int) -> Draft:
        body = payload(number)
        emission = Emission(name=agents.HOPS[0], doc_id=body["docId"], payload=body, key=f"{body['docId']}:pipeline")
        trace = f"trace-{number}"
        return Draft(self._queue, messages.encode(emission, trace, wall), trace=trace)


class Appliance(NamedTuple):
    """A running dispatcher with the eleven test agents."""

    store: Store
    feeder: Feeder


@asynccontextmanager
async def open_store(directory: Path, synchronous: str) -> AsyncIterator[tuple[Store, Outside]]:
    """The product's store on its own."""
    outside = Outside.system()
    store = await Store.open(directory, outside.clock, synchronous)
    collector.settle()
    try:
        yield store, outside
    finally:
        await store.close()


@asynccontextmanager
async def appliance(directory: Path, synchronous: str, *, run_ahead: bool) -> AsyncIterator[Appliance]:
    """Store and dispatcher; the sandbox is there but idle."""
    async with open_store(directory, synchronous) as (store, outside):
        sandbox = Sandbox()
        dispatcher = Dispatcher(store, outside, agents.registry(), Extractor(store.blobs, sandbox), run_ahead=run_ahead)
        try:
            await dispatcher.start()
            first = await store.read(lambda connection: queues.by_name(connection, QUEUE_OF[agents.HOPS[0]].value))
            assert first is not None
            yield Appliance(store, Feeder(store, outside, first.id))
        finally:
            await dispatcher.stop()
            await sandbox.close()
