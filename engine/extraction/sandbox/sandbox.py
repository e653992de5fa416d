"""The sandbox as the engine sees it: a task's name and arguments in, values or a typed crash out.

Files are named by path and opened by the child, so that hostile bytes never pass through the engine's memory on the
way in. Nothing is started before the first task.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Literal, overload

import msgspec

from engine.extraction.archives.members import Member
from engine.extraction.archives.refusal import Refusal
from engine.extraction.kinds import Recognition
from engine.extraction.lists.slices import Slice
from engine.extraction.result import Extraction
from engine.extraction.sandbox.connection import Connection
from engine.extraction.sandbox.launching import Launcher, launch
from engine.extraction.sandbox.protocol import (
    DONE,
    END,
    FAILURE,
    PART,
    REFUSAL,
    Crash,
    Order,
    WorkerLimits,
)

Arguments = Mapping[str, str | None]
LIMITS = WorkerLimits()


class SplitDocument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One document of an XML batch, field by field that of `xml_split`, which must not be imported here: it loads
    lxml.
    """

    index: int
    content: bytes
    family: str


#: What each task yields; other tasks (a test's own) yield plain values.
RESULTS: Mapping[str, Any] = {
    "extract": Extraction,
    "recognise": Recognition,
    "note_from_slices": Extraction,
    "members": Member,
    "slices": Slice,
    "split": SplitDocument,
}


class Sandbox:
    """Runs tasks in children of one zygote, at most `workers` at a time; the next task replaces a zygote that died."""

    def __init__(
        self, *, workers: int = os.cpu_count() or 1, limits: WorkerLimits = LIMITS, launch: Launcher = launch
    ) -> None:
        self._limits = limits
        self._launch = launch
        self._slots = asyncio.Semaphore(workers)
        self._starting = asyncio.Lock()
        self._connection: Connection | None = None
        self._closed = False

    async def start(self) -> Crash | None:
        """Start the zygote now, some 300 ms, instead of with the first task; the reason if it cannot be."""
        found = await self._connected()
        return found if isinstance(found, Crash) else None

    async def close(self) -> None:
        """End the zygote and every child; calls under way end as `lost`, later ones as `unavailable`.

        May be called again.
        """
        self._closed = True
        async with self._starting:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    @overload
    async def run(self, task: Literal["extract", "note_from_slices"], arguments: Arguments) -> Extraction | Crash: ...
    @overload
    async def run(self, task: Literal["recognise"], arguments: Arguments) -> Recognition | Crash: ...
    @overload
    async def run(self, task: str, arguments: Arguments) -> Any: ...
    async def run(self, task: str, arguments: Arguments) -> Any:
        """The one value of a task, or the `Crash` it ended in.

        Args:
            task: `extract` or `recognise` {path, name}, or `note_from_slices` {header, items}: paths, of which one may be `None`.
            arguments: By name; paths are absolute.
        """
        async with aclosing(self._results(task, arguments, self._limits.result)) as results:
            async for result in results:
                return result
        return Crash(code="failed", detail="no result")

    @overload
    def stream(
        self, task: Literal["members"], arguments: Arguments
    ) -> AsyncGenerator[Member | Refusal | Crash, None]: ...
    @overload
    def stream(
        self, task: Literal["slices"], arguments: Arguments
    ) -> AsyncGenerator[Slice | Refusal | Crash, None]: ...
    @overload
    def stream(
        self, task: Literal["split"], arguments: Arguments
    ) -> AsyncGenerator[SplitDocument | Refusal | Crash, None]: ...
    @overload
    def stream(self, task: str, arguments: Arguments) -> AsyncGenerator[Any, None]: ...
    def stream(self, task: str, arguments: Arguments) -> AsyncGenerator[Any, None]:
        """The values of a task as they come, never more than one and a few frames ahead of the reader. A `Crash` is
        the last.

        Close it (`contextlib.aclosing`) where it is not read to its end: that kills the child at once.

        Args:
            task: `members`, `slices` or `split`.
            arguments: {path, name}.
        """
        return self._results(task, arguments, self._limits.message)

    async def _connected(self) -> Connection | Crash:
        async with self._starting:
            if self._closed:
                return Crash(code="unavailable", detail="closed")
            if self._connection is None or not self._connection.alive:
                if self._connection is not None:
                    await self._connection.close()
                    self._connection = None
                opened = await Connection.open(self._launch)
                if isinstance(opened, Crash):
                    return opened
                self._connection = opened
            return self._connection

    async def _results(self, task: str, arguments: Arguments, limit: int) -> AsyncGenerator[Any, None]:
        await self._slots.acquire()
        try:
            connection = await self._connected()
        except BaseException:
            self._slots.release()
            raise
        if isinstance(connection, Crash):
            self._slots.release()
            yield connection
            return
        order = Order(task=task, arguments=dict(arguments), limits=self._limits)
        call = connection.begin(order, self._slots.release)
        patience = self._limits.wall_seconds
        parts: list[bytes] = []
        size = 0
        now = asyncio.get_running_loop().time
        try:
            while True:
                asked = now()
                try:
                    async with asyncio.timeout(patience):
                        kind, body = await call.frames.get()
                except TimeoutError:
                    yield Crash(code="timeout")
                    return
                patience -= now() - asked
                size += len(body)
                if size > limit:
                    yield Crash(code="too_large")
                    return
                connection.taken(call)
                if kind == PART:
                    parts.append(body)
                    continue
                whole = b"".join((*parts, body)) if parts else body
                parts.clear()
                size = 0
                if kind == DONE:
                    return
                if kind in (END, FAILURE):
                    crash = msgspec.msgpack.decode(whole, type=Crash | None)
                    yield crash or Crash(code="crashed", detail="exited")
                    return
                yield _decoded(kind, whole, task)
        finally:
            connection.kill(call)


def _decoded(kind: bytes, body: bytes, task: str) -> Any:
    """A message as a value; what does not fit its type was written by a child that was no longer ours."""
    expected = Refusal if kind == REFUSAL else RESULTS.get(task, Any)
    try:
        return msgspec.msgpack.decode(body, type=expected)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Crash(code="crashed", detail="protocol")
