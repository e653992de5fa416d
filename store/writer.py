"""The one writer: group commit.

Callers submit an operation (a function of the transaction) and await its result. A single task drains what piled up, runs it between one
BEGIN IMMEDIATE and one COMMIT in one thread hop, and resolves the futures after COMMIT, never before. No timer: while one
commit is on its way the next batch gathers by itself.

Whoever takes messages into work (the claimant) claims inside the transactions of others: it offers free places before a transaction begins and
leases what waits for them behind the last operation, so that a message sent to an idle box is at work after one COMMIT.

An operation that raises fails alone. If it had written by then, the transaction is rolled back and the others run again without it, which
is why operations must be pure functions of the transaction. A COMMIT that fails fails every future of its batch.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol, TypeVar

from store import driver
from store.connection import Driver
from store.driver import translate
from store.errors import Closed
from store.transaction import NOTHING, Transaction

T = TypeVar("T")
Operation = Callable[[Transaction], T]

#: Most operations of one transaction.
MOST_OPERATIONS = 256
#: Bytes of one transaction, as told by the callers.
MOST_BYTES = 4 * 1024 * 1024
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


Listener = Callable[[Committed], None]


class Claimant(Protocol):
    """Takes messages into work. `claim` runs in the writer's turn, everything else on the loop."""

    def offer(self) -> Mapping[int, int]:
        """Free places by queue id, kept for the transaction that begins now until `took` or `withdrew` is called."""
        ...

    def claim(self, tx: Transaction) -> Any:
        """Lease messages for the places left. A pure function of the transaction."""
        ...

    def took(self, claimed: Any) -> None:
        """What `claim` returned is committed."""
        ...

    def withdrew(self, error: Exception) -> None:
        """Nothing was claimed."""
        ...


class Answer(asyncio.Future[T]):
    """What a caller waits for. An operation on its way cannot be called back, so a cancellation gets through with the answer, not before."""

    def cancel(self, msg: Any = None) -> bool:
        return False


