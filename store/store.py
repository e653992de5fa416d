"""The store as the engine holds it: open, write, read, close.

`write` takes a function of the transaction and resolves after COMMIT; `read` takes a function of a read-only connection. The functions live in
the modules named after their noun (`store.queues`, `store.kv`, `store.locks`, `store.records.*`); whatever must hold together
is called inside one function.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Protocol, TypeVar

from store import connection as opening
from store import driver, queues
from store.batch import Committed
from store.blobs import Blob, Blobs
from store.checkpoint import Checkpointer
from store.connection import Driver, ThreadDriver
from store.errors import StoreError
from store.files import disk_error
from store.migrate import migrate, refuse_foreign
from store.reader import open_reader
from store.sweep import next_expiry, sweep, vacuum
from store.transaction import Transaction
from store.writer import Writer

T = TypeVar("T")

DATABASE = "nexus.db"
BLOBS = "blobs"
READERS = 2
BLOB_THREADS = 4


class Clock(Protocol):
    """Time, injected."""

    def wall_ms(self) -> int:
        """Milliseconds since the epoch, as the wall clock says: for expiry and stored times."""
        ...

    def steady_ms(self) -> int:
        """Milliseconds since the epoch that never jump: for due times and leases."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward: for durations."""
        ...


class Store:
    """One data directory. The caller holds its `Ownership`."""

    def __init__(self, clock: Clock, writer: Writer, readers: list[Driver], blobs: Blobs, pool: ThreadPoolExecutor | None) -> None:
        self.clock = clock
        self.writer = writer
        self.blobs = blobs
        self._readers = readers
        self._turn = 0
        self._pool = pool
        self._checkpointer: Checkpointer | None = None
        #: Rises with every COMMIT.
        self.version = 0
        self._touched: dict[str, int] = {}
        #: When the next key expires, as far as this process knows; `None` when no key does.
        self.next_expiry: int | None = None
        writer.listen(self._on_commit)

    @classmethod
    async def open(cls, directory: Path, clock: Clock, synchronous: str = opening.SYNCHRONOUS) -> Store:
        """Open or create the database below `directory` and recover what an interrupted process left.

        Raises `Unwritable`, `DiskFull`, `Damaged`, `NotNexus` or `NewerSchema`; the files are then as they were.
        """
        path = directory / DATABASE
        try:
            path.touch(mode=0o600, exist_ok=True)
        except OSError as error:
            raise disk_error(error, directory) from error

        def connect() -> driver.Connection:
            connection = opening.open_writer(path, synchronous, inspect=lambda opened: refuse_foreign(opened, path))
            try:
                migrate(connection, path)
            except BaseException:
                connection.close()
                raise
            return connection

        async with AsyncExitStack() as opened:
            pool = ThreadPoolExecutor(BLOB_THREADS, thread_name_prefix="blobs")
            opened.callback(pool.shutdown)

            async def offload(function: Callable[[], Blob]) -> Blob:
                return await asyncio.get_running_loop().run_in_executor(pool, function)

            writing = await ThreadDriver.open(connect)
            opened.push_async_callback(writing.close)
            reading: list[Driver] = []
            for _ in range(READERS):
                reader = await ThreadDriver.open(lambda: open_reader(path))
                opened.push_async_callback(reader.close)
                reading.append(reader)
            blobs = Blobs(directory / BLOBS, offload)
            blobs.prepare()
            store = cls(clock, Writer(writing, clock.monotonic), reading, blobs, pool)
            opened.push_async_callback(store.writer.close)
            await store.start()
            store._checkpointer = checkpointer = await Checkpointer.open(path)
            if checkpointer is not None:
                opened.push_async_callback(checkpointer.close)
                store.writer.listen(checkpointer.on_commit)
            opened.pop_all()
        return store

    async def start(self) -> None:
        """Start the writer, recover, and read the counters."""
        self.writer.start()
        now = self.clock.steady_ms()
        await self.write(lambda tx: queues.recover(tx, now))
        counters, self.next_expiry = await self.write(
            lambda tx: (dict(tx.rows("SELECT name, n FROM counter")), next_expiry(tx))
        )
        self.writer.counters.clear()
        self.writer.counters.update(counters)

    @property
    def counters(self) -> Counter[str]:
        """The counters of the database, as of the last COMMIT; what was never counted is 0."""
        return self.writer.counters

    def write(self, operation: Callable[[Transaction], T], size: int = 0, *, yielding: bool = False) -> Awaitable[T]:
        """Run `operation` in a transaction; what is awaited resolves after COMMIT. `size` is about how many bytes it writes.

        What nobody waits for is `yielding`: it gives way to everything else.
        """
        return self.writer.submit(operation, size, yielding=yielding)

    async def read(self, query: Callable[[driver.Connection], T]) -> T:
        """Run a short query on a read-only connection; it sees what is committed."""
        self._turn = (self._turn + 1) % len(self._readers)
        return await self._readers[self._turn].run(query)

    async def aside(self, function: Callable[[], T]) -> T:
        """Run a blocking function where blobs are written, off the loop."""
        if self._pool is None:
            return function()
        return await asyncio.get_running_loop().run_in_executor(self._pool, function)

    async def sweep(self) -> bool:
        """One bite of housekeeping, about 10 ms of the writer; while nothing has expired no database is touched. True if work is left."""
        now, before = self.clock.wall_ms(), self.next_expiry
        if before is None or now < before:
            return False
        # What other operations write meanwhile is noted from here on, and the later reading does not hide it.
        self.next_expiry = None
        found: int | None = before
        try:
            swept, found = await self.write(lambda tx: (sweep(tx, now, self.clock.monotonic), next_expiry(tx)))
            if swept.expired:
                await self.write(vacuum)
        finally:
            self._expect(found)
        return swept.more

    async def close(self) -> None:
        """Commit what was submitted, let SQLite optimise, close every connection, whatever fails on the way."""
        async with AsyncExitStack() as closing:
            if self._pool is not None:
                closing.callback(self._pool.shutdown)
            closing.push_async_callback(self.writer.close)
            if self._checkpointer is not None:
                closing.push_async_callback(self._checkpointer.close)
            for reader in self._readers:
                closing.push_async_callback(reader.close)
            if not self.writer.closed:
                # Plans a little worse are no reason to fail a close, on a full disk for example.
                with suppress(StoreError):
                    await self.write(lambda tx: tx.execute("PRAGMA optimize").fetchall())

    def touched_since(self, version: int) -> frozenset[str]:
        """Topics that changed after `version`."""
        return frozenset(topic for topic, at in self._touched.items() if at > version)

    def _on_commit(self, committed: Committed) -> None:
        self.version += 1
        for topic in committed.topics:
            self._touched[topic] = self.version
        self._expect(committed.expiry)

    def _expect(self, expiry: int | None) -> None:
        if expiry is not None and (self.next_expiry is None or expiry < self.next_expiry):
            self.next_expiry = expiry
