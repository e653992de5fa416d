"""Files that are read ahead of the one that is acknowledged next, in the order they were named."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from engine.errors import NoSpace
from engine.intake.floor import Floor
from engine.intake.paths import Found

#: Files being made durable at once.
MOST = 8

R = TypeVar("R")


class Begun(NamedTuple, Generic[R]):
    """A file on its way; there is no task for one that cannot be taken."""

    found: Found
    task: asyncio.Task[R] | None


class Ahead(Generic[R]):
    """Begins at most `MOST` files, and none below the floor."""

    def __init__(self, found: Iterator[Found], receive: Callable[[Path], Coroutine[Any, Any, R]], floor: Floor) -> None:
        self._found = found
        self._receive = receive
        self._floor = floor
        self._begun: deque[Begun[R]] = deque()
        #: The file that is begun next; held back while there is too little room.
        self.next: Found | None = None

    def fill(self) -> NoSpace | None:
        """Begin as many as may be. Returns what is lacking if a file has to wait."""
        while len(self._begun) < MOST:
            if self.next is None:
                self.next = next(self._found, None)
            if self.next is None:
                return None
            if self.next.error is None and (lack := self._floor.check(self._unfinished(), self.next.size)) is not None:
                never = self._floor.never(self.next.path, self.next.size)
                if never is None:
                    return lack
                self.next = self.next._replace(error=never)
            task = None if self.next.error is not None else asyncio.ensure_future(self._receive(self.next.path))
            self._begun.append(Begun(self.next, task))
            self.next = None
        return None

    @property
    def first(self) -> Begun[R] | None:
        """What `take` would return."""
        return self._begun[0] if self._begun else None

    def take(self) -> Begun[R] | None:
        """The file that was begun first."""
        return self._begun.popleft() if self._begun else None

    async def drop(self) -> None:
        """End what was begun and not taken."""
        for _, task in self._begun:
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _unfinished(self) -> int:
        """Bytes that are still being written, or may be: what is there already of a file counts twice, which errs on the safe side."""
        return sum(found.size for found, task in self._begun if task is not None and not task.done())