class Writer:
    """Owns the writing connection. `monotonic` gives seconds."""

    def __init__(self, run: Driver, monotonic: Callable[[], float]) -> None:
        self._driver = run
        self._monotonic = monotonic
        self._waiting: deque[Submission] = deque()
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._listeners: list[Listener] = []
        self._closed = False
        #: The counters of the database, as of the last COMMIT; the loop changes them between two transactions only.
        self.counters: Counter[str] = Counter()
        self.claimant: Claimant | None = None
        #: Transactions committed so far.
        self.commits = 0

    def start(self) -> None:
        """Begin to serve; `close` ends it."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._serve(), name="store-writer")

    def listen(self, listener: Listener) -> None:
        """Call `listener` on the loop after every COMMIT, before the futures resolve."""
        self._listeners.append(listener)

    def submit(self, operation: Operation[T], size: int = 0) -> asyncio.Future[T]:
        """Queue an operation. The future resolves after COMMIT, in the order of submission."""
        future: Answer[T] = Answer(loop=self._loop)
        if self._closed:
            future.set_exception(Closed())
            return future
        self._waiting.append(Submission(operation, size, future))
        self._wake.set()
        return future

    @property
    def closed(self) -> bool:
        """Whether operations are still taken."""
        return self._closed

    async def close(self) -> None:
        """Commit what was submitted, then stop. The connection is closed whatever happens on the way."""
        self._closed = True
        self._wake.set()
        try:
            if self._task is not None:
                await asyncio.wait([self._task])
        finally:
            await self._driver.close()

    async def _serve(self) -> None:
        batch: list[Submission] = []
        try:
            while not (self._closed and not self._waiting):
                if not self._waiting:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                await self._wave()
                batch = self._gather()
                claimant = self.claimant
                offered = NOTHING if claimant is None else claimant.offer()
                try:
                    committed = await self._driver.run(partial(self._transact, batch, claimant, offered))
                except Exception as error:  # it is the answer to every caller of the batch
                    if claimant is not None:
                        claimant.withdrew(translate(error))
                    refuse(batch, error)
                    continue
                self._settle(batch, committed, claimant)
        finally:
            # Only a task that was cancelled leaves someone waiting; whether its last batch was committed is unknown.
            self._closed = True
            refuse([*batch, *self._waiting], Closed("The store was stopped before it could answer."))
            self._waiting.clear()

    async def _wave(self) -> None:
        """Callers that a COMMIT has just released submit again within the next turns of the loop: wait while each turn brings another."""
        known = 0
        while known < len(self._waiting) < MOST_OPERATIONS:
            known = len(self._waiting)
            await asyncio.sleep(0)

    def _gather(self) -> list[Submission]:
        batch: list[Submission] = []
        size = 0
        waiting = self._waiting
        while waiting and len(batch) < MOST_OPERATIONS and (not batch or size < MOST_BYTES):
            submission = waiting.popleft()
            size += submission.size
            batch.append(submission)
        return batch

    def _settle(self, batch: list[Submission], committed: Committed, claimant: Claimant | None) -> None:
        self.commits += 1
        self.counters.update(committed.deltas)
        self._waiting.extendleft(reversed(batch[len(committed.results) :]))
        if claimant is not None:
            if committed.not_claimed is None:
                claimant.took(committed.claimed)
            else:
                claimant.withdrew(committed.not_claimed)
        for listener in self._listeners:
            try:
                listener(committed)
            except Exception as fault:  # it must not keep the answer from who waits for it
                context = {"message": "A listener of the store's writer failed.", "exception": fault}
                asyncio.get_running_loop().call_exception_handler(context)
        for submission, result, error in committed.results:
            if submission.future.done():
                continue
            if error is None:
                submission.future.set_result(result)
            else:
                submission.future.set_exception(error)

    def _transact(self, batch: list[Submission], claimant: Claimant | None, offered: Mapping[int, int], connection: driver.Connection) -> Committed:
        """Runs on the connection's thread."""
        failed: dict[int, Exception] = {}
        while True:
            outcome = self._attempt(connection, batch, failed, claimant, offered)
            if isinstance(outcome, Committed):
                return outcome
            # Those behind the one that failed go into the next transaction: many that fail cost one run each, not one of the whole batch.
            batch = batch[: outcome + 1]

    def _attempt(
        self, connection: driver.Connection, batch: list[Submission], failed: dict[int, Exception], claimant: Claimant | None, offered: Mapping[int, int]
    ) -> Committed | int:
        """Commit the batch, or return the place of an operation that failed after it had written; then nothing is left of any."""
        committed = Committed()
        connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(connection, self.counters, offered)
        try:
            deadline = self._monotonic() + MOST_SECONDS
            for place, submission in enumerate(batch):
                if place in failed:
                    committed.results.append((submission, None, failed[place]))
                    continue
                before = transaction.mark
                try:
                    result = submission.operation(transaction)
                except Exception as error:  # it is the answer to this operation's caller
                    failed[place] = translate(error)
                    if transaction.mark != before or not connection.in_transaction:
                        rollback(connection)
                        return place
                    committed.results.append((submission, None, failed[place]))
                    continue
                committed.results.append((submission, result, None))
                if self._monotonic() > deadline:
                    break
            if claimant is not None:
                committed.not_claimed = failed.get(CLAIM)
            if claimant is not None and committed.not_claimed is None:
                before = transaction.mark
                try:
                    committed.claimed = claimant.claim(transaction)
                except Exception as error:  # the operations go on without it
                    failed[CLAIM] = committed.not_claimed = translate(error)
                    if transaction.mark != before or not connection.in_transaction:
                        rollback(connection)
                        return len(batch)
            transaction.flush()
            connection.execute("COMMIT")
        except BaseException:
            rollback(connection)
            raise
        finally:
            transaction.end()
        committed.deltas = transaction.deltas
        committed.topics = transaction.topics
        committed.expiry = transaction.expiry
        committed.due = transaction.due
        return committed

def rollback(connection: driver.Connection) -> None:
    """Roll back if SQLite has not already done so: after a full disk or an I/O error it has."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def refuse(batch: list[Submission], error: Exception) -> None:
    """Answer everyone who still waits with the error."""
    for submission in batch:
        if not submission.future.done():
            submission.future.set_exception(translate(error))
