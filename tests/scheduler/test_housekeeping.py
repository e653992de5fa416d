"""The timers: they do their work, what goes wrong is remembered and visible, and nothing hangs when they stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED, JobExecutionEvent

from engine.facade.state import State
from scheduler.housekeeping import Housekeeping
from store import bin, kv, locks, queues
from store.collection import GRACE_MS
from store.errors import DiskFull
from store.kv import Namespace
from store.queues import Draft
from store.space import BALLAST, FLOOR, WEIGHT, Capacity, Space
from store.store import Store

DAY_MS = 24 * 3600 * 1000


class Clock:
    """Time that a test sets."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def wall_ms(self) -> int:
        return self.now

    def steady_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000


class Reading:
    """The facade's way to read this store."""

    def __init__(self, store: Store) -> None:
        self.read = store.read
        self.blob = store.blobs.read
        self.wall_ms = store.clock.wall_ms
        self.steady_ms = store.clock.steady_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path, clock, synchronous="OFF")
    yield opened
    await opened.close()


async def count(store: Store, statement: str) -> int:
    found: int = await store.read(lambda connection: connection.execute(statement).fetchone()[0])
    return found


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def test_the_timers_sweep_and_promote_every_second(store: Store, clock: Clock) -> None:
    queue = await store.write(lambda tx: queues.ensure(tx, "q", 1))
    await store.write(lambda tx: queues.send(tx, clock.now, [Draft(queue=queue.id, body=b"x", delay_ms=500)]))
    await store.write(lambda tx: kv.put(tx, Namespace.STATE, "k", b"v", expires=clock.now + 500))
    clock.now += 1000
    house = Housekeeping(store)
    house.start()
    async with asyncio.timeout(10):
        while await count(store, "SELECT count(*) FROM kv WHERE key='k'") or not await count(store, "SELECT count(*) FROM msg WHERE state=0"):
            await asyncio.sleep(0.02)
    await house.stop()
    assert list(house.incidents) == []


async def test_only_the_locks_of_live_traces_are_renewed(store: Store, clock: Clock) -> None:
    queue = await store.write(lambda tx: queues.ensure(tx, "q", 1))
    dead = queue.dlq
    assert dead is not None

    def fill(tx: Any) -> None:
        for trace, target in (("alive", queue.id), ("dead", dead)):
            queues.send(tx, clock.now, [Draft(queue=target, body=b"x", trace=trace)])
        for name in ("alive", "dead", "gone"):
            locks.acquire(tx, clock.now, f"lock:{name}", name, 60_000)

    await store.write(fill)
    clock.now += 40_000
    await Housekeeping(store).renew_locks()
    clock.now += 30_000
    assert [lock.name for lock in await store.read(lambda connection: locks.held(connection, clock.now))] == ["lock:alive"]


async def test_old_messages_go_to_the_dead_letters_and_the_bins_oldest_away(store: Store, clock: Clock) -> None:
    queue = await store.write(lambda tx: queues.ensure(tx, "q", 1))
    await store.write(lambda tx: queues.send(tx, clock.now, [Draft(queue=queue.id, body=b"old"), Draft(queue=queue.id, body=b"dropped")]))
    await store.write(lambda tx: bin.discard(tx, clock.now, [2]))
    house = Housekeeping(store)
    await house.retain()
    assert await count(store, "SELECT count(*) FROM msg") == 2
    clock.now += 5 * DAY_MS
    await house.retain()
    assert await count(store, f"SELECT count(*) FROM msg WHERE queue={queue.dlq} AND error_class='expired'") == 1
    clock.now += 26 * DAY_MS
    await house.retain()
    assert await count(store, "SELECT count(*) FROM msg") == 1
    assert await count(store, "SELECT count(*) FROM msg WHERE binned IS NOT NULL") == 0


async def test_the_ballast_is_made_where_there_is_room_and_released_where_there_is_not(store: Store, tmp_path: Path) -> None:
    free = 10 * FLOOR
    house = Housekeeping(store, Space(tmp_path, lambda directory: Capacity(free, 100 * FLOOR)))
    for free, size in ((2 * FLOOR, None), (10 * FLOOR, WEIGHT), (FLOOR, WEIGHT), (FLOOR - 1, 0), (2 * FLOOR, 0), (10 * FLOOR, WEIGHT)):
        await house.mind_space()
        assert (ballast.stat().st_size if (ballast := tmp_path / BALLAST).exists() else None) == size, free
    await Housekeeping(store).mind_space()


