"""Housekeeping: bounded bites, an idle tick that touches nothing, a file that shrinks again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import kv, locks, queues, sweep
from store.kv import Namespace
from store.queues import Draft
from store.store import Store
from store.transaction import Transaction
from tests.store.harness import NOON, Database, ManualClock

STATE = Namespace.STATE


def put_many(tx: Transaction, count: int, expires: int, size: int = 1) -> None:
    for n in range(count):
        kv.put(tx, STATE, f"k{expires}-{n}", b"x" * size, expires=expires)


def ticking(*steps: float) -> Iterator[float]:
    now = 0.0
    yield now
    for step in steps:
        now += step
        yield now
    while True:
        yield now


def test_a_bite_takes_at_most_500_rows_and_says_that_there_is_more(database: Database) -> None:
    database.run(lambda tx: put_many(tx, 1100, NOON))
    bites = []
    while True:
        bite = database.run(lambda tx: sweep.sweep(tx, NOON, lambda: 0.0))
        bites.append(bite)
        if not bite.more:
            break
    assert [bite.expired for bite in bites] == [500, 500, 100]
    assert database.value("SELECT n FROM counter WHERE name='expired'") == 1100


def test_a_bite_stops_after_the_statement_that_passes_ten_milliseconds(database: Database) -> None:
    database.run(lambda tx: put_many(tx, 1100, NOON))
    clock = ticking(0.004, 0.004, 0.004)
    bite = database.run(lambda tx: sweep.sweep(tx, NOON, lambda: next(clock)))
    assert bite == (300, True)


def test_what_has_not_expired_stays(database: Database) -> None:
    database.run(lambda tx: put_many(tx, 10, NOON + 1))
    database.run(lambda tx: kv.put(tx, STATE, "for ever", b""))
    assert database.run(lambda tx: sweep.sweep(tx, NOON, lambda: 0.0)) == (0, False)
    assert database.run(lambda tx: sweep.sweep(tx, NOON + 1, lambda: 0.0)) == (10, False)
    assert database.value("SELECT count(*) FROM kv") == 1


def test_marks_commands_and_released_locks_go_in_their_time(database: Database) -> None:
    queue = database.run(lambda tx: queues.ensure(tx, "parse", 1))
    database.run(lambda tx: queues.send_once(tx, NOON, Draft(queue=queue.id, body=b""), "key", ttl_ms=1000))
    database.run(lambda tx: tx.execute("INSERT INTO command(id,result,at) VALUES('c',x'00',?)", (NOON,)))
    database.run(lambda tx: locks.acquire(tx, NOON, "held", "a", 1))
    database.run(lambda tx: locks.acquire(tx, NOON, "released", "a", 1))
    database.run(lambda tx: locks.release(tx, NOON, "released", "a"))
    moments = [NOON + 1000, NOON + sweep.COMMAND_MS, NOON + locks.RELEASED_MS]
    for moment, table in zip(moments, ("dedup", "command", "lock"), strict=True):
        assert sweep.next_expiry(database.connection) == moment
        assert database.run(lambda tx, at=moment - 1: sweep.sweep(tx, at, lambda: 0.0)) == (0, False)  # type: ignore[misc]
        assert database.run(lambda tx, at=moment: sweep.sweep(tx, at, lambda: 0.0)) == (1, False)  # type: ignore[misc]
        assert database.value(f"SELECT count(*) FROM {table}") == (table == "lock")
    assert sweep.next_expiry(database.connection) is None


def test_vacuum_gives_many_pages_back_at_once(database: Database) -> None:
    database.run(lambda tx: put_many(tx, 400, NOON, size=4000))
    database.run(lambda tx: sweep.sweep(tx, NOON, lambda: 0.0))
    free = database.value("PRAGMA freelist_count")
    assert free > 300
    database.run(sweep.vacuum)
    assert database.value("PRAGMA freelist_count") == free - 256


def test_the_file_does_not_grow_with_churn(database: Database) -> None:
    sizes = []
    for day in range(30):
        now = NOON + day * 1000
        database.run(lambda tx, now=now: put_many(tx, 300, now + 1500, size=2000))  # type: ignore[misc]
        database.run(lambda tx, now=now: sweep.sweep(tx, now, lambda: 0.0))  # type: ignore[misc]
        database.run(sweep.vacuum)
        sizes.append(database.value("PRAGMA page_count"))
    assert max(sizes) <= 1.5 * sizes[5]


# Through the store ------------------------------------------------------------------------------------


async def test_an_idle_tick_touches_no_database(store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.write(lambda tx: kv.put(tx, STATE, "k", b"", expires=clock.now + 1000))
    await store.write(lambda tx: kv.put(tx, STATE, "for ever", b""))

    def touched(*_: object) -> None:
        raise AssertionError("an idle tick touched the database")

    monkeypatch.setattr(store, "write", touched)
    monkeypatch.setattr(store, "read", touched)
    clock.advance(999)
    assert await store.sweep() is False
    monkeypatch.undo()
    clock.advance(1)
    assert await store.sweep() is False
    assert store.counters["expired"] == 1
    assert store.next_expiry is None
    monkeypatch.setattr(store, "write", touched)
    clock.advance(10**9)
    assert await store.sweep() is False


async def test_after_a_sweep_the_next_expiry_is_read_anew(store: Store, clock: ManualClock) -> None:
    await store.write(lambda tx: kv.put(tx, STATE, "a", b"", expires=clock.now + 1000))
    await store.write(lambda tx: kv.put(tx, STATE, "b", b"", expires=clock.now + 5000))
    clock.advance(1000)
    assert await store.sweep() is False
    assert store.next_expiry == NOON + 5000


async def test_an_expiry_written_beside_a_sweep_is_not_forgotten(store: Store, clock: ManualClock) -> None:
    await store.write(lambda tx: kv.put(tx, STATE, "a", b"", expires=clock.now + 1000))
    clock.advance(1000)
    task = asyncio.ensure_future(store.sweep())
    await asyncio.sleep(0)
    for n in range(300):
        store.write(lambda tx, n=n: kv.put(tx, STATE, f"beside{n}", b"", expires=clock.now + 2000 + n))  # type: ignore[misc]
    await store.write(lambda tx: kv.put(tx, STATE, "beside", b"", expires=clock.now + 100))
    await task
    assert store.next_expiry == clock.now + 100


async def test_many_expired_keys_take_many_ticks(store: Store, clock: ManualClock) -> None:
    await store.write(lambda tx: put_many(tx, 1200, clock.now + 1))
    clock.advance(1)
    more = [await store.sweep() for _ in range(3)]
    assert more == [True, True, False]
    assert await store.read(lambda connection: connection.execute("SELECT count(*) FROM kv").fetchone()[0]) == 0


async def test_a_store_opened_again_knows_when_the_next_key_expires(tmp_path: Path, clock: ManualClock) -> None:
    for expected in (None, NOON + 7):
        store = await Store.open(tmp_path, clock)
        assert store.next_expiry == expected
        await store.write(lambda tx: kv.put(tx, STATE, "k", b"", expires=NOON + 7))
        await store.close()


async def test_a_sweep_that_fails_is_tried_again_at_the_next_tick(store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.write(lambda tx: kv.put(tx, STATE, "k", b"", expires=clock.now + 1))
    clock.advance(1)

    async def fails(operation: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(store, "write", fails)
    with pytest.raises(OSError, match="no"):
        await store.sweep()
    monkeypatch.undo()
    assert store.next_expiry == NOON + 1
    assert await store.sweep() is False
    assert store.counters["expired"] == 1
