"""The owning process behind the facade: its store, and what it is doing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from engine.facade.engine import EngineState
from engine.facade.views import Changes
from engine.runtime.dispatcher import Dispatcher
from store.store import Store

T = TypeVar("T")


class OwnerReading:
    """Reads through the owner's store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self, query: Callable[[Any], T]) -> Awaitable[T]:
        return self._store.read(query)

    def blob(self, sha: bytes) -> bytes:
        return self._store.blobs.read(sha)

    def wall_ms(self) -> int:
        return self._store.clock.wall_ms()

    def steady_ms(self) -> int:
        return self._store.clock.steady_ms()


class OwnerPresence:
    """What the owner knows without asking the database."""

    def __init__(self, store: Store, dispatcher: Dispatcher) -> None:
        self._store = store
        self._dispatcher = dispatcher

    def changes(self, since: int) -> Changes:
        return Changes(version=self._store.version, topics=self._store.touched_since(since))

    def live(self) -> Mapping[str, int]:
        return self._dispatcher.live

    def state(self) -> EngineState:
        return "draining" if self._dispatcher.stopping else "running"
