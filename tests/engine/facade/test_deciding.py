"""Decisions are kept with who made them, and the last can be taken back for 10 seconds."""

from __future__ import annotations

import asyncio

import pytest

from engine.contract.events import EventName
from engine.facade.commands import ChangeQueue, PauseWatch
from engine.outside import Outside
from store import locks, sweep
from store.records import decisions
from tests.engine.facade.house import House, MakeHouse, broken
from tests.engine.facade.test_clock_jumps import Jumping
from tests.engine.facade.test_commands import FILE, codes, counted_right, dead

DAY_MS = 24 * 3600 * 1000


async def paused(house: House, queue: str = "audit") -> bool:
    return next(bool(one.paused) for one in await house.engine.queues.everyone() if one.name == queue)


async def expiries(house: House, prefix: str) -> list[int | None]:
    return [row[0] for row in await house.rows("SELECT exp FROM kv WHERE key LIKE ? ORDER BY key", f"{prefix}%")]


async def test_the_last_decision_is_taken_back_and_then_the_one_before(idle: House) -> None:
    await idle.engine.queues.pause("audit")
    await idle.engine.queues.change("parse", {"concurrency": 3, "batch": 2})
    undone = await idle.engine.decisions.undo()
    assert (undone.done, undone.data) == (1, {"verb": "set", "subject": "parse", "who": "ana, tests"})
    assert [(one.concurrency, one.batch) for one in await idle.engine.queues.everyone() if one.name == "parse"] != [(3, 2)]
    assert await paused(idle)
    assert (await idle.engine.decisions.undo()).data["verb"] == "pause"
    assert not await paused(idle)
    assert codes(await idle.engine.decisions.undo()) == [("undo", "NX-F14")]
    told = [(one.who, one.verb, one.subject, one.undone_ms is not None) for one in await idle.engine.decisions.newest()]
    assert told == [
        ("ana, tests", "undo", "pause audit", False), ("ana, tests", "undo", "set parse", False), ("ana, tests", "set", "parse", True),
        ("ana, tests", "pause", "audit", True),
    ]  # fmt: skip


async def test_who_asks_through_the_socket_is_who_decides(idle: House) -> None:
    await idle.engine.queues._executing.execute(ChangeQueue(queue="audit", settings={"paused": 1}), "bruno, tui")
    assert [one.who for one in await idle.engine.decisions.newest()] == ["bruno, tui"]


async def test_a_dropped_letter_comes_back_whole(build: MakeHouse) -> None:
    async with build(agents={EventName.DOC_NORMALIZED: broken}) as house:
        _, message = await dead(house)
        before = await house.rows("SELECT * FROM msg")
        assert (await house.engine.queues.drop([message])).done == 1
        assert (await house.engine.decisions.undo()).done == 1
        assert await house.rows("SELECT * FROM msg") == before
        await counted_right(house)


async def test_a_purged_queue_comes_back_whole(idle: House) -> None:
    await idle.add(FILE, "nfe/nfce.xml")
    waiting = await idle.rows("SELECT id, queue, body, attempts, prio, run, created FROM msg ORDER BY id")
    assert (await idle.engine.queues.purge("ingest")).done == 1
    assert await idle.engine.documents.count("state:cancelled", "*") == 2
    assert (await idle.engine.decisions.undo()).done == 1
    assert await idle.rows("SELECT id, queue, body, attempts, prio, run, created FROM msg ORDER BY id") == waiting
    assert await idle.engine.documents.count("state:cancelled", "*") == 0
    await counted_right(idle)


@pytest.mark.parametrize("jump_ms", [10_001, DAY_MS, -10_500, -DAY_MS])
async def test_after_10_seconds_it_is_too_late_whichever_way_the_clock_went(build: MakeHouse, jump_ms: int) -> None:
    clock = Jumping()
    system = Outside.system()
    async with build(work=False, outside=Outside(clock, system.new_id, system.chance)) as house:
        await house.engine.queues.pause("audit")
        clock.jump_ms = jump_ms
        late = await house.engine.decisions.undo()
        assert codes(late) == [("undo", "NX-F15")] and "resume" in late.refused[0].hint
        assert await paused(house)
        clock.jump_ms = 0
        assert (await house.engine.decisions.undo()).done == 1


