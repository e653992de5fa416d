"""What the operating system tells of a folder, as a hint that a look is worth its while. It may fall silent for ever; the scans are the truth."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress


class Hints:
    """Listens to one folder at a time; `told` is called on the loop when something changed in it."""

    def __init__(self, directory: bytes, told: Callable[[], None]) -> None:
        self._directory = directory
        self._told = told
        self._identity: tuple[int, int] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._end = asyncio.Event()

    async def follow(self, identity: tuple[int, int] | None) -> bool:
        """Listen to the folder of this device and inode: a new one of the same name is silent until it is listened to anew.

        True if it is another one than before: what happened to it until now was not heard.
        """
        another = identity is not None and identity != self._identity
        if another or identity is None or self._listening is None or self._listening.done():
            await self.stop()
            self._identity = identity
            if identity is not None:
                self._end = asyncio.Event()
                self._listening = asyncio.ensure_future(self._listen(self._end))
        return another

    async def stop(self) -> None:
        """Listen no more."""
        if self._listening is not None:
            self._end.set()
            await asyncio.wait({self._listening})
            self._listening = None

    async def _listen(self, end: asyncio.Event) -> None:
        from watchfiles import awatch
        from watchfiles._rust_notify import WatchfilesRustInternalError

        # Where the system does not tell (no watches left, a folder that goes), the scans do.
        with suppress(OSError, WatchfilesRustInternalError):
            changes = awatch(
                os.fsdecode(self._directory),
                watch_filter=None,
                debounce=400,
                stop_event=end,
                ignore_permission_denied=True,
            )
            async for _ in changes:
                self._told()
