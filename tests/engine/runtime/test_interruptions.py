"""What happens to documents over which the process died: one at a time, then alone, then given up."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.agents.context import Context
from engine.agents.outcome import Event
from engine.contract.events import EventName
from engine.runtime import policy
from store import queues
from tests.simulation.notes import write_notes
from tests.simulation.stage import Stage, behind, play

FINALIZED = "pipeline.finalized"


async def paused(stage: Stage, name: str, *, paused: bool) -> None:
    await stage.store.write(lambda tx: queues.change(tx, name, paused=int(paused)))


async def interrupted(stage: Stage, times: int) -> None:
    """All messages look as if the process had died over them."""
    await stage.store.write(lambda tx: tx.execute("UPDATE msg SET deliveries=? WHERE doc IS NOT NULL", (times,)).fetchall())


async def stopped_at_parse(stage: Stage, folder: Path, count: int) -> list[str]:
    await stage.dispatcher.start()
    await paused(stage, "parse", paused=True)
    _, told = await stage.add(*write_notes(folder, count))
    await asyncio.sleep(5)
    await stage.dispatcher.stop()
    return [one.doc or "" for one in told]


def test_a_document_that_was_cut_off_five_times_runs_alone(tmp_path: Path) -> None:
    at_work: set[str] = set()
    beside: list[set[str]] = []
    suspects: set[str] = set()

    async def watch(event: Event, context: Context) -> None:
        at_work.add(event.doc_id)
        if event.doc_id in suspects:
            beside.append(set(at_work))
            await asyncio.sleep(1)
            beside.append(set(at_work))
        else:
            await asyncio.sleep(0.01)
        at_work.discard(event.doc_id)

    async def scenario(stage: Stage) -> None:
        docs = await stopped_at_parse(stage, tmp_path, 12)
        suspects.update((docs[2], docs[3], docs[9]))
        await stage.store.write(
            lambda tx: [tx.execute("UPDATE msg SET deliveries=? WHERE doc=?", (policy.MOST_INTERRUPTIONS, doc)).fetchall() for doc in sorted(suspects)]
        )
        stage.registry = behind({EventName.DOC_INGESTED: watch})
        await stage.new_dispatcher().start()
        await paused(stage, "parse", paused=False)
        await stage.rest()
        assert len(beside) == 6 and all(len(there) == 1 for there in beside), beside
        assert stage.store.counters[FINALIZED] == 12

    play(tmp_path, scenario, start=False)


def test_of_the_documents_that_were_cut_off_one_is_at_work_at_a_time(tmp_path: Path) -> None:
    """So a death soon after the start, of whatever cause, is held against one of them and not against all."""
    suspects: set[str] = set()
    at_work: set[str] = set()
    most: list[int] = []
    leased: list[int] = []

    async def watch(event: Event, context: Context) -> None:
        at_work.add(event.doc_id)
        most.append(len(at_work & suspects))
        await asyncio.sleep(0.1)
        at_work.discard(event.doc_id)

    async def scenario(stage: Stage) -> None:
        docs = await stopped_at_parse(stage, tmp_path, 20)
        suspects.update(docs[1::2])
        await stage.store.write(lambda tx: [tx.execute("UPDATE msg SET deliveries=2 WHERE doc=?", (doc,)).fetchall() for doc in sorted(suspects)])
        stage.registry = behind({EventName.DOC_INGESTED: watch, EventName.AUDIT_DONE: watch})
        await stage.new_dispatcher().start()
        await paused(stage, "parse", paused=False)
        for _ in range(100):
            leased.append(await stage.one("SELECT count(*) FROM msg WHERE state=2 AND deliveries>1"))
            await asyncio.sleep(0.02)
        await stage.rest()
        assert stage.store.counters[FINALIZED] == 20
        assert max(most) == max(leased) == 1

    play(tmp_path, scenario, start=False)


def test_a_document_that_was_cut_off_once_more_is_a_dead_letter_called_crashed(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stopped_at_parse(stage, tmp_path, 2)
        await interrupted(stage, policy.MOST_INTERRUPTIONS + 1)
        await stage.new_dispatcher().start()
        await paused(stage, "parse", paused=False)
        await stage.rest()
        assert await stage.rows("SELECT DISTINCT error_class FROM msg") == [("NX-A04 Interrupted",)]
        assert await stage.rows("SELECT DISTINCT state FROM document") == [("dead_lettered",)]
        assert await stage.rows("SELECT status, failed FROM job") == [("dead_lettered", 2)]

    play(tmp_path, scenario, start=False)
