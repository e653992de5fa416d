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
from pathlib import Path
from typing import Protocol, TypeVar

from store import connection as opening
from store import driver, kv, queues
from store.blobs import Blob, Blobs
from store.connection import Driver, ThreadDriver
from store.migrate import migrate
from store.transaction import Transaction
from store.writer import Committed, Writer

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
        #: The counters of the database, as of the last COMMIT.
        self.counters: Counter[str] = Counter()
        #: Rises with every COMMIT.
        self.version = 0
        self._touched: dict[str, int] = {}
        #: When the next key expires, as far as this process knows; `None` when no key does.
        self.next_expiry: int | None = None
        writer.listen(self._on_commit)

    @classmethod
    async def open(cls, directory: Path, clock: Clock, synchronous: str = opening.SYNCHRONOUS) -> Store:
        """Open or create the database below `directory` and recover what an interrupted process left."""
        path = directory / DATABASE
        path.touch(mode=0o600, exist_ok=True)

        def connect() -> driver.Connection:
            connection = opening.open_writer(path, synchronous)
            try:
                migrate(connection, path)
            except BaseException:
                connection.close()
                raise
            return connection

        pool = ThreadPoolExecutor(BLOB_THREADS, thread_name_prefix="blobs")

        async def offload(function: Callable[[], Blob]) -> Blob:
            return await asyncio.get_running_loop().run_in_executor(pool, function)

        drivers: list[Driver] = []
        try:
            drivers.append(await ThreadDriver.open(connect))
            for _ in range(READERS):
                drivers.append(await ThreadDriver.open(lambda: opening.open_reader(path)))
            blobs = Blobs(directory / BLOBS, offload)
            blobs.prepare()
            store = cls(clock, Writer(drivers[0], clock.monotonic), drivers[1:], blobs, pool)
            await store.start()
        except BaseException:
            for opened in drivers:
                await opened.close()
            pool.shutdown()
            raise
        return store

    async def start(self) -> None:
        """Start the writer, recover, and read the counters."""
        self.writer.start()
        now = self.clock.steady_ms()
        await self.write(lambda tx: queues.recover(tx, now))
        counters, self.next_expiry = await self.write(
            lambda tx: (dict(tx.rows("SELECT name, n FROM counter")), kv.next_expiry(tx))
        )
        self.counters = Counter(counters)

    def write(self, operation: Callable[[Transaction], T], size: int = 0) -> Awaitable[T]:
        """Run `operation` in a transaction; what is awaited resolves after COMMIT. `size` is about how many bytes it writes."""
        return self.writer.submit(operation, size)

    async def read(self, query: Callable[[driver.Connection], T]) -> T:
        """Run a short query on a read-only connection; it sees what is committed."""
        self._turn = (self._turn + 1) % len(self._readers)
        return await self._readers[self._turn].run(query)

    async def close(self) -> None:
        """Commit what was submitted, let SQLite optimise, close every connection."""
        try:
            if not self.writer.closed:
                await self.write(lambda tx: tx.execute("PRAGMA optimize").fetchall())
        finally:
            for reader in self._readers:
                await reader.close()
            await self.writer.close()
            if self._pool is not None:
                self._pool.shutdown()

    def touched_since(self, version: int) -> frozenset[str]:
        """Topics that changed after `version`."""
        return frozenset(topic for topic, at in self._touched.items() if at > version)

    def _on_commit(self, committed: Committed) -> None:
        self.version += 1
        self.counters.update(committed.deltas)
        for topic in committed.topics:
            self._touched[topic] = self.version
        if committed.expiry is not None and (self.next_expiry is None or committed.expiry < self.next_expiry):
            self.next_expiry = committed.expiry
