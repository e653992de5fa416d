"""How long an attempt may take without progress."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Deadline:
    """Seconds for one attempt after the other. Time spent where other limits hold (the sandbox and the wait for it) does not count."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._paused = False
        self._timeout: asyncio.Timeout | None = None

    def begin(self, seconds: float) -> None:
        """An attempt begins that may take `seconds`. Nothing is armed yet: most agents are done at their first step."""
        self._seconds = seconds
        self._paused = False
        self._timeout = None

    async def keep(self, coroutine: Coroutine[Any, Any, T], yielded: Any) -> T:
        """The result of a coroutine that waits for `yielded` after its first step, or `TimeoutError`."""
        async with asyncio.timeout(None) as self._timeout:
            self._start()
            return await _resume(coroutine, yielded)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Something with a limit of its own is waited for; afterwards the time starts anew."""
        self._paused = True
        self._start()
        try:
            yield
        finally:
            self._paused = False
            self._start()

    def _start(self) -> None:
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(None if self._paused else asyncio.get_running_loop().time() + self._seconds)


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, T], yielded: Any) -> Generator[Any, Any, T]:
    """Go on with a coroutine that has already been started and is waiting for `yielded`."""
    while True:
        try:
            sent = yield yielded
        except BaseException as error:
            try:
                yielded = coroutine.throw(error)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
        else:
            try:
                yielded = coroutine.send(sent)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
