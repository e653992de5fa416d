"""One transaction of the writer: many operations between one BEGIN and one COMMIT. Runs on the connection's thread.

An operation that raises fails alone. If it had written by then, the transaction is rolled back and the others run again without it, which
is why operations must be pure functions of the transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from store import driver
from store.driver import translate
from store.transaction import Transaction

#: Seconds of SQL after which a transaction takes no further operation.
MOST_SECONDS = 0.005
#: Where the failure of a claim stands among those of the operations.
CLAIM = -1


@dataclass(slots=True)
class Submission:
    """An operation on its way, and who waits for it."""

    operation: Callable[[Transaction], Any]
    size: int
    future: asyncio.Future[Any]
    #: It gives way to those that do not.
    yielding: bool = False


@dataclass(slots=True, kw_only=True)
class Committed:
    """What one transaction did: results or errors by submission, and what listeners want to know."""

    results: list[tuple[Submission, Any, Exception | None]] = field(default_factory=list)
    deltas: dict[str, int] = field(default_factory=dict)
    topics: set[str] = field(default_factory=set)
    expiry: int | None = None
    due: int | None = None
    #: What the claimant leased, or why it could not.
    claimed: Any = None
    not_claimed: Exception | None = None
    #: Seconds from BEGIN to COMMIT.
    took: float = 0.0


class Claims(Protocol):
    """What a batch needs of the claimant."""

    def claim(self, tx: Transaction) -> Any:
        """Lease messages for the places that are left. A pure function of the transaction."""
        ...


class Batch:
    """Operations in the order of their submission, and the claims behind them. `counters` are those of the last COMMIT, `monotonic` gives seconds."""

    def __init__(
        self, submissions: list[Submission], claims: Claims | None, counters: Mapping[str, int], offered: Mapping[int, int], monotonic: Callable[[], float]
    ) -> None:
        self._submissions = list(submissions)
        self._claims = claims
        self._counters = counters
        self._offered = offered
        self._monotonic = monotonic
        self._failed: dict[int, Exception] = {}

    def run(self, connection: driver.Connection) -> Committed:
        """From BEGIN to COMMIT. On any error that is not an operation's own nothing is left of the transaction."""
        while isinstance(outcome := self._attempt(connection), int):
            # Those behind the one that failed go into the next transaction: many that fail cost one run each, not one of the whole batch.
            del self._submissions[outcome + 1 :]
        return outcome

    def _attempt(self, connection: driver.Connection) -> Committed | int:
        """Commit, or return the place of an operation that failed after it had written; then nothing is left of any."""
        committed = Committed()
        began = self._monotonic()
        connection.execute("BEGIN IMMEDIATE")
        tx = Transaction(connection, self._counters, self._offered)
        try:
            spoiled = self._operations(tx, committed)
            if spoiled is None and self._claims is not None:
                spoiled = self._claim(tx, committed, self._claims)
            if spoiled is not None:
                rollback(connection)
                return spoiled
            tx.flush()
            connection.execute("COMMIT")
        except BaseException:
            rollback(connection)
            raise
        finally:
            tx.end()
        committed.took = self._monotonic() - began
        committed.deltas = tx.deltas
        committed.topics = tx.topics
        committed.expiry = tx.expiry
        committed.due = tx.due
        return committed

    def _operations(self, tx: Transaction, committed: Committed) -> int | None:
        """Run the operations. Returns the place of one that failed after it had written."""
        failed = self._failed
        deadline = self._monotonic() + MOST_SECONDS
        for place, submission in enumerate(self._submissions):
            if place in failed:
                committed.results.append((submission, None, failed[place]))
                continue
            before = tx.mark
            try:
                result = submission.operation(tx)
            except Exception as error:  # it is the answer to this operation's caller
                failed[place] = translate(error)
                if tx.mark != before:
                    return place
                committed.results.append((submission, None, failed[place]))
                continue
            committed.results.append((submission, result, None))
            if self._monotonic() > deadline:
                break
        return None

    def _claim(self, tx: Transaction, committed: Committed, claims: Claims) -> int | None:
        committed.not_claimed = self._failed.get(CLAIM)
        if committed.not_claimed is not None:
            return None
        before = tx.mark
        try:
            committed.claimed = claims.claim(tx)
        except Exception as error:  # the operations go on without it
            self._failed[CLAIM] = committed.not_claimed = translate(error)
            if tx.mark != before:
                return len(self._submissions)
        return None


def rollback(connection: driver.Connection) -> None:
    """Roll back if SQLite has not already done so: after a full disk or an I/O error it has."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
