"""Locks: one holder, fences that never go back, and renewal of every trace that is still at work."""

from __future__ import annotations

from store import locks, queues, sweep
from store.queues import Draft
from tests.store.harness import NOON, Database


def acquire(database: Database, name: str, owner: str, now: int = NOON, ttl: int = 1000) -> int | None:
    return database.run(lambda tx: locks.acquire(tx, now, name, owner, ttl))


def test_a_lock_has_one_holder_until_the_very_millisecond_it_runs_out(database: Database) -> None:
    assert acquire(database, "doc", "a") == 1
    assert acquire(database, "doc", "b", NOON + 999) is None
    assert acquire(database, "doc", "b", NOON + 1000) == 2
    assert database.value("SELECT n FROM counter WHERE name='lock_contended'") == 1


def test_a_holder_who_was_overtaken_changes_nothing(database: Database) -> None:
    fence = acquire(database, "doc", "a")
    assert fence is not None and acquire(database, "doc", "b", NOON + 1000) == fence + 1
    assert not locks.holds(database.connection, NOON + 1000, "doc", "a", fence)
    assert not database.run(lambda tx: locks.renew(tx, NOON + 1000, "doc", "a", 1000))
    assert not database.run(lambda tx: locks.release(tx, NOON + 1000, "doc", "a"))
    assert locks.holds(database.connection, NOON + 1000, "doc", "b", fence + 1)


def test_an_old_fence_of_the_same_owner_does_not_hold(database: Database) -> None:
    first = acquire(database, "doc", "a")
    second = acquire(database, "doc", "a")
    assert first is not None and second is not None
    assert not locks.holds(database.connection, NOON, "doc", "a", first)
    assert locks.holds(database.connection, NOON, "doc", "a", second)


def test_the_fence_does_not_go_back_when_the_row_was_swept(database: Database) -> None:
    for _ in range(5):
        last = acquire(database, "doc", "a")
    assert last == 5
    database.run(lambda tx: locks.release(tx, NOON, "doc", "a"))
    database.run(lambda tx: sweep.sweep(tx, NOON + locks.RELEASED_MS, lambda: 0.0))
    assert database.value("SELECT count(*) FROM lock") == 0
    assert acquire(database, "doc", "a", NOON + locks.RELEASED_MS) == 6


def test_locks_of_traces_at_work_are_renewed_and_no_others(database: Database) -> None:
    queue = database.run(lambda tx: queues.ensure(tx, "parse", 16))
    assert queue.dlq is not None
    for name in ("waiting", "leased", "dead", "gone", "shared-1", "shared-2"):
        acquire(database, name, name.split("-")[0], ttl=1)
    for where, trace in ((queue.id, "leased"), (queue.id, "waiting"), (queue.id, "shared"), (queue.dlq, "dead"), (queue.dlq, "shared")):
        draft = Draft(queue=where, body=b"", trace=trace)
        database.run(lambda tx, draft=draft: queues.send(tx, NOON, [draft]))  # type: ignore[misc]
    database.run(lambda tx: queues.claim(tx, NOON, queue.id, 1, 1, 1000))
    later = NOON + 10_000  # also those that ran out meanwhile and nobody took: a boot after a long stop
    assert database.run(lambda tx: locks.renew_live(tx, later, 60_000)) == 4
    assert {lock.name for lock in locks.held(database.connection, later)} == {"waiting", "leased", "shared-1", "shared-2"}


def test_an_operator_breaks_a_lock_open(database: Database) -> None:
    acquire(database, "a", "x")
    acquire(database, "b", "y")
    assert database.run(lambda tx: locks.break_open(tx, NOON, ["a", "nothing"])) == 1
    assert [lock.name for lock in locks.held(database.connection, NOON)] == ["b"]
    assert acquire(database, "a", "z") == 2