async def test_blobs_that_nothing_names_go_and_those_that_are_named_stay(store: Store, clock: Clock) -> None:
    import os

    named, loose = await store.blobs.put(b"named" * 100), await store.blobs.put(b"loose" * 100)
    await store.write(lambda tx: kv.put(tx, Namespace.STATE, "k", None, sha=named.sha, size=named.size))
    for blob in (named, loose):
        os.utime(store.blobs.path(blob.sha), (clock.now / 1000 - 3600 * 3, clock.now / 1000 - 3600 * 3))
    house = Housekeeping(store)
    for _ in range(2):
        await house.collect()
    assert store.blobs.path(named.sha).exists()
    assert not store.blobs.path(loose.sha).exists()
    clock.now += GRACE_MS + 1000
    await house.collect()
    assert store.blobs.read(named.sha) == b"named" * 100


@pytest.mark.parametrize(
    ("code", "what"), [(EVENT_JOB_MISSED, "missed"), (EVENT_JOB_MAX_INSTANCES, "overlapped"), (EVENT_JOB_ERROR, "failed")]
)
async def test_what_went_wrong_is_remembered_and_visible(store: Store, code: int, what: str) -> None:
    house = Housekeeping(store)
    error = DiskFull("No space left.") if what == "failed" else None
    house._note(JobExecutionEvent(code, "retain", "default", None, exception=error))
    [incident] = house.incidents
    assert (incident.job, incident.what) == ("retain", what)
    state = State(Reading(store), None)  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        while not (seen := await state.incidents()):
            await asyncio.sleep(0.01)
    assert (seen[0].job, seen[0].what, seen[0].error) == ("retain", what, "DiskFull: No space left." if error else None)


async def test_a_job_that_fails_or_overlaps_becomes_an_incident(store: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    house = Housekeeping(store)
    gate = asyncio.Event()

    async def fails() -> None:
        raise RuntimeError("broken on purpose")

    async def hangs() -> None:
        await gate.wait()

    monkeypatch.setattr(house, "_jobs", lambda: ((0.1, fails), (0.1, hangs)))
    house.start()
    await until(lambda: {incident.what for incident in house.incidents} == {"failed", "overlapped"})
    gate.set()
    await house.stop()
    told = {(incident.job, incident.what, incident.error) for incident in house.incidents}
    assert told == {("fails", "failed", "RuntimeError: broken on purpose"), ("hangs", "overlapped", None)}
    assert len(await State(Reading(store), None).incidents()) == len(house.incidents)  # type: ignore[arg-type]
    # The screen of the terminal UI is stderr's terminal too.
    assert capfd.readouterr() == ("", "")


async def test_incidents_do_not_grow_without_end(store: Store) -> None:
    house = Housekeeping(store)
    for number in range(250):
        house._note(JobExecutionEvent(EVENT_JOB_MISSED, f"job{number}", "default", None))
    assert len(house.incidents) == 100
    assert house.incidents[-1].job == "job249"
    house.start()
    await house.stop()
    seen = await State(Reading(store), None).incidents()  # type: ignore[arg-type]
    assert [incident.job for incident in seen] == [incident.job for incident in house.incidents]


async def test_stopping_waits_for_a_run_under_way_and_leaves_no_task(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    house = Housekeeping(store)
    before = asyncio.all_tasks()
    reached, gate, ended = asyncio.Event(), asyncio.Event(), []

    async def slow() -> None:
        reached.set()
        await gate.wait()
        await store.write(lambda tx: kv.put(tx, Namespace.LOCAL, "slow", b"done"))
        ended.append(True)

    def jobs() -> tuple[tuple[float, Callable[[], Awaitable[None]]], ...]:
        return ((0.05, slow),)

    monkeypatch.setattr(house, "_jobs", jobs)
    house.start()
    await reached.wait()
    stopping = asyncio.ensure_future(house.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    gate.set()
    async with asyncio.timeout(5):
        await stopping
    assert ended == [True]
    await asyncio.sleep(0)
    assert asyncio.all_tasks() - before == set()


async def test_stopping_what_never_started_is_nothing(store: Store) -> None:
    await Housekeeping(store).stop()
