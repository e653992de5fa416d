"""What the store's tests stand on: a clock that is told the time, and a database without threads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from store import driver
from store.blobs import Blob
from store.connection import open_writer
from store.migrate import migrate
from store.transaction import Transaction

T = TypeVar("T")

#: Noon of an ordinary day, in milliseconds.
NOON = 1_800_000_000_000


class ManualClock:
    """Time that passes when it is told to."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def wall_ms(self) -> int:
        return self.now

    def steady_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


class Database:
    """A real database file on the caller's own thread: operations run as the writer runs them, one transaction each."""

    def __init__(self, path: Path, synchronous: str = "OFF") -> None:
        self.path = path
        self.synchronous = synchronous
        #: Places offered to every transaction, by queue id.
        self.offered: dict[int, int] = {}
        path.touch(mode=0o600)
        self.connection = self._open()

    def _open(self) -> driver.Connection:
        connection = open_writer(self.path, self.synchronous)
        migrate(connection, self.path)
        return connection

    def run(self, operation: Callable[[Transaction], T]) -> T:
        """BEGIN, the operation, the counters, COMMIT; ROLLBACK if it raises."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            transaction = self._transaction()
            result = operation(transaction)
            transaction.flush()
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    def _transaction(self) -> Transaction:
        counters = dict(self.connection.execute("SELECT name, n FROM counter").fetchall())
        return Transaction(self.connection, counters, self.offered)

    def die_in(self, operation: Callable[[Transaction], Any]) -> None:
        """The process dies before COMMIT: whatever the operation did is gone, and the file is opened again."""
        self.connection.execute("BEGIN IMMEDIATE")
        transaction = self._transaction()
        try:
            operation(transaction)
            transaction.flush()
        finally:
            self.reopen()

    def reopen(self) -> None:
        """Close and open again, as a new process would."""
        self.connection.close()
        self.connection = self._open()

    def rows(self, statement: str, *parameters: Any) -> list[Any]:
        return self.connection.execute(statement, parameters).fetchall()

    def value(self, statement: str, *parameters: Any) -> Any:
        return self.connection.execute(statement, parameters).fetchone()[0]

    def close(self) -> None:
        self.connection.close()


async def inline(function: Callable[[], Blob]) -> Blob:
    """Offloads nothing."""
    return function()
