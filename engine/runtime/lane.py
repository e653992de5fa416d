"""One queue as the dispatcher sees it: its settings, and how many places for messages at work are free.

A place is taken by a message that is leased (the store's counters say how many), by a chain that passes through in memory, or by an offer to the
transaction under way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from store import queues
from store.queues import Queue, State


class Lane:
    """Asked for every hop, so what it needs is at hand. `counters` are the store's, `freed` is called when a place is free in front of waiting messages."""

    __slots__ = ("_counters", "_freed", "_leased", "offered", "passing", "ready", "sending", "settings")

    def __init__(self, settings: Queue, counters: Mapping[str, int], freed: Callable[[], None]) -> None:
        self._counters = counters
        self._freed = freed
        #: The counter of messages ready to be claimed.
        self.ready = queues.counter(settings.id, State.READY)
        self._leased = queues.counter(settings.id, State.LEASED)
        self.settings = settings
        #: Chains in the queue for the time of a hop.
        self.passing = 0
        #: Messages for the queue that are being committed.
        self.sending = 0
        #: Places kept for the transaction under way.
        self.offered = 0

    @property
    def waiting(self) -> int:
        """Messages ready to be claimed."""
        return self._counters[self.ready]

    @property
    def free(self) -> int:
        """Free places; negative while more are at work than a lowered setting allows."""
        return self.settings.concurrency - self._counters[self._leased] - self.passing - self.offered

    @property
    def claimable(self) -> bool:
        """Whether a message waits for which there is a place."""
        return self.waiting > 0 and not self.settings.paused and min(self.free, self.settings.batch) > 0

    @property
    def passable(self) -> bool:
        """Whether a chain may run ahead through it: not paused, not full, nothing older waiting or about to wait."""
        counters = self._counters
        settings = self.settings
        return not (
            counters[self.ready] or self.sending or settings.paused
        ) and counters[self._leased] + self.passing + self.offered < settings.concurrency

    def leave(self) -> None:
        """A chain is through."""
        self.passing -= 1
        if self._counters[self.ready]:
            self._freed()
