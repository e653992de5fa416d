"""Commits that outwait the disk: finished work is not thrown away because there is no room for it right now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from store.errors import StoreError
from store.store import Store
from store.transaction import Transaction

T = TypeVar("T")

#: Seconds between two tries.
STALL_S = 1.0


class Persistence:
    """Tries again while one of the errors it outwaits stands in the way, until `give_up`."""

    def __init__(self, store: Store, *outwaits: type[StoreError]) -> None:
        self._store = store
        self._outwaits = outwaits
        self._given_up = False
        #: Why work waits, while it does.
        self.stalled: StoreError | None = None

    def give_up(self) -> None:
        """From now on what the disk says is raised: whatever is not committed is done again after the next start."""
        self._given_up = True

    async def write(self, operation: Callable[[Transaction], T], size: int = 0, *, yielding: bool = False) -> T:
        """Commit an operation, at the latest when the disk is well again; a `yielding` one after all that are not."""
        try:
            result = await self._store.write(operation, size, yielding=yielding)
        except self._outwaits as error:
            await self._stall(error)
            return await self.outwait(lambda: self._store.write(operation, size, yielding=yielding))
        self.stalled = None
        return result

    async def outwait(self, action: Callable[[], Awaitable[T]]) -> T:
        """Do something with the disk until it lets us."""
        while True:
            try:
                result = await action()
            except self._outwaits as error:
                await self._stall(error)
                continue
            self.stalled = None
            return result

    async def _stall(self, error: StoreError) -> None:
        if self._given_up:
            raise error
        self.stalled = error
        await asyncio.sleep(STALL_S)
