"""The engine's side of one zygote's life: orders out, frames sorted to their calls, an end for every call whatever
happens.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress

import msgspec

from engine.extraction.sandbox.launching import Launcher
from engine.extraction.sandbox.protocol import (
    END,
    FAILURE,
    HEADER,
    KILL,
    READY,
    RUN,
    TAKEN,
    Crash,
    Order,
)

#: Seconds that a zygote may take to load, that a killed child may take to be reported, that a closed zygote may take
#: to go.
START, GRACE, FAREWELL = 30.0, 3.0, 2.0

LOST = msgspec.msgpack.encode(Crash(code="lost"))

Frame = tuple[bytes, bytes]


class Call:
    """One order under way: the frames that came for it. The last is an `END` frame."""

    def __init__(self, number: int, on_end: Callable[[], None]) -> None:
        self.number = number
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()
        self.ended = False
        #: Fires if the child's death is not reported in time.
        self.insistence: asyncio.TimerHandle | None = None
        self._on_end = on_end

    def end(self, body: bytes) -> None:
        """Give the last frame; the place of the child is free from now on."""
        if not self.ended:
            self.ended = True
            if self.insistence is not None:
                self.insistence.cancel()
            self.frames.put_nowait((END, body))
            self._on_end()


class Connection:
    """A running zygote."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._orders = process.stdin
        self._answers = process.stdout
        self._calls: dict[int, Call] = {}
        self._last = 0
        self._reader: asyncio.Task[None] | None = None
        self.alive = True

    @classmethod
    async def open(cls, launch: Launcher) -> Connection | Crash:
        """Start a zygote and wait until it is loaded."""
        try:
            process = await launch()
        except OSError as error:
            return Crash(code="unavailable", detail=str(error))
        connection = cls(process)
        try:
            async with asyncio.timeout(START):
                kind, _, body = await connection._frame()
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as error:
            await connection.close()
            return Crash(code="unavailable", detail=f"{type(error).__name__} at start")
        except asyncio.CancelledError:
            connection._kill_all()
            raise
        if kind != READY:
            await connection.close()
            return msgspec.msgpack.decode(body, type=Crash) if kind == FAILURE else Crash(code="unavailable")
        connection._reader = asyncio.create_task(connection._sort())
        return connection

    def begin(self, order: Order, on_end: Callable[[], None]) -> Call:
        """Send an order. `on_end` is called once, when its child is gone."""
        self._last += 1
        call = self._calls[self._last] = Call(self._last, on_end)
        if self.alive:
            self._say(RUN, call, msgspec.msgpack.encode(order))
        else:
            del self._calls[call.number]
            call.end(LOST)
        return call

    def taken(self, call: Call) -> None:
        """Say that a frame was taken, so that the zygote reads on from that child."""
        if not call.ended:
            self._say(TAKEN, call)

    def kill(self, call: Call) -> None:
        """Have the call's child killed; a zygote that does not report it in time is killed with everything it has."""
        if not call.ended:
            self._say(KILL, call)
            call.insistence = asyncio.get_running_loop().call_later(GRACE, self._kill_all)

    async def close(self) -> None:
        """Close the pipe, which ends the zygote and its children, and wait until they are gone."""
        self.alive = False
        self._orders.close()
        try:
            async with asyncio.timeout(FAREWELL):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            self._kill_all()
        await self._process.wait()
        if self._reader is not None:
            await self._reader

    def _kill_all(self) -> None:
        self.alive = False
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _say(self, kind: bytes, call: Call, body: bytes = b"") -> None:
        # A broken pipe shows as the end of the answers, where every call is ended.
        if self.alive:
            self._orders.write(HEADER.pack(kind, call.number, len(body)) + body)

    async def _frame(self) -> tuple[bytes, int, bytes]:
        kind, number, length = HEADER.unpack(await self._answers.readexactly(HEADER.size))
        return kind, number, await self._answers.readexactly(length) if length else b""

    async def _sort(self) -> None:
        try:
            while True:
                kind, number, body = await self._frame()
                call = self._calls.get(number)
                if call is None:
                    continue
                if kind == END:
                    del self._calls[number]
                    call.end(body)
                else:
                    call.frames.put_nowait((kind, body))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.alive = False
            for call in self._calls.values():
                call.end(LOST)
            self._calls.clear()
