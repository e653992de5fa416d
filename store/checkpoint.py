"""Folding the WAL back into the database file beside the writer instead of inside somebody's COMMIT, where it would take 20 ms of one caller's time.

SQLite's own checkpoint runs in whatever COMMIT passes its mark. Here a connection of its own does it on its own thread, while the writer goes on; it repeats until
it has caught up, so that the next transaction begins at the front of the WAL again. Libraries up to 3.51.2 can lose pages when a checkpoint and a commit
cross (the WAL-reset bug): there the writer keeps SQLite's mark and there is no checkpointer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from store import driver
from store.batch import Committed
from store.connection import ThreadDriver, open_checkpointer
from store.errors import StoreError

#: Pages of the WAL (4 KiB each) that are worth a checkpoint.
WORTH = 1000
#: Transactions between two looks at the WAL; a look costs 10 µs and a hop to the thread.
LOOK_EVERY = 16
#: Rounds of one checkpoint; each has only what was written during the one before.
MOST_ROUNDS = 8


class Wal(NamedTuple):
    """Pages in the WAL, and how many of them are in the database file too."""

    pages: int
    folded: int


class Checkpointer:
    """Listens to the writer's commits; `close` ends it."""

    def __init__(self, connection: ThreadDriver) -> None:
        self._driver = connection
        self._commits = 0
        self._task: asyncio.Task[None] | None = None
        #: Checkpoints that were worth it, for whoever watches.
        self.runs = 0

    @classmethod
    async def open(cls, path: Path) -> Checkpointer | None:
        """A checkpointer of the database at `path`; none with a library whose checkpoints must not cross commits."""
        if driver.VERSION < driver.SAFE_WITH_SECOND_CHECKPOINTER:
            return None
        return cls(await ThreadDriver.open(lambda: open_checkpointer(path)))

    def on_commit(self, committed: Committed) -> None:
        """Look at the WAL now and then."""
        self._commits += 1
        if self._commits >= LOOK_EVERY and (self._task is None or self._task.done()):
            self._commits = 0
            self._task = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Let a checkpoint under way end, then close its connection."""
        if self._task is not None:
            await asyncio.wait([self._task])
        await self._driver.close()

    async def _look(self) -> None:
        # A disk that refuses says so at the next commit, to somebody who can do something about it; the WAL only grows meanwhile.
        with suppress(StoreError):
            if await self._driver.run(_fold):
                self.runs += 1


def _fold(connection: driver.Connection) -> bool:
    wal = _checkpoint(connection, "NOOP")
    if wal.pages - wal.folded < WORTH:
        return False
    for _ in range(MOST_ROUNDS):
        wal = _checkpoint(connection, "PASSIVE")
        if wal.folded >= wal.pages:
            break
    return True


def _checkpoint(connection: driver.Connection, mode: str) -> Wal:
    _, pages, folded = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    return Wal(pages, folded)
