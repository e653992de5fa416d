"""Collecting blobs that no row names any more: folder by folder into the trash, and out of the trash an hour later.

A blob is durable before the row that names it exists, so a file without a row may be one on its way. Hence three fences: files put within
the last hour are left alone; whether a row names the file is asked in the very turn of the writer that moves it; and a transaction that
names a file confirms it in its own turn, which takes it back out of the trash.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from store import driver
from store.store import Store
from store.sweep import is_referenced
from store.transaction import Transaction

#: Files younger than this are left alone, and the trash keeps what was thrown away this long.
GRACE_MS = 3600 * 1000
#: Files moved in one turn of the writer.
BATCH = 50


class Collected(NamedTuple):
    """What one step did: files looked at, moved to the trash, and deleted from it."""

    seen: int
    trashed: int
    emptied: int


class Collector:
    """Goes round the blob folders, one a step."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = ""

    async def step(self) -> Collected:
        """Empty the trash of what is an hour old, then look at the next folder."""
        store = self._store
        emptied = await self._empty_trash()
        folders = await store.aside(store.blobs.folders)
        if not folders:
            return Collected(0, 0, emptied)
        folder = next((name for name in folders if name > self._last), folders[0])
        self._last = folder
        seen, trashed = await self._look(folder)
        return Collected(seen, trashed, emptied)

    async def round(self) -> Collected:
        """All of that at once: the trash and every folder."""
        emptied = await self._empty_trash()
        looks = [await self._look(folder) for folder in await self._store.aside(self._store.blobs.folders)]
        return Collected(sum(seen for seen, _ in looks), sum(trashed for _, trashed in looks), emptied)

    async def _empty_trash(self) -> int:
        limit = self._limit()
        return await self._store.aside(lambda: self._store.blobs.empty_trash(limit))

    async def _look(self, folder: str) -> tuple[int, int]:
        """Go through a folder. Returns how many files were looked at, and how many moved."""
        store, limit = self._store, self._limit()
        stored = await store.aside(lambda: store.blobs.stored(folder, older_than=limit))
        trashed = 0
        for start in range(0, len(stored), BATCH):
            # A look from outside first: the writer's turn is only taken for what will very likely go.
            loose = await store.read(partial(unreferenced, shas=stored[start : start + BATCH]))
            if loose:
                trashed += await store.write(partial(self._discard, shas=loose))
        return len(stored), trashed

    def _limit(self) -> float:
        return (self._store.clock.wall_ms() - GRACE_MS) / 1000

    def _discard(self, tx: Transaction, shas: Sequence[bytes]) -> int:
        wall = self._store.clock.wall_ms()
        return sum(self._store.blobs.discard(sha, wall) for sha in unreferenced(tx, shas))


def unreferenced(connection: Transaction | driver.Connection, shas: Sequence[bytes]) -> list[bytes]:
    """Those of the blobs that no row names."""
    return [sha for sha in shas if not is_referenced(connection, sha)]
