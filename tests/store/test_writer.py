"""Group commit: what a caller may conclude from a resolved future, and what one caller's failure means for the others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from store import batch, driver, writer
from store.batch import Committed
from store.connection import Driver, ThreadDriver, open_writer
from store.errors import Closed, DiskFull, Refusal, StoreError
from store.reader import open_reader
from store.transaction import Transaction
from store.writer import Writer

T = TypeVar("T")


class Gate:
    """A driver whose runs can be held back and made to fail, so that a batch gathers and faults hit where the test says."""

    def __init__(self, inner: Driver) -> None:
        self.inner = inner
        self.open = asyncio.Event()
        self.open.set()
        self.fault: BaseException | None = None
        self.runs = 0

    async def run(self, function: Callable[[driver.Connection], T]) -> T:
        await self.open.wait()
        self.runs += 1
        fault, self.fault = self.fault, None
        if fault is None:
            return await self.inner.run(function)
        return await self.inner.run(lambda connection: function(FailingCommit(connection, fault)))  # type: ignore[arg-type]

    async def close(self) -> None:
        await self.inner.close()


class FailingCommit:
    """A connection whose COMMIT fails, as on a full disk."""

    def __init__(self, connection: driver.Connection, fault: BaseException) -> None:
        self._connection = connection
        self._fault = fault

    def execute(self, statement: Any, *parameters: Any) -> Any:
        if statement == "COMMIT":
            raise self._fault
        return self._connection.execute(statement, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Bench:
    """A writer over a table of numbers, and a second connection that sees what is committed."""

    def __init__(self, gate: Gate, serving: Writer, reader: driver.Connection) -> None:
        self.gate = gate
        self.writer = serving
        self.reader = reader

    def insert(self, n: int, size: int = 0) -> asyncio.Future[int]:
        return self.writer.submit(lambda tx: inserted(tx, n), size)

    def committed(self) -> list[int]:
        return [row[0] for row in self.reader.execute("SELECT n FROM number ORDER BY id").fetchall()]

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """What is submitted inside waits together."""
        self.gate.open.clear()
        plug = self.writer.submit(lambda tx: None)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        try:
            yield
        finally:
            self.gate.open.set()
            await plug


def inserted(tx: Transaction, n: int) -> int:
    tx.execute("INSERT INTO number(n) VALUES(?)", (n,))
    return n


def fails_after_writing(tx: Transaction) -> None:
    tx.execute("INSERT INTO number(n) VALUES(-1)")
    tx.count("ghost")
    raise ValueError("after writing")


def refuses(tx: Transaction) -> None:
    raise Refusal("before writing")


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    path = tmp_path / "numbers.db"
    path.touch()

    def connect() -> driver.Connection:
        connection = open_writer(path, "OFF")
        connection.execute("CREATE TABLE number(id INTEGER PRIMARY KEY, n INTEGER CHECK(n<>13))")
        connection.execute("CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER NOT NULL)")
        return connection

    gate = Gate(await ThreadDriver.open(connect))
    serving = Writer(gate, lambda: 0.0)
    serving.start()
    reader = open_reader(path)
    yield Bench(gate, serving, reader)
    gate.open.set()
    await serving.close()
    reader.close()


async def test_a_future_resolves_only_when_another_connection_sees_the_row(bench: Bench) -> None:
    async def one(n: int) -> None:
        assert await bench.insert(n) == n
        assert n in bench.committed()

    await asyncio.gather(*(one(n) for n in range(200) if n != 13))


async def test_nothing_is_seen_or_resolved_before_the_commit(bench: Bench) -> None:
    async with bench.held():
        future = bench.insert(1)
        await asyncio.sleep(0.02)
        assert not future.done()
        assert bench.committed() == []
    assert await future == 1


async def test_many_operations_share_one_commit_and_keep_their_order(bench: Bench) -> None:
    before = bench.writer.commits
    async with bench.held():
        futures = [bench.insert(n) for n in range(1000, 1200)]
    await asyncio.gather(*futures)
    assert bench.committed() == list(range(1000, 1200))
    assert bench.writer.commits - before <= 2


async def test_commits_are_far_fewer_than_operations_without_any_timer(bench: Bench) -> None:
    before = bench.writer.commits
    await asyncio.gather(*(bench.insert(n) for n in range(1000, 4000)))
    assert bench.writer.commits - before <= 3000 / 100


async def test_one_operation_that_fails_fails_alone(bench: Bench) -> None:
    async with bench.held():
        first, bad, last = bench.insert(1), bench.writer.submit(refuses), bench.insert(2)
    with pytest.raises(Refusal):
        await bad
    assert (await first, await last) == (1, 2)
    assert bench.committed() == [1, 2]


async def test_an_operation_that_wrote_before_it_failed_leaves_nothing(bench: Bench) -> None:
    heard: list[Committed] = []
    bench.writer.listen(heard.append)
    async with bench.held():
        futures: list[asyncio.Future[Any]] = []
        for n in range(1000, 1050):
            futures += [bench.insert(n), bench.writer.submit(fails_after_writing)]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert outcomes[::2] == list(range(1000, 1050))
    assert all(isinstance(outcome, ValueError) for outcome in outcomes[1::2])
    assert bench.committed() == list(range(1000, 1050))
    assert not any("ghost" in committed.deltas for committed in heard)
    assert bench.reader.execute("SELECT count(*) FROM counter").fetchone()[0] == 0


async def test_many_failures_cost_their_neighbours_a_bounded_number_of_runs(bench: Bench) -> None:
    runs = 0

    def counted(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        inserted(tx, 1)

    async with bench.held():
        futures = [bench.writer.submit(operation) for _ in range(100) for operation in (counted, fails_after_writing)]
    await asyncio.gather(*futures, return_exceptions=True)
    assert bench.committed() == [1] * 100
    assert runs <= 2 * 100, "one that fails must not make the whole batch run again"


async def test_a_constraint_that_fails_inside_an_operation_is_that_operations_answer(bench: Bench) -> None:
    async with bench.held():
        before, bad, after = bench.insert(12), bench.insert(13), bench.insert(14)
    with pytest.raises(driver.IntegrityError):
        await bad
    assert (await before, await after) == (12, 14)
    assert bench.committed() == [12, 14]


async def test_a_commit_that_fails_fails_every_future_of_its_batch_and_nothing_is_kept(bench: Bench) -> None:
    async with bench.held():
        futures = [bench.insert(n) for n in range(20, 40)]
        bench.gate.fault = None
        plug_run = bench.gate.runs
        bench.gate.open.set()
        while bench.gate.runs == plug_run:
            await asyncio.sleep(0)
        bench.gate.fault = driver.OperationalError("database or disk is full")
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [DiskFull] * 20
    assert bench.committed() == []
    assert await bench.insert(40) == 40, "the writer goes on once there is space"


async def test_a_cancelled_caller_hears_of_it_once_its_operation_is_known_to_be_committed(bench: Bench) -> None:
    async def caller() -> None:
        await bench.insert(1)

    async with bench.held():
        cancelled = asyncio.ensure_future(caller())
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.sleep(0)
        assert not cancelled.done(), "what becomes of the operation is not known yet"
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    assert bench.committed() == [1]


async def test_a_cancelled_caller_disturbs_nobody(bench: Bench) -> None:
    first, second = bench.insert(1), bench.insert(2)
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 2
    assert await bench.insert(3) == 3
    assert bench.committed() == [1, 2, 3]


async def test_a_transaction_takes_at_most_256_operations(bench: Bench) -> None:
    sizes = batches(bench)
    async with bench.held():
        futures = [bench.insert(n) for n in range(1000, 1600)]
    await asyncio.gather(*futures)
    assert sizes[1:] == [256, 256, 88]


async def test_a_transaction_takes_at_most_four_megabytes(bench: Bench) -> None:
    sizes = batches(bench)
    async with bench.held():
        futures = [bench.insert(n, 1024 * 1024) for n in range(1000, 1010)]
    await asyncio.gather(*futures)
    assert sizes[1:] == [4, 4, 2]


async def test_a_transaction_takes_no_further_operation_after_five_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "numbers.db"
    path.touch()
    now = 0.0

    def slow(tx: Transaction) -> None:
        nonlocal now
        now += 0.002

    gate = Gate(await ThreadDriver.open(lambda: open_writer(path, "OFF")))
    serving = Writer(gate, lambda: now)
    serving.start()
    bench = Bench(gate, serving, open_reader(path))
    sizes = batches(bench)
    try:
        await serving.submit(lambda tx: tx.execute("CREATE TABLE counter(name TEXT PRIMARY KEY, n INTEGER NOT NULL)"))
        async with bench.held():
            futures = [serving.submit(slow) for _ in range(10)]
        await asyncio.gather(*futures)
    finally:
        await serving.close()
        bench.reader.close()
    assert sizes[2:] == [3, 3, 3, 1]


def batches(bench: Bench) -> list[int]:
    """How many operations each transaction answered."""
    sizes: list[int] = []
    bench.writer.listen(lambda committed: sizes.append(len(committed.results)))
    return sizes


async def test_closing_commits_what_was_submitted_and_refuses_what_comes_later(bench: Bench) -> None:
    futures = [bench.insert(n) for n in range(1000, 1500)]
    await bench.writer.close()
    assert [future.result() for future in futures] == list(range(1000, 1500))
    assert bench.committed() == list(range(1000, 1500))
    with pytest.raises(Closed):
        await bench.insert(1)


async def test_a_listener_that_fails_keeps_nobody_from_the_answer(bench: Bench) -> None:
    told: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: told.append(context))

    def broken(committed: Committed) -> None:
        raise RuntimeError("a face is broken")

    bench.writer.listen(broken)
    assert await asyncio.wait_for(bench.insert(1), 5) == 1
    assert await asyncio.wait_for(bench.insert(2), 5) == 2
    assert [str(context["exception"]) for context in told] == ["a face is broken"] * 2


async def test_a_writer_whose_task_is_cancelled_answers_everyone_and_still_closes(bench: Bench) -> None:
    bench.gate.open.clear()
    futures = [bench.insert(n) for n in range(300)]
    await asyncio.sleep(0.01)
    task = bench.writer._task
    assert task is not None
    task.cancel()
    outcomes = await asyncio.wait_for(asyncio.gather(*futures, return_exceptions=True), 5)
    assert all(isinstance(outcome, Closed) for outcome in outcomes)
    bench.gate.open.set()
    await asyncio.wait_for(bench.writer.close(), 5)
    with pytest.raises(StoreError):
        await bench.insert(1)


def test_the_limits_are_those_of_the_specification() -> None:
    assert (writer.MOST_OPERATIONS, writer.MOST_BYTES, batch.MOST_SECONDS) == (256, 4 * 1024 * 1024, 0.005)


async def test_what_nobody_waits_for_gives_way_to_everything_else_and_keeps_its_own_order(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MOST_SECONDS", -1.0)
    order: list[int] = []

    def operation(n: int) -> Callable[[Transaction], None]:
        return lambda tx: order.append(n)

    async with bench.held():
        futures = [bench.writer.submit(operation(n), yielding=n >= 100) for n in (100, 101, 1, 102, 2)]
    await asyncio.gather(*futures)
    assert order == [1, 2, 100, 101, 102], "each in a transaction of its own, the put-back ones included"
