"""The queues as the dispatcher sees them: their settings, and how many places for messages at work are free in each.

A place is taken by a message that is leased (the store's counters say how many), by a chain that passes through in memory, or by an offer to the
transaction under way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from engine.contract.events import QUEUE_OF, EventName, QueueName
from store import queues
from store.queues import Queue, State
from store.store import Store
from store.transaction import Transaction
from store.writer import Committed

#: Messages at work at once in a queue, where the store does not say otherwise.
LIGHT_CONCURRENCY = 16

#: Where work begins: messages come from outside at any time, so its free places are offered to every transaction.
ENTRY = QUEUE_OF[EventName.PIPELINE_REQUESTED].value


def ensure_queues(tx: Transaction) -> None:
    """Create the queues that are not there yet; existing settings stay."""
    for name in QueueName:
        queues.ensure(tx, name.value, LIGHT_CONCURRENCY)


class _Counters(NamedTuple):
    """What the store calls a queue's counters."""

    ready: str
    leased: str


class Slots:
    """Free places by queue. Nothing here is stored; the settings are read from the store again when they change."""

    def __init__(self, store: Store, freed: Callable[[], None]) -> None:
        self._store = store
        #: Called when a place is free, or a queue open, in front of which messages wait.
        self._freed = freed
        self._queues: dict[str, Queue] = {}
        self._names: dict[int, str] = {}
        self._counters: dict[str, _Counters] = {}
        self._passing: Counter[str] = Counter()
        self._sending: Counter[str] = Counter()
        self._offered: dict[str, int] = {}
        self._outdated = False
        self._reading: asyncio.Task[None] | None = None
        #: No more work is begun.
        self.closed = False
        #: One message works alone: nobody else begins.
        self.quiet = False
        #: Ids of queues by name.
        self.ids: dict[str, int] = {}

    async def load(self) -> None:
        """Read the queues and their settings."""
        everyone = await self._store.read(queues.everyone)
        self._names = {queue.id: queue.name for queue in everyone}
        self._queues = {queue.name: queue for queue in everyone if queue.dlq is not None}
        self._counters = {
            name: _Counters(queues.counter(queue.id, State.READY), queues.counter(queue.id, State.LEASED)) for name, queue in self._queues.items()
        }
        self.ids = {queue.name: queue.id for queue in everyone}
        self._freed()

    def queue(self, name: str) -> Queue:
        """A queue's settings as they were read last."""
        return self._queues[name]

    def of(self, queue: int) -> Queue:
        """The same by the queue's id."""
        return self._queues[self._names[queue]]

    def on_commit(self, committed: Committed) -> None:
        """A transaction may have changed settings."""
        if "queue_settings" in committed.topics:
            self._outdated = True
            if self._reading is None or self._reading.done():
                self._reading = asyncio.ensure_future(self._read_again())

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

    # Places ---------------------------------------------------------------------------------------

    def offer(self) -> dict[int, int]:
        """Places by queue id for the transaction that begins now. Queues that are paused are not named; `withdraw` ends the offer.

        Kept are as many as may be wanted, and none where a chain may pass: it would find the queue full. Later stages come first, so that what
        has begun is finished before what has not.
        """
        offered: dict[int, int] = {}
        if self.closed or self.quiet:
            return offered
        for name, queue in reversed(self._queues.items()):
            if not queue.paused:
                free = self._free(queue)
                wanted = free if name == ENTRY else self._waiting(name) + self._sending[name]
                offered[queue.id] = places = min(free, wanted)
                if places > 0:
                    self._offered[name] = places
        return offered

    def withdraw(self) -> None:
        """The transaction is over."""
        self._offered.clear()

    @property
    def offering(self) -> bool:
        """Whether places are kept for a transaction under way."""
        return bool(self._offered)

    def claimable(self) -> bool:
        """Whether a message waits for which there is a place."""
        if self.closed or self.quiet:
            return False
        return any(self._waiting(name) and not queue.paused and self._free(queue) > 0 for name, queue in self._queues.items())

    def passable(self, name: str) -> bool:
        """Whether a chain may run ahead through the queue: not paused, not full, nothing older waiting."""
        queue = self._queues[name]
        return not (queue.paused or self.closed or self._sending[name] or self._waiting(name)) and self._free(queue) > 0

    def enter(self, name: str) -> None:
        """A chain is in the queue for the time of a hop."""
        self._passing[name] += 1

    def leave(self, name: str) -> None:
        """It is through."""
        self._passing[name] -= 1
        if self._waiting(name):
            self._freed()

    def begin_sending(self, ids: Iterable[int]) -> None:
        """Messages for these queues are about to be committed: nobody overtakes them in memory."""
        for queue in ids:
            self._sending[self._names[queue]] += 1

    def end_sending(self, ids: Iterable[int]) -> None:
        """They are committed, or never will be."""
        for queue in ids:
            self._sending[self._names[queue]] -= 1

    def _free(self, queue: Queue) -> int:
        """Negative while more are at work than a lowered setting allows."""
        name = queue.name
        return queue.concurrency - self._store.counters[self._counters[name].leased] - self._passing[name] - self._offered.get(name, 0)

    def _waiting(self, name: str) -> int:
        return self._store.counters[self._counters[name].ready]
