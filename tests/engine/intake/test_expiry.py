"""Messages past their retention: their documents rest as dead-lettered, their jobs end, and whatever brings the message back brings both back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from engine.contract import keys
from engine.intake.requeue import requeue_dead, requeue_message
from engine.outside import iso
from engine.runtime.slots import ensure_queues
from scheduler.housekeeping import Housekeeping
from store import locks, queues
from store.blobs import Blob
from store.queues import Draft
from store.records.jobs import Job
from tests.simulation.notes import write_notes
from tests.simulation.stage import Stage, play

DAYS_S = 24 * 3600.0


async def change(stage: Stage, queue: str, **settings: int) -> None:
    await stage.store.write(ensure_queues)
    await stage.store.write(lambda tx: queues.change(tx, queue, **settings))


async def standing(stage: Stage) -> list[Any]:
    return await stage.rows("SELECT state, error_code FROM document ORDER BY seq")


async def retain(stage: Stage) -> list[Job]:
    """The timer's run; returns the jobs it said have ended."""
    ended: list[Job] = []
    house = Housekeeping(stage.store)
    house.on_job_end = ended.append
    await house.retain()
    return ended


async def counted_right(stage: Stage) -> None:
    states = dict(await stage.rows("SELECT 'state:'||state, count(*) FROM document GROUP BY state"))
    assert {name: n for name, n in stage.store.counters.items() if name.startswith("state:") and n} == states


def test_a_document_whose_message_expired_rests_and_its_job_has_ended(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await change(stage, "audit", paused=1)
        job, [told] = await stage.add(*write_notes(tmp_path, 1))
        await asyncio.sleep(3 * DAYS_S)
        assert await retain(stage) == []
        assert await standing(stage) == [("processing", None)]
        await asyncio.sleep(2 * DAYS_S)
        [ended] = await retain(stage)
        assert (ended.id, ended.status, ended.finished, ended.failed) == (job, "dead_lettered", 1, 1)
        assert await standing(stage) == [("dead_lettered", "expired")]
        assert await stage.one("SELECT finished FROM document") is not None
        held = await stage.store.read(lambda connection: locks.held(connection, stage.clock.wall_ms()))
        assert keys.document_lock(told.doc or "") not in [lock.name for lock in held]
        [(queue, error, history)] = await stage.rows("SELECT queue.name, error_class, history FROM msg JOIN queue ON queue.id=msg.queue")
        assert (queue, error) == ("dlq.audit", "expired") and len(json.loads(history)) == 1
        assert await stage.rows("SELECT stage, event, error FROM step WHERE status=3") == [
            ("A4", "evt.doc.normalized", "older than its queue keeps messages")
        ]
        await counted_right(stage)
        assert await retain(stage) == []

    play(tmp_path, scenario)


@pytest.mark.parametrize("by", ["document", "message"])
def test_a_requeue_takes_it_back_and_it_reaches_its_report(tmp_path: Path, by: str) -> None:
    async def scenario(stage: Stage) -> None:
        await change(stage, "audit", paused=1)
        job, [told] = await stage.add(*write_notes(tmp_path, 1))
        await asyncio.sleep(5 * DAYS_S)
        await retain(stage)
        letter = await stage.one("SELECT id FROM msg")
        now, wall = stage.clock.steady_ms(), stage.clock.wall_ms()
        assert told.doc is not None
        doc = told.doc
        if by == "document":
            assert await stage.store.write(lambda tx: requeue_dead(tx, now, wall, doc)) is None
        else:
            assert await stage.store.write(lambda tx: requeue_message(tx, now, wall, letter)) is None
        assert await standing(stage) == [("queued", None)]
        assert await retain(stage) == [], "it is as old as its way back, not as its beginning"
        assert (await stage.job(job)).status == "processing"
        await change(stage, "audit", paused=0)
        await stage.rest()
        assert await standing(stage) == [("done", None)]
        ended = await stage.job(job)
        assert (ended.status, ended.finished, ended.failed) == ("report_ready", 1, 0)
        await counted_right(stage)

    play(tmp_path, scenario)


def test_documents_that_the_planner_never_saw_rest_and_come_back_with_its_message(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await change(stage, "ingest", paused=1)
        job, _ = await stage.add(*write_notes(tmp_path, 3))
        await asyncio.sleep(5 * DAYS_S)
        [ended] = await retain(stage)
        assert (ended.id, ended.status, ended.failed) == (job, "dead_lettered", 3)
        assert await standing(stage) == [("dead_lettered", "expired")] * 3
        letter = await stage.one("SELECT id FROM msg")
        now, wall = stage.clock.steady_ms(), stage.clock.wall_ms()
        assert await stage.store.write(lambda tx: requeue_message(tx, now, wall, letter)) is None
        assert await standing(stage) == [("queued", None)] * 3
        assert (await stage.job(job)).status == "processing"
        await change(stage, "ingest", paused=0)
        await stage.rest()
        assert await standing(stage) == [("done", None)] * 3
        assert (await stage.job(job)).status == "report_ready"
        await counted_right(stage)

    play(tmp_path, scenario)


def test_the_same_file_again_takes_it_back(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await change(stage, "ingest", paused=1)
        paths = write_notes(tmp_path, 1)
        first, _ = await stage.add(*paths)
        await asyncio.sleep(5 * DAYS_S)
        await retain(stage)
        second, [again] = await stage.add(*paths)
        assert (again.already, again.state) == (True, "queued")
        await change(stage, "ingest", paused=0)
        await stage.rest()
        assert await standing(stage) == [("done", None)]
        assert {(await stage.job(job)).status for job in (first, second)} == {"report_ready"}

    play(tmp_path, scenario)


def message(name: str, doc: str, moment: str) -> bytes:
    headers = {"traceId": "job-1", "docId": doc, "idempotencyKey": f"{doc}:x", "attempt": 0, "timestamp": moment}
    return json.dumps({"name": name, "headers": headers, "payload": {}, "version": 1}).encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("evt.classification.needs_review", [("processing", None)]),
        ("evt.recon.done", [("dead_lettered", "expired")]),
        (None, [("dead_lettered", "expired")]),
    ],
    ids=["beside the way", "on the way", "not readable"],
)
@pytest.mark.parametrize("large", [False, True], ids=["inline", "blob"])
def test_what_was_beside_the_way_to_the_report_says_nothing_about_the_document(
    tmp_path: Path, body: str | None, expected: list[Any], large: bool
) -> None:
    async def scenario(stage: Stage) -> None:
        await change(stage, "audit", paused=1, retention_ms=int(30 * DAYS_S * 1000))
        await change(stage, "report", paused=1)
        _, [told] = await stage.add(*write_notes(tmp_path, 1))
        await asyncio.sleep(60)
        doc = told.doc or ""
        content = b"no envelope" if body is None else message(body, doc, iso(stage.clock.wall_ms()))
        blob: Blob | None = await stage.store.blobs.put(content) if large else None

        def send(tx: Any) -> None:
            queue = queues.by_name(tx, "report")
            assert queue is not None
            inline, sha = (content, None) if blob is None else (None, blob.sha)
            queues.send(tx, stage.clock.steady_ms(), [Draft(queue=queue.id, body=inline, sha=sha, trace="job-1", doc=doc)])

        await stage.store.write(send)
        await asyncio.sleep(5 * DAYS_S)
        await retain(stage)
        assert await standing(stage) == expected

    play(tmp_path, scenario)
