"""The product under measurement: its store and its dispatcher over a fresh directory, fed with test documents, commits counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks import agents
from engine.agents.outcome import Emission
from engine.contract.events import QUEUE_OF
from engine.extraction.sandbox.sandbox import Sandbox
from engine.outside import Outside
from engine.runtime import messages
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from store import queues
from store.queues import Draft, Priority
from store.store import Store
from store.transaction import Transaction
from store.writer import Committed


class CommitCount:
    """Counts COMMIT statements with SQLite's own trace callback. Every traced statement costs time, so it is installed only for counting."""

    def __init__(self) -> None:
        self.commits = 0

    def __call__(self, statement: str) -> None:
        self.commits += statement == "COMMIT"

    async def install(self, store: Store) -> None:
        """Begin to count; the transaction that installs it is the first one counted."""
        await store.write(lambda tx: tx.execute("SELECT 1").connection.set_trace_callback(self))
        self.commits = 0


class Feeder:
    """Sends documents into the first queue and knows, by the commit's counters, how many came out at the end."""

    def __init__(self, store: Store, outside: Outside) -> None:
        self._store = store
        self._clock = outside.clock
        self._queue = 0
        self._blobs = store.blobs
        self._sent = 0
        self._more = asyncio.Event()
        self.finished = 0
        store.writer.listen(self._on_commit)

    def _on_commit(self, committed: Committed) -> None:
        done = committed.deltas.get(agents.DONE, 0)
        if done:
            self.finished += done
            self._more.set()

    async def run(self, documents: int, in_flight: int) -> None:
        """`documents` from the first message to the last commit, never more than `in_flight` of them on their way."""
        if not self._queue:
            self._queue = (await self._store.read(lambda connection: queues.by_name(connection, QUEUE_OF[agents.HOPS[0]].value))).id  # type: ignore[union-attr]
        started, first = self.finished, self._sent
        while (gone := self.finished - started) < documents:
            free = min(in_flight - (self._sent - first - gone), documents - (self._sent - first))
            if free > 0:
                await self._send(free)
                continue
            self._more.clear()
            await self._more.wait()

    async def _send(self, count: int) -> None:
        wall, now = self._clock.wall_ms(), self._clock.steady_ms()
        drafts = [self._draft(self._sent + place, wall) for place in range(count)]
        self._sent += count
        await self._store.write(lambda tx: queues.send(tx, now, drafts))

    def _draft(self, number: int, wall: int) -> Draft:
        body = agents.payload(number)
        doc = body["docId"]
        emission = Emission(name=agents.HOPS[0], doc_id=doc, payload=body, key=f"{doc}:pipeline")
        return Draft(self._queue, messages.encode(emission, f"trace-{number}", wall), trace=f"trace-{number}", prio=Priority.NORMAL)


@asynccontextmanager
async def appliance(directory: Path, synchronous: str, *, run_ahead: bool) -> AsyncIterator[tuple[Store, Feeder]]:
    """A running dispatcher with the eleven test agents."""
    outside = Outside.system()
    store = await Store.open(directory, outside.clock, synchronous)
    sandbox = Sandbox()
    dispatcher = Dispatcher(store, outside, agents.registry(), Extractor(store.blobs, sandbox), run_ahead=run_ahead)
    try:
        await dispatcher.start()
        yield store, Feeder(store, outside)
    finally:
        await dispatcher.stop()
        await sandbox.close()
        await store.close()
