"""Opening `nexus.db` to write: PRAGMAs, the one writing connection and that of the checkpoints, and the drivers that run functions on connections."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import aiosqlite

from store import driver
from store.driver import translate
from store.errors import Closed

T = TypeVar("T")

APPLICATION_ID = 0x4E585331

#: Durability of a commit. NORMAL lost acknowledged transactions in 154 of 300 simulated power cuts, FULL in none.
SYNCHRONOUS = "FULL"

WRITER_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA cache_size=-32000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA mmap_size=0",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_size_limit=67108864",
    # Pages after which a COMMIT checkpoints. Where a checkpointer runs beside the writer this is only the wall behind it: 64 MiB.
    f"PRAGMA wal_autocheckpoint={16000 if driver.VERSION >= driver.SAFE_WITH_SECOND_CHECKPOINTER else 4000}",
    "PRAGMA secure_delete=ON",
)

class Driver(Protocol):
    """Where a function that talks to SQLite runs."""

    async def run(self, function: Callable[[driver.Connection], T]) -> T:
        """Run `function` on the connection and return what it returned, or raise what it raised."""
        ...

    async def close(self) -> None:
        """Close the connection; afterwards `run` raises `Closed`."""
        ...


class ThreadDriver:
    """A connection on a thread of its own (aiosqlite): one thread hop a function, whatever the function does.

    `close` belongs in a `finally`: it lets SQLite fold the WAL back into the file.
    """

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection: aiosqlite.Connection | None = connection

    @classmethod
    async def open(cls, connector: Callable[[], driver.Connection]) -> ThreadDriver:
        connection = aiosqlite.Connection(connector, iter_chunk_size=64)
        # A crash before `close` must end the process instead of hanging it: to SQLite it is a crash like any other.
        connection._thread.daemon = True
        try:
            return cls(await connection)
        except Exception as error:
            # aiosqlite lets its thread run out by itself, which may be after the loop is closed.
            await asyncio.to_thread(connection._thread.join)
            told = translate(error)
            if told is error:
                raise
            raise told from error

    async def run(self, function: Callable[[driver.Connection], T]) -> T:
        if self._connection is None:
            raise Closed
        call = driver.Call(function)
        await self._connection.execute_fetchall(call)
        if call.error is not None:
            raise translate(call.error)
        result: T = call.result
        return result

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def open_writer(
    path: Path, synchronous: str = SYNCHRONOUS, inspect: Callable[[driver.Connection], None] | None = None
) -> driver.Connection:
    """The writing connection; creates the file with its page size and vacuum mode, which only an empty file takes.

    `inspect` sees the connection before anything is set on it: switching to WAL would already write into a file that is not ours.
    """
    connection = driver.connect(str(path), threads=True)
    try:
        if inspect is not None:
            inspect(connection)
        if path.stat().st_size == 0:
            connection.execute("PRAGMA page_size=4096")
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for pragma in WRITER_PRAGMAS:
            connection.execute(pragma).fetchall()
        connection.execute(f"PRAGMA synchronous={synchronous}")
    except BaseException:
        connection.close()
        raise
    return connection


def open_checkpointer(path: Path) -> driver.Connection:
    """A connection for checkpoints only. Its syncs are the writer's: what is folded back must be on the disk before the WAL is written over."""
    connection = driver.connect(str(path), threads=True)
    try:
        for pragma in ("PRAGMA busy_timeout=0", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0"):
            connection.execute(pragma).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def pragma(connection: driver.Connection, name: str) -> Any:
    """The value of a PRAGMA."""
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
