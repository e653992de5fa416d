"""What a person waits for overtakes a backfill: for the right to compute, for a place in a queue, and for the writer."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from engine.runtime.turn import Turn
from store.queues import Priority
from tests.engine.facade.conftest import build as build
from tests.engine.facade.house import NOTE, MakeHouse
from tests.simulation.notes import write_notes

OLD = 150


async def test_the_turn_goes_by_priority_then_to_who_comes_back_then_by_arrival() -> None:
    turn = Turn(time.monotonic)
    order: list[str] = []

    async def work(name: str, prio: int, *, aside: bool = False) -> None:
        await turn.take(prio)
        try:
            if aside:
                await turn.aside(asyncio.sleep(0))
            for _ in range(3):
                await asyncio.sleep(0)
            order.append(name)
        finally:
            turn.give()

    await turn.take(Priority.LOW)
    tasks = [
        asyncio.ensure_future(work(name, prio, aside=aside))
        for name, prio, aside in (
            ("low 1", Priority.LOW, False), ("low 2", Priority.LOW, False), ("normal 1", Priority.NORMAL, True), ("normal 2", Priority.NORMAL, False),
            ("high", Priority.HIGH, False),
        )
    ]  # fmt: skip
    await asyncio.sleep(0)
    turn.give()
    await asyncio.gather(*tasks)
    assert order == ["high", "normal 2", "normal 1", "low 1", "low 2"]


async def test_a_document_passes_a_hundred_and_fifty_of_a_backfill(build: MakeHouse, tmp_path: Path) -> None:
    async with build() as house:
        for queue in ("ingest", "parse"):
            await house.engine.queues.change(queue, {"paused": 1})
        old = await house.engine.jobs.open("default", source="backfill", priority="low")
        async for told in house.engine.jobs.add(old, "default", write_notes(tmp_path, OLD)):
            assert "error" not in told
        await house.engine.jobs.close(old)
        job = await house.add(Path("nfe") / NOTE)
        assert await house.rows("SELECT prio, count(*) FROM msg GROUP BY prio ORDER BY prio") == [(5, 1), (9, 2)]
        for queue in ("parse", "ingest"):
            await house.engine.queues.change(queue, {"paused": 0})
        await house.end(job)
        view = await house.engine.jobs.find(old)
        assert view is not None and view.finished < OLD / 2, (
            "sixteen at work when it comes, and whatever ends meanwhile"
        )
        await house.end(old)
