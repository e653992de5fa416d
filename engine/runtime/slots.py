"""The queues as the dispatcher sees them: their settings, how many work in each, what is on its way, and the bells that wake feeders."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from engine.contract.events import QUEUE_OF, EventName, QueueName
from store import queues
from store.queues import Queue, State
from store.store import Store
from store.transaction import Transaction
from store.writer import Committed

#: Looked up for every hop in memory, where an enum's own `value` would be a tenth of the hop.
_NAME_OF = {event: queue.value for event, queue in QUEUE_OF.items()}

#: Messages at work at once in a queue, where the store does not say otherwise.
LIGHT_CONCURRENCY = 16


def ensure_queues(tx: Transaction) -> None:
    """Create the queues that are not there yet; existing settings stay."""
    for name in QueueName:
        queues.ensure(tx, name.value, LIGHT_CONCURRENCY)


class Slots:
    """Free places by queue. Nothing here is stored; the settings are read from the store again when they change."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queues: dict[str, Queue] = {}
        self._names: dict[int, str] = {}
        self._counters: dict[int, str] = {}
        self._bells: dict[str, asyncio.Event] = {}
        self._working: Counter[str] = Counter()
        self._sending: Counter[str] = Counter()
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
        self._counters = {queue.id: queues.counter(queue.id, State.READY) for queue in everyone}
        self._queues = {queue.name: queue for queue in everyone if queue.dlq is not None}
        self.ids = {queue.name: queue.id for queue in everyone}
        for name in self._queues:
            self._bells.setdefault(name, asyncio.Event()).set()

    @property
    def names(self) -> list[str]:
        """Queues that are worked on."""
        return list(self._queues)

    def queue(self, name: str) -> Queue:
        """A queue's settings as they were read last."""
        return self._queues[name]

    def name(self, queue: int) -> str:
        """A queue's name."""
        return self._names[queue]

    def bell(self, name: str) -> asyncio.Event:
        """Rings when there may be something to claim."""
        return self._bells[name]

    def ring(self) -> None:
        """Ring all bells."""
        for bell in self._bells.values():
            bell.set()

    def on_commit(self, committed: Committed) -> None:
        """A transaction may have sent messages or changed settings."""
        for queue in committed.woken:
            bell = self._bells.get(self._names.get(queue, ""))
            if bell is not None:
                bell.set()
        if "queue_settings" in committed.topics:
            self._outdated = True
            if self._reading is None or self._reading.done():
                self._reading = asyncio.ensure_future(self._read_again())

    async def close(self) -> None:
        """Begin nothing more."""
        self.closed = True
        self.ring()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})

    async def _read_again(self) -> None:
        """One reading at a time: of two that cross each other the older might win."""
        while self._outdated:
            self._outdated = False
            await self.load()

    # Places ---------------------------------------------------------------------------------------

    def free(self, name: str) -> int:
        """How many messages a feeder may claim now."""
        queue = self._queues[name]
        if queue.paused or self.closed or self.quiet:
            return 0
        return min(queue.concurrency - self._working[name], queue.batch, self._waiting(queue))

    def follows(self, name: str) -> bool:
        """Whether a worker that settles a message goes on with the next one of its queue."""
        queue = self._queues[name]
        return not (queue.paused or self.closed or self.quiet or self._working[name] > queue.concurrency)

    def passable(self, event: EventName) -> bool:
        """Whether a chain may run ahead through the event's queue: not paused, not full, nothing older waiting."""
        queue = self._queues[_NAME_OF[event]]
        return (
            not queue.paused
            and not self.closed
            and self._working[queue.name] < queue.concurrency
            and not self._sending[queue.name]
            and not self._waiting(queue)
        )

    def occupy(self, name: str, places: int) -> None:
        """Somebody works, or is about to."""
        self._working[name] += places

    def release(self, name: str, places: int = 1) -> None:
        """A place is free again."""
        self._working[name] -= places
        self._bells[name].set()

    @contextmanager
    def passing(self, event: EventName) -> Iterator[None]:
        """A chain is in the event's queue for the time of a hop."""
        name = _NAME_OF[event]
        self.occupy(name, 1)
        try:
            yield
        finally:
            self.release(name)

    @contextmanager
    def sending(self, ids: Iterable[int]) -> Iterator[None]:
        """Messages for these queues are being committed: nobody overtakes them in memory."""
        names = [self._names[queue] for queue in ids]
        self._sending.update(names)
        try:
            yield
        finally:
            self._sending.subtract(names)

    def _waiting(self, queue: Queue) -> int:
        return self._store.counters[self._counters[queue.id]]
