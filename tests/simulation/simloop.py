"""An event loop whose time is virtual and whose order is drawn from a seed.

Every step runs one ready callback, chosen by chance; when nothing is ready, time jumps to the next timer. Nothing waits, nothing threads: work
meant for an executor runs inline. The same seed runs the same callbacks in the same order, which `fingerprint` proves.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import zlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

#: Longest a step of the loop takes, in virtual seconds.
LONGEST_STEP = 0.0004


class Stuck(AssertionError):
    """Nothing is ready and no timer is armed: somebody waits for what will never come."""


class SimLoop(asyncio.BaseEventLoop):
    """Runs callbacks one by one in an order drawn from `chance`."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._now = 0.0
        #: Steps run so far.
        self.steps = 0
        #: Differs when anything ran in another order or at another time.
        self.fingerprint = 0
        self.set_exception_handler(self._collect)
        #: What nobody caught, as the loop was told.
        self.uncaught: list[dict[str, Any]] = []
        #: Called before work meant for an executor, and after it.
        self.around_work: Callable[[str], Coroutine[Any, Any, None]] | None = None

    def time(self) -> float:
        return self._now

    def pass_time(self, seconds: float) -> None:
        """Something took time without yielding."""
        self._now += seconds

    def mark(self, text: str) -> None:
        """Let something that happened count towards the fingerprint."""
        self.fingerprint = zlib.crc32(f"{text} {self._now:.6f}".encode(), self.fingerprint)

    def run_in_executor(self, executor: Any, function: Callable[..., T], *arguments: Any) -> asyncio.Future[T]:  # type: ignore[override]
        return self.create_task(self._inline(function, arguments))

    async def _inline(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
        if self.around_work is not None:
            await self.around_work("before work")
        result = function(*arguments)
        if self.around_work is not None:
            await self.around_work("after work")
        return result

    def call_soon_threadsafe(self, callback: Any, *arguments: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        return self.call_soon(callback, *arguments, context=context)

    def _run_once(self) -> None:
        scheduled = self._scheduled  # type: ignore[attr-defined]
        ready = self._ready  # type: ignore[attr-defined]
        if not ready:
            while scheduled and scheduled[0]._cancelled:
                self._drop(heapq.heappop(scheduled))
            if not scheduled:
                raise Stuck("Nothing is ready and no timer is armed.")
            self._now = max(self._now, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            if not timer._cancelled:
                ready.append(timer)
        if not ready:
            return
        ready.rotate(-self._chance.randrange(len(ready)))
        handle = ready.popleft()
        if handle._cancelled:
            return
        self.steps += 1
        self._now += self._chance.random() * LONGEST_STEP
        self.fingerprint = zlib.crc32(self._name(handle).encode(), zlib.crc32(repr(self._now).encode(), self.fingerprint))
        handle._run()

    def _drop(self, timer: Any) -> None:
        timer._scheduled = False

    def _timer_handle_cancelled(self, handle: Any) -> None:
        """Cancelled timers are dropped when they come up."""

    def _name(self, handle: Any) -> str:
        callback = handle._callback
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, asyncio.Task):
            coroutine: Any = owner.get_coro()
            return str(getattr(coroutine, "__qualname__", type(coroutine).__name__))
        return str(getattr(callback, "__qualname__", type(callback).__name__))

    def _collect(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self.uncaught.append(context)

    def _process_events(self, event_list: Any) -> None:
        raise NotImplementedError

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector."""


class SimClock:
    """The loop's virtual time as the engine's clocks. The wall starts on an ordinary day."""

    EPOCH_MS = 1_706_000_000_000

    def __init__(self, loop: SimLoop, elapsed: float, chance: random.Random) -> None:
        self._loop = loop
        self._elapsed = elapsed
        self._chance = chance

    @property
    def elapsed(self) -> float:
        """Virtual seconds since the world began, lives before this one included."""
        return self._elapsed + self._loop.time()

    def wall_ms(self) -> int:
        return self.EPOCH_MS + int(self.elapsed * 1000)

    def steady_ms(self) -> int:
        return self.EPOCH_MS + int(self.elapsed * 1000)

    def monotonic(self) -> float:
        # Whoever measures his own work sees that it took a while, so that budgets are spent now and then.
        self._loop.pass_time(self._chance.random() * 0.002)
        return self.elapsed