async def test_what_was_changed_again_since_stays_and_the_next_undo_looks_further_back(idle: House) -> None:
    await idle.engine.queues.pause("audit")
    await idle.engine.queues.change("parse", {"concurrency": 3})
    # Somebody else, by a way that keeps no decision.
    await idle.store.write(lambda tx: tx.execute("UPDATE queue SET concurrency=7 WHERE name='parse'"))
    assert codes(await idle.engine.decisions.undo()) == [("parse", "NX-F16")]
    assert [one.concurrency for one in await idle.engine.queues.everyone() if one.name == "parse"] == [7]
    assert (await idle.engine.decisions.undo()).data["subject"] == "audit"


async def test_lifetimes_of_many_keys_come_back_as_they_were(idle: House) -> None:
    state = idle.engine.state
    for number in range(450):
        await state.put(f"many:{number:03}", b"x", space="local", ttl_s=None if number % 2 else 600 + number)
    before = await expiries(idle, "many:")
    assert (await state.expire_all("many:", 3600, "local")).undo == "undo"
    await state.put("many:007", b"y", space="local", ttl_s=60)
    changed = await expiries(idle, "many:007")
    undone = await idle.engine.decisions.undo()
    assert (undone.done, codes(undone)) == (449, [("many:007", "NX-F16")])
    assert await expiries(idle, "many:") == [*before[:7], *changed, *before[8:]]
    assert codes(await idle.engine.decisions.undo()) == [("undo", "NX-F14")], "the steps of a command are undone together"


async def test_a_key_that_expired_by_mistake_is_there_again(build: MakeHouse) -> None:
    clock = Jumping()
    system = Outside.system()
    async with build(work=False, outside=Outside(clock, system.new_id, system.chance)) as house:
        await house.engine.state.put("a", b"x", space="local")
        await house.engine.state.expire("a", 1, "local")
        clock.jump_ms = 2000
        assert await house.engine.state.value("a", "local") is None
        assert (await house.engine.decisions.undo()).done == 1
        assert await house.engine.state.value("a", "local") is not None


async def test_two_undos_at_once_take_a_decision_back_once(idle: House) -> None:
    await idle.engine.queues.pause("audit")
    results = await asyncio.gather(*(idle.engine.decisions.undo() for _ in range(5)))
    assert sorted(one.done for one in results) == [0, 0, 0, 0, 1]
    assert not await paused(idle)


async def test_a_decision_that_fails_leaves_none(idle: House) -> None:
    await idle.engine.queues.pause("adit")
    await idle.engine.queues.drop([99])
    await idle.engine.queues._executing.execute(PauseWatch(directory=b"/nowhere", paused=True))
    assert await idle.engine.decisions.newest() == ()


async def test_a_lock_that_is_released_by_hand_is_kept_with_who_did_it(idle: House) -> None:
    name = "lock:doc:x"
    await idle.store.write(lambda tx: locks.acquire(tx, idle.store.clock.wall_ms(), name, "gone", 60_000))
    await idle.engine.state.release([name], force=True)
    assert [(one.who, one.verb, one.subject, one.undoable) for one in await idle.engine.decisions.newest()] == [("ana, tests", "release", name, False)]


async def test_decisions_are_swept_after_30_days(build: MakeHouse) -> None:
    clock = Jumping()
    system = Outside.system()
    async with build(work=False, outside=Outside(clock, system.new_id, system.chance)) as house:
        await house.engine.queues.pause("audit")
        clock.jump_ms = decisions.KEPT_MS - 5000
        while await house.store.sweep():
            pass
        assert len(await house.engine.decisions.newest()) == 1
        clock.jump_ms = decisions.KEPT_MS + 5000
        assert await house.store.read(sweep.next_expiry) is not None
        while await house.store.sweep():
            pass
        assert await house.engine.decisions.newest() == ()
