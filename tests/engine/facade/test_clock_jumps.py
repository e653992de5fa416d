"""The wall clock jumps while documents are at work: nothing is lost, nothing runs twice, and what lives by the wall clock follows it."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

import pytest

from engine.contract.events import EventName
from engine.outside import Outside, SystemClock
from engine.runtime.registry import production
from scheduler.housekeeping import Housekeeping
from tests.engine.facade.house import NOTE, Gate, House, MakeHouse

HOUR_MS = 3600 * 1000
DAY_MS = 24 * HOUR_MS
HELD = EventName.DOC_NORMALIZED
OTHER = "nfe/v3.10_Retrato.xml"


class Jumping(SystemClock):
    """The machine's clocks, of which the wall clock can be set."""

    def __init__(self) -> None:
        super().__init__()
        self.jump_ms = 0

    def wall_ms(self) -> int:
        return super().wall_ms() + self.jump_ms


async def housekept(house: House) -> None:
    """What the timers do within a minute."""
    keeping = Housekeeping(house.store)
    for job in (keeping.sweep_all, keeping.promote, keeping.renew_locks, keeping.retain, keeping.collect):
        await job()


@pytest.mark.parametrize("jump_ms", [HOUR_MS, -HOUR_MS, 400 * DAY_MS, -400 * DAY_MS])
async def test_a_document_at_work_ends_once_and_others_follow(build: MakeHouse, jump_ms: int) -> None:
    clock = Jumping()
    outside = Outside(clock, lambda: str(uuid.uuid4()), random.Random(1))
    gate = Gate(production()[HELD].handle)
    async with build(agents={HELD: gate}, outside=outside) as house:
        job = await house.add(Path("nfe") / NOTE)
        await gate.reached.wait()
        clock.jump_ms = jump_ms
        await housekept(house)
        assert await house.rows("SELECT count(*) FROM msg WHERE state=2") == [(1,)], "the lease is of the steady clock"
        gate.opened.set()
        await house.end(job)
        await house.end(await house.add(OTHER))
        clock.jump_ms = 0
        await housekept(house)
        again = await house.process(Path("nfe") / NOTE, OTHER)
        assert [one["state"] for one in again] == ["done", "done"]
        assert await house.rows("SELECT count(*), count(DISTINCT doc) FROM report") == [(2, 2)]
        assert await house.rows("SELECT count(*) FROM msg") == [(0,)], "no dead letter, nothing stuck"
        assert await house.rows("SELECT count(*) FROM step WHERE status<>1 OR attempt>1") == [(0,)]
        finalized = await house.rows("SELECT n FROM counter WHERE name='pipeline.finalized'")
        assert finalized == [(2,)]
        assert await house.rows("SELECT count(*) FROM lock WHERE owner IS NOT NULL") == [(0,)]


async def test_keys_live_by_the_wall_clock_and_reports_do_not_end_with_their_keys(build: MakeHouse) -> None:
    clock = Jumping()
    async with build(outside=Outside(clock, lambda: str(uuid.uuid4()), random.Random(1))) as house:
        [document] = await house.process(Path("nfe") / NOTE)
        assert [one.key for one in (await house.engine.state.keys(prefix="report:"))[0]] == [
            f"report:{document['docId']}"
        ]
        clock.jump_ms = 8 * DAY_MS
        assert (await house.engine.state.keys(prefix="report:"))[0] == ()
        await housekept(house)
        clock.jump_ms = 0
        assert (await house.engine.state.keys(prefix="report:"))[0] == (), (
            "what was swept is gone, as it would be after the real time"
        )
        assert await house.rows("SELECT doc FROM report") == [(document["docId"],)]
        assert await house.engine.documents.report(document["docId"]) is not None


async def test_a_sweep_after_a_jump_of_years_goes_in_bites(build: MakeHouse) -> None:
    clock = Jumping()
    async with build(work=False, outside=Outside(clock, lambda: str(uuid.uuid4()), random.Random(1))) as house:
        for number in range(1200):
            await house.engine.state.put(f"key:{number}", b"x", ttl_s=DAY_MS)
        clock.jump_ms = 400_000 * DAY_MS
        before = house.store.counters["expired"]
        assert await house.store.sweep(), "there is more"
        assert 0 < house.store.counters["expired"] - before <= 500
        await Housekeeping(house.store).sweep_all()
        assert house.store.counters["expired"] - before == 1200
