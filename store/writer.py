"""The one writer: group commit.

Callers submit an operation (a function of the transaction) and await its result. A single task drains what piled up, runs it between one
BEGIN IMMEDIATE and one COMMIT on the connection's thread, and resolves the futures after COMMIT, never before. No timer: while one
commit is on its way the next batch gathers by itself.

Whoever takes messages into work (the claimant) claims inside the transactions of others: it offers free places before a transaction begins and
leases what waits for them behind the last operation, so that a message sent to an idle box is at work after one COMMIT.

A COMMIT that fails fails every future of its batch.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from store import driver
from store.batch import Batch, Claims, Committed, Submission
from store.connection import Driver
from store.driver import translate
from store.errors import Closed, StoreError
from store.transaction import NOTHING, Transaction

T = TypeVar("T")
Operation = Callable[[Transaction], T]

#: Most operations of one transaction.
MOST_OPERATIONS = 256
#: Bytes of one transaction, as told by the callers.
MOST_BYTES = 4 * 1024 * 1024

Listener = Callable[[Committed], None]


class Claimant(Claims, Protocol):
    """Takes messages into work. `claim` runs on the connection's thread, everything else on the loop."""

    def offer(self) -> Mapping[int, int]:
        """Free places by queue id, kept for the transaction that begins now until `took` or `withdrew` is called."""
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
        #: What gives way to everything else.
        self._yielding: deque[Submission] = deque()
        self._batch: list[Submission] = []
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
        #: Why the last transaction was not committed; `None` once one is.
        self.trouble: StoreError | None = None

    def start(self) -> None:
        """Begin to serve; `close` ends it."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._serve(), name="store-writer")

    def listen(self, listener: Listener) -> None:
        """Call `listener` on the loop after every COMMIT, before the futures resolve."""
        self._listeners.append(listener)

    def submit(self, operation: Operation[T], size: int = 0, *, yielding: bool = False) -> asyncio.Future[T]:
        """Queue an operation. The future resolves after COMMIT, in the order of submission; a `yielding` one gives way to all that are not."""
        future: Answer[T] = Answer(loop=self._loop)
        if self._closed:
            future.set_exception(Closed())
            return future
        (self._yielding if yielding else self._waiting).append(Submission(operation, size, future, yielding))
        self._wake.set()
        return future

    async def between(self, function: Callable[[driver.Connection], T]) -> T:
        """Run a function on the connection between two transactions: for what cannot be in one. Everybody waits meanwhile."""
        return await self._driver.run(function)

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
        try:
            while not (self._closed and not self._queued):
                if not self._queued:
                    self._wake.clear()
                    await self._wake.wait()
                    continue
                await self._wave()
                await self._transact()
        finally:
            # Only a task that was cancelled leaves someone waiting; whether its last batch was committed is unknown.
            self._closed = True
            refuse([*self._batch, *self._waiting, *self._yielding], Closed("The store was stopped before it could answer."))
            self._waiting.clear()
            self._yielding.clear()

    @property
    def _queued(self) -> int:
        return len(self._waiting) + len(self._yielding)

    async def _wave(self) -> None:
        """Callers that a COMMIT has just released submit again within the next turns of the loop: wait while each turn brings another."""
        known = 0
        while known < self._queued < MOST_OPERATIONS:
            known = self._queued
            await asyncio.sleep(0)

    async def _transact(self) -> None:
        claimant = self.claimant
        self._batch = submissions = self._gather()
        offered = NOTHING if claimant is None else claimant.offer()
        batch = Batch(submissions, claimant, self.counters, offered, self._monotonic)
        try:
            committed = await self._driver.run(batch.run)
        except Exception as error:  # it is the answer to every caller of the batch
            if claimant is not None:
                claimant.withdrew(translate(error))
            refuse(submissions, error)
            self.trouble = told if isinstance(told := translate(error), StoreError) else None
        else:
            self._settle(submissions, committed, claimant)

    def _gather(self) -> list[Submission]:
        batch: list[Submission] = []
        size = 0
        for waiting in (self._waiting, self._yielding):
            while waiting and len(batch) < MOST_OPERATIONS and (not batch or size < MOST_BYTES):
                submission = waiting.popleft()
                size += submission.size
                batch.append(submission)
        return batch

    def _settle(self, batch: list[Submission], committed: Committed, claimant: Claimant | None) -> None:
        self.commits += 1
        self.trouble = None
        self.counters.update(committed.deltas)
        for submission in reversed(batch[len(committed.results) :]):
            (self._yielding if submission.yielding else self._waiting).appendleft(submission)
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
        # Behind the answers: who has begun goes on before others begin, and frees the places they will want.
        if claimant is not None:
            if committed.not_claimed is None:
                claimant.took(committed.claimed)
            else:
                claimant.withdrew(committed.not_claimed)



def refuse(batch: list[Submission], error: Exception) -> None:
    """Answer everyone who still waits with the error."""
    for submission in batch:
        if not submission.future.done():
            submission.future.set_exception(translate(error))
