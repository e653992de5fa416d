"""Bytes that are known: the same document under another job, whatever state it is in; and jobs that a crash left open."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.agents.context import Context
from engine.agents.outcome import Event
from engine.contract.events import EventName
from engine.intake.intake import Request
from store import bin as dropped
from tests.simulation.notes import write_notes
from tests.simulation.stage import Stage, behind, play


def test_the_same_path_twice_in_a_job_counts_once(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        [path] = write_notes(tmp_path, 1)
        job, told = await stage.add(path, path)
        await stage.rest()
        assert [one.already for one in told] == [False, False] and told[0].doc == told[1].doc
        assert ((await stage.job(job)).total, (await stage.job(job)).finished) == (1, 1)
        assert stage.store.counters["pipeline.finalized"] == 1

    play(tmp_path, scenario)


def test_the_same_bytes_under_two_names_are_one_document_that_arrived_twice(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        [path] = write_notes(tmp_path, 1)
        other = tmp_path / "copy.xml"
        other.write_bytes(path.read_bytes())
        job, told = await stage.add(path, other)
        await stage.rest()
        assert told[0].doc == told[1].doc
        assert await stage.one("SELECT count(*) FROM document") == 1
        assert await stage.one("SELECT count(*) FROM source") == 2
        ended = await stage.job(job)
        assert (ended.total, ended.finished, ended.status) == (2, 2, "report_ready")

    play(tmp_path, scenario)


def test_a_document_that_is_done_is_told_as_such_and_the_job_has_ended(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        [path] = write_notes(tmp_path, 1)
        _, [first] = await stage.add(path)
        await stage.rest()
        job, [again] = await stage.add(path)
        assert (again.doc, again.already, again.state) == (first.doc, True, "done")
        ended = await stage.job(job)
        assert (ended.status, ended.total, ended.finished) == ("report_ready", 1, 1)
        await stage.rest()
        assert stage.store.counters["pipeline.finalized"] == 1

    play(tmp_path, scenario)


def test_a_document_at_work_is_joined_and_both_jobs_end(tmp_path: Path) -> None:
    async def slow(event: Event, context: Context) -> None:
        await asyncio.sleep(5)

    async def scenario(stage: Stage) -> None:
        [path] = write_notes(tmp_path, 1)
        one, _ = await stage.add(path)
        await asyncio.sleep(1)
        two, [again] = await stage.add(path)
        assert again.already and again.state in ("queued", "processing")
        assert (await stage.job(two)).status == "processing"
        await stage.rest()
        assert {(await stage.job(job)).status for job in (one, two)} == {"report_ready"}
        assert {job.id for job in stage.ended} == {one, two}
        assert stage.store.counters["pipeline.finalized"] == 1

    play(tmp_path, scenario, behind({EventName.DOC_PARSED: slow}))


def test_a_dead_lettered_document_is_tried_again_where_it_failed(tmp_path: Path) -> None:
    broken = [True]
    ingested: list[str] = []

    async def fail(event: Event, context: Context) -> None:
        if broken[0]:
            raise RuntimeError("no")

    async def count(event: Event, context: Context) -> None:
        ingested.append(event.doc_id)

    async def scenario(stage: Stage) -> None:
        [path] = write_notes(tmp_path, 1)
        one, _ = await stage.add(path)
        await stage.rest()
        assert (await stage.job(one)).status == "dead_lettered"
        broken[0] = False
        two, [again] = await stage.add(path)
        assert (again.already, again.state) == (True, "queued")
        await stage.rest()
        assert len(ingested) == 1
        for job in (one, two):
            ended = await stage.job(job)
            assert (ended.status, ended.total, ended.finished, ended.failed) == ("report_ready", 1, 1, 0)
        assert not await stage.rows("SELECT id FROM msg")

    play(tmp_path, scenario, behind({EventName.DOC_NORMALIZED: fail, EventName.DOC_INGESTED: count}))


def test_a_document_whose_dead_letter_was_dropped_starts_over(tmp_path: Path) -> None:
    broken = [True]

    async def fail(event: Event, context: Context) -> None:
        if broken[0]:
            raise RuntimeError("no")

    async def scenario(stage: Stage) -> None:
        [path] = write_notes(tmp_path, 1)
        one, _ = await stage.add(path)
        await stage.rest()
        now = stage.clock.steady_ms()
        await stage.store.write(lambda tx: dropped.discard(tx, now, [row[0] for row in tx.rows("SELECT id FROM msg")]))
        broken[0] = False
        two, [again] = await stage.add(path)
        assert again.already
        await stage.rest()
        assert await stage.one("SELECT state FROM document") == "done"
        assert {(await stage.job(job)).status for job in (one, two)} == {"report_ready"}
        assert stage.store.counters["pipeline.finalized"] == 1

    play(tmp_path, scenario, behind({EventName.DOC_NORMALIZED: fail}))


def test_a_job_that_a_crash_left_open_is_finished_at_the_next_start(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        job = await stage.intake.open_job(request := Request(tenant="default"))
        told = [one async for one in stage.intake.add(job, request, write_notes(tmp_path, 3))]
        assert len(told) == 3
        await asyncio.sleep(100)
        assert await stage.rows("SELECT DISTINCT state FROM document") == [("queued",)]
        assert await stage.intake.recover() == 1
        await stage.rest()
        ended = await stage.job(job)
        assert (ended.status, ended.total, ended.finished) == ("report_ready", 3, 3)
        assert await stage.intake.recover() == 0

    play(tmp_path, scenario)


def test_a_large_job_is_planned_while_it_comes_in_and_in_chunks(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        job, told = await stage.add(*write_notes(tmp_path, 230))
        await stage.rest()
        assert len(told) == 230
        events = [row[0] for row in await stage.rows("SELECT event FROM step WHERE stage='A0' ORDER BY event")]
        assert events == [f"{job}:pipeline", f"{job}:pipeline:100", f"{job}:pipeline:200"]
        assert (await stage.job(job)).finished == 230
        assert stage.store.counters["pipeline.finalized"] == 230

    play(tmp_path, scenario)
