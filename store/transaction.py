"""What an operation works on: the open transaction, the counters it changes and the topics it touches.

Counters (`counter`) mirror COUNT(*) of queues by state and total things that happened. Their deltas are collected in memory and written
once a transaction, whatever the number of operations in it; the writer hands the same deltas to the listeners after COMMIT.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from store import driver

NOTHING: Mapping[Any, int] = MappingProxyType({})


class Transaction:
    """One turn of the writer. An operation is a pure function of it: it may run again if a neighbour had to be rolled back."""

    __slots__ = ("_connection", "_counters", "_cursor", "deltas", "due", "execute", "executemany", "expiry", "noted", "offered", "topics")

    def __init__(self, connection: driver.Connection, counters: Mapping[str, int] = NOTHING, offered: Mapping[int, int] = NOTHING) -> None:
        self._connection = connection
        self._counters = counters
        #: Places for messages at work, by queue, that may be filled within this transaction.
        self.offered = offered
        self._cursor = cursor = connection.cursor()
        #: Runs one statement on the transaction's own cursor: read what it returns before the next one.
        self.execute = cursor.execute
        self.executemany = cursor.executemany
        self.deltas: defaultdict[str, int] = defaultdict(int)
        #: How often a counter or topic was noted, to see whether an operation left a trace here before it failed.
        self.noted = 0
        self.topics: set[str] = set()
        #: The soonest due time of a message delayed in this transaction (steady clock).
        self.due: int | None = None
        #: The soonest expiry written in this transaction.
        self.expiry: int | None = None

    def row(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """First row of a query, or `None`."""
        return self.execute(statement, parameters).fetchone()

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query."""
        return self.execute(statement, parameters).fetchall()

    def count(self, name: str, delta: int = 1) -> None:
        """Change a counter by `delta` when this transaction commits."""
        self.noted += 1
        self.deltas[name] += delta

    def counted(self, name: str) -> int:
        """A counter as it stands at this point of the transaction."""
        return self._counters.get(name, 0) + self.deltas.get(name, 0)

    def touch(self, *topics: str) -> None:
        """Say what faces should look at again."""
        self.noted += 1
        self.topics.update(topics)

    def delays(self, moment: int) -> None:
        """Note that a message sleeps until `moment`."""
        if self.due is None or moment < self.due:
            self.due = moment

    def expires(self, moment: int) -> None:
        """Note that a key expires at `moment`, so that an idle sweep need not look."""
        if self.expiry is None or moment < self.expiry:
            self.expiry = moment

    def raise_floor(self, name: str, n: int) -> None:
        """Rows of `kv` or `lock` up to this version or fence are gone: what is created under their names begins above."""
        self.execute("UPDATE floor SET n=max(n,?) WHERE name=?", (n, name))

    def flush(self) -> None:
        """Write the collected deltas; the writer calls it once, right before COMMIT."""
        changed: Iterable[tuple[str, int]] = [(name, delta) for name, delta in self.deltas.items() if delta]
        self.executemany("INSERT INTO counter(name,n) VALUES(?,?) ON CONFLICT(name) DO UPDATE SET n=n+excluded.n", changed)

    def end(self) -> None:
        """Let go of the connection: an error that is kept somewhere keeps the frames it went through, and must not keep a statement open."""
        self._cursor.close()

    @property
    def mark(self) -> tuple[int, int, bool]:
        """Differs from an earlier mark if anything was written or noted in between, or SQLite has rolled back by itself."""
        return self._connection.total_changes, self.noted, self._connection.in_transaction
