"""The lanes of all queues: read from the store when settings change, offered to the transactions that claim."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from engine.contract.events import QUEUE_OF, EventName, QueueName
from engine.runtime.lane import Lane
from store import queues
from store.batch import Committed
from store.store import Store
from store.transaction import Transaction

#: Messages at work at once in a queue, and claimed in one transaction, where the store does not say otherwise.
LIGHT_CONCURRENCY = 16

#: Where work begins: messages come from outside at any time, so its free places are offered to every transaction.
ENTRY = QUEUE_OF[EventName.PIPELINE_REQUESTED].value


def ensure_queues(tx: Transaction) -> None:
    """Create the queues that are not there yet; existing settings stay."""
    for name in QueueName:
        queues.ensure(tx, name.value, LIGHT_CONCURRENCY, batch=LIGHT_CONCURRENCY)


class Slots:
    """A lane by queue. Nothing here is stored."""

    def __init__(self, store: Store, freed: Callable[[], None]) -> None:
        self._store = store
        self._freed = freed
        self._lanes: dict[int, Lane] = {}
        self._offered: list[Lane] = []
        self._outdated = False
        self._reading: asyncio.Task[None] | None = None
        #: No more work is begun.
        self.closed = False
        #: One message works alone: nobody else begins.
        self.quiet = False
        #: Ids of queues by name.
        self.ids: dict[str, int] = {}
        #: Lanes by the queue's name.
        self.lanes: dict[str, Lane] = {}

    async def load(self) -> None:
        """Read the queues and their settings."""
        everyone = await self._store.read(queues.everyone)
        self.ids = {queue.name: queue.id for queue in everyone}
        # Later stages first, so that what has begun is finished before what has not.
        for queue in reversed(everyone):
            if queue.dlq is None:
                continue
            if queue.name in self.lanes:
                self.lanes[queue.name].settings = queue
            else:
                self.lanes[queue.name] = self._lanes[queue.id] = Lane(queue, self._store.counters, self._freed)
        self._freed()

    def of(self, queue: int) -> Lane:
        """The lane of a queue by its id."""
        return self._lanes[queue]

    def on_commit(self, committed: Committed) -> None:
        """A transaction may have changed settings."""
        if "queue_settings" in committed.topics:
            self._outdated = True
            if self._reading is None or self._reading.done():
                self._reading = asyncio.ensure_future(self._read_again())

    def fills(self, deltas: Mapping[str, int]) -> bool:
        """Whether a transaction that changed counters so has left more messages ready in a queue than there were."""
        return any(deltas.get(lane.ready, 0) > 0 for lane in self.lanes.values())

    async def close(self) -> None:
        """Begin nothing more."""
        self.closed = True
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    async def _read_again(self) -> None:
        """One reading at a time: of two that cross each other the older might win."""
        while self._outdated:
            self._outdated = False
            await self.load()

    def offer(self) -> dict[int, int]:
        """Places by queue id for the transaction that begins now, until `end_offer`. Queues that are paused are not named.

        Kept are as many as may be wanted, and none where a chain may pass: it would find the queue full.
        """
        offered: dict[int, int] = {}
        if self.closed or self.quiet:
            return offered
        for name, lane in self.lanes.items():
            if not lane.settings.paused:
                places = lane.free
                if name != ENTRY:
                    places = min(places, lane.waiting + lane.sending)
                offered[lane.settings.id] = places
                if places > 0:
                    lane.offered = places
                    self._offered.append(lane)
        return offered

    def end_offer(self) -> None:
        """The transaction is over."""
        for lane in self._offered:
            lane.offered = 0
        self._offered.clear()

    @property
    def offering(self) -> bool:
        """Whether places are kept for a transaction under way."""
        return bool(self._offered)

    @property
    def claimable(self) -> bool:
        """Whether a message waits for which there is a place."""
        return not (self.closed or self.quiet) and any(lane.claimable for lane in self.lanes.values())

    def begin_sending(self, ids: Iterable[int]) -> None:
        """Messages for these queues are about to be committed: nobody overtakes them in memory."""
        for queue in ids:
            self._lanes[queue].sending += 1

    def end_sending(self, ids: Iterable[int]) -> None:
        """They are committed, or never will be."""
        for queue in ids:
            self._lanes[queue].sending -= 1
