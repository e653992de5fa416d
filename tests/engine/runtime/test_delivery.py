"""At-least-once delivery with exactly-once effects: duplicates, lost leases, conflicts, locks, stops, full disks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from engine.agents.context import Context
from engine.agents.outcome import Event
from engine.contract import keys
from engine.contract.events import EventName
from engine.intake.intake import Request
from store import locks, queues
from store.errors import DiskFull
from tests.simulation.agents import with_review
from tests.simulation.notes import write_notes
from tests.simulation.stage import Stage, behind, play
from tests.simulation.world import duplicate

FINALIZED = "pipeline.finalized"


async def paused(stage: Stage, name: str, *, paused: bool) -> None:
    await stage.store.write(lambda tx: queues.change(tx, name, paused=int(paused)))


@pytest.mark.parametrize("name", ["parse", "normalize", "audit", "classify", "ledger", "tax", "recon", "report", "observability"])
def test_a_message_delivered_three_times_has_its_effects_once(tmp_path: Path, name: str) -> None:
    async def scenario(stage: Stage) -> None:
        await paused(stage, name, paused=True)
        await stage.add(*write_notes(tmp_path, 1))
        while not await stage.one("SELECT count(*) FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.name=? AND state=0", name):
            await asyncio.sleep(0.1)
        assert await stage.store.write(duplicate) and await stage.store.write(duplicate)
        await paused(stage, name, paused=False)
        await stage.rest()
        assert stage.store.counters["deduped"] >= 2
        assert stage.store.counters[FINALIZED] == 1
        assert await stage.one("SELECT count(*) FROM report") == 1
        assert await stage.one("SELECT state FROM document") == "done"
        assert (await stage.rows("SELECT status, finished, total FROM job")) == [("report_ready", 1, 1)]

    play(tmp_path, scenario)


def test_a_paused_queue_is_not_run_through_in_memory(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await paused(stage, "classify", paused=True)
        await stage.add(*write_notes(tmp_path, 3))
        await asyncio.sleep(5)
        assert await stage.rows(
            "SELECT queue.name, count(*) FROM msg JOIN queue ON queue.id=msg.queue GROUP BY 1"
        ) == [("classify", 3)]
        await paused(stage, "classify", paused=False)
        await stage.rest()
        assert stage.store.counters[FINALIZED] == 3

    play(tmp_path, scenario)


@pytest.mark.parametrize("run_ahead", [True, False])
def test_first_deliveries_are_first_in_first_out(tmp_path: Path, run_ahead: bool) -> None:
    seen: list[str] = []

    async def note(event: Event, context: Context) -> None:
        seen.append(event.doc_id)

    async def scenario(stage: Stage) -> None:
        await stage.store.write(lambda tx: queues.change(tx, "audit", paused=1, concurrency=1))
        await stage.add(*write_notes(tmp_path, 20))
        await asyncio.sleep(5)
        waiting = [row[0] for row in await stage.rows("SELECT msg.doc FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.name='audit' ORDER BY msg.id")]
        assert len(waiting) == 20
        await paused(stage, "audit", paused=False)
        await stage.add(*write_notes(tmp_path, 20, first=21))
        await stage.rest()
        assert seen[:20] == waiting, "what came later overtook what waited"

    play(tmp_path, scenario, behind({EventName.DOC_NORMALIZED: note}), run_ahead=run_ahead)


def test_priority_goes_before_age(tmp_path: Path) -> None:
    seen: list[str] = []

    async def note(event: Event, context: Context) -> None:
        seen.append(event.trace_id)

    async def scenario(stage: Stage) -> None:
        await stage.store.write(lambda tx: queues.change(tx, "parse", paused=1, concurrency=1))
        low, _ = await stage.add(*write_notes(tmp_path, 20), priority="low")
        high, _ = await stage.add(*write_notes(tmp_path, 20, first=21), priority="high")
        await asyncio.sleep(5)
        await paused(stage, "parse", paused=False)
        await stage.rest()
        assert seen == [high] * 20 + [low] * 20

    play(tmp_path, scenario, behind({EventName.DOC_INGESTED: note}))


def test_the_two_halves_meet_once_whichever_is_first(tmp_path: Path) -> None:
    """Hop by hop both halves are at work at once: the commit of the later one sees what the earlier one kept, or it runs again."""
    for seed in range(12):
        folder = tmp_path / str(seed)
        folder.mkdir()

        async def scenario(stage: Stage, folder: Path = folder) -> None:
            await stage.add(*write_notes(folder, 4))
            await stage.rest()
            assert stage.store.counters[FINALIZED] == 4
            assert await stage.one("SELECT count(*) FROM step WHERE stage='A8' AND event=?", EventName.RECON_DONE.value) == 4
            assert not await stage.rows("SELECT key FROM kv WHERE key LIKE 'half:%'")

        play(folder, scenario, run_ahead=False, seed=seed)


def test_a_result_that_comes_after_its_lease_is_discarded(tmp_path: Path) -> None:
    calls: list[int] = []

    async def scenario(stage: Stage) -> None:
        async def lose(event: Event, context: Context) -> None:
            calls.append(context.wall_ms)
            if len(calls) == 1:
                assert await stage.end_lease()
                await asyncio.sleep(3)

        stage.registry = behind({EventName.DOC_NORMALIZED: lose})
        await stage.new_dispatcher().start()
        await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        assert len(calls) == 2
        assert stage.store.counters[FINALIZED] == 1
        assert await stage.rows("SELECT state FROM document") == [("done",)]
        assert await stage.rows("SELECT status, attempt FROM step WHERE stage='A4'") == [(1, 1)]

    play(tmp_path, scenario, start=False, run_ahead=False)


def test_a_locked_document_is_looked_at_again_after_a_minute_and_nothing_is_counted(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        path = write_notes(tmp_path, 1)[0]
        job = await stage.intake.open_job(request := Request(tenant="default"))
        [told] = [one async for one in stage.intake.add(job, request, [path])]
        name = keys.document_lock(told.doc or "")
        wall = stage.clock.wall_ms()
        await stage.store.write(lambda tx: locks.acquire(tx, wall, name, "somebody", 150_000))
        await stage.intake.close_job(job)
        await asyncio.sleep(30)
        assert await stage.one("SELECT state FROM document") == "waiting_lock"
        [(state, due, attempts, deliveries)] = await stage.rows("SELECT state, due, attempts, deliveries FROM msg")
        assert (state, attempts, deliveries) == (queues.State.DELAYED, 0, 0)
        assert 59_000 <= due - wall <= 61_000
        await stage.rest()
        assert await stage.one("SELECT state FROM document") == "done"
        assert (await stage.job(job)).skipped == stage.store.counters["skipped"] == 3
        assert stage.store.counters["retried"] == 0
        assert await stage.one("SELECT finished FROM document") - wall >= 150_000
        assert stage.store.counters["state:waiting_lock"] == 0
        assert not await stage.rows("SELECT 1 FROM lock WHERE owner IS NOT NULL")

    play(tmp_path, scenario)


def test_a_stop_gives_messages_back_as_if_nobody_had_taken_them(tmp_path: Path) -> None:
    async def hang(event: Event, context: Context) -> None:
        await asyncio.sleep(10**6)

    async def scenario(stage: Stage) -> None:
        await stage.add(*write_notes(tmp_path, 30))
        await asyncio.sleep(2)
        assert await stage.one("SELECT count(*) FROM msg WHERE state=2") > 0
        began = stage.clock.elapsed
        await stage.dispatcher.stop(grace_s=0.5)
        assert stage.clock.elapsed - began < 2
        rows = await stage.rows("SELECT DISTINCT state, deliveries, attempts, lease FROM msg")
        assert rows == [(queues.State.READY, 0, 0, 0)]
        stage.registry = behind({})
        await stage.new_dispatcher().start()
        await stage.rest()
        assert stage.store.counters[FINALIZED] == 30
        assert stage.store.counters["retried"] == 0

    play(tmp_path, scenario, behind({EventName.DOC_PARSED: hang}))


def test_a_message_claimed_along_with_a_commit_is_held_like_any_other(tmp_path: Path) -> None:
    """One place in the queue: the second message comes to the worker with the commit of the first. It hangs past its lease, then is stopped."""
    begun: list[str] = []

    async def hang_second(event: Event, context: Context) -> None:
        begun.append(event.doc_id)
        if len(begun) > 1:
            await asyncio.sleep(10**6)

    async def scenario(stage: Stage) -> None:
        registry = dict(behind({EventName.DOC_PARSED: hang_second}))
        patient = registry[EventName.DOC_PARSED]
        registry[EventName.DOC_PARSED] = replace(patient, patience=10.0**5)
        stage.registry = registry
        await stage.new_dispatcher().start()
        await stage.store.write(lambda tx: queues.change(tx, "normalize", paused=1, concurrency=1))
        await stage.add(*write_notes(tmp_path, 2))
        await asyncio.sleep(5)
        await paused(stage, "normalize", paused=False)
        await asyncio.sleep(300)
        assert len(begun) == 2, "its lease ended while it was at work"
        await stage.dispatcher.stop(grace_s=0.0)
        assert await stage.rows("SELECT DISTINCT state, deliveries, attempts FROM msg") == [(queues.State.READY, 0, 0)]

    play(tmp_path, scenario, start=False)


@pytest.mark.parametrize("seed", range(20))
def test_a_stop_at_any_moment_leaves_no_lease_behind(tmp_path: Path, seed: int) -> None:
    async def scenario(stage: Stage) -> None:
        adding = asyncio.ensure_future(stage.add(*write_notes(tmp_path, 6)))
        await asyncio.sleep(0.02 * (seed % 10))
        await stage.dispatcher.stop(grace_s=0.0)
        await adding
        assert not await stage.rows("SELECT id FROM msg WHERE state=2 OR deliveries<>attempts")
        await stage.new_dispatcher().start()
        await stage.rest()
        assert stage.store.counters[FINALIZED] == 6

    play(tmp_path, scenario, seed=seed)


def test_a_full_disk_stalls_and_nothing_is_lost(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        adding = asyncio.ensure_future(stage.add(*write_notes(tmp_path, 20)))
        await asyncio.sleep(0.1)
        stage.weather.full = True
        await asyncio.sleep(60)
        assert isinstance(stage.dispatcher.stalled or stage.intake.stalled, DiskFull)
        before = await stage.one("SELECT count(*) FROM step")
        await asyncio.sleep(60)
        assert await stage.one("SELECT count(*) FROM step") == before
        stage.weather.full = False
        freed = stage.clock.elapsed
        await adding
        await stage.rest()
        assert stage.clock.elapsed - freed < 5
        assert stage.dispatcher.stalled is None and stage.intake.stalled is None
        assert stage.store.counters[FINALIZED] == 20
        assert stage.store.counters["retried"] == stage.store.counters["dead_lettered"] == 0

    play(tmp_path, scenario)


def test_a_stop_while_the_disk_is_full_does_not_wait_for_space(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.add(*write_notes(tmp_path, 3))
        stage.weather.full = True
        await asyncio.sleep(5)
        began = stage.clock.elapsed
        await stage.dispatcher.stop(grace_s=2.0)
        assert stage.clock.elapsed - began < 5
        stage.weather.full = False

    play(tmp_path, scenario)


def test_a_wish_for_review_that_fails_does_not_touch_the_document(tmp_path: Path) -> None:
    """Nothing behind it leads to the report; before, the document stayed `retrying` for good."""
    async def fail(event: Event, context: Context) -> None:
        if event.name is EventName.CLASSIFICATION_NEEDS_REVIEW:
            raise RuntimeError("no")

    async def scenario(stage: Stage) -> None:
        registry = dict(behind({EventName.CLASSIFICATION_NEEDS_REVIEW: fail}))
        agent = registry[EventName.AUDIT_DONE]

        async def classify(event: Event, context: Context) -> object:
            return with_review(event, await agent.handle(event, context))

        registry[EventName.AUDIT_DONE] = replace(agent, handle=classify)  # type: ignore[arg-type]
        stage.registry = registry
        await stage.new_dispatcher().start()
        job, _ = await stage.add(*write_notes(tmp_path, 2))
        await stage.rest()
        assert await stage.rows("SELECT state, error_code FROM document") == [("done", None)] * 2
        assert await stage.one("SELECT count(*) FROM msg WHERE origin IS NOT NULL") == 2
        assert (await stage.job(job)).status == "report_ready"

    play(tmp_path, scenario, start=False)


def test_a_setting_that_changes_twice_at_once_ends_as_it_was_said_last(tmp_path: Path) -> None:
    for seed in range(10):
        folder = tmp_path / str(seed)
        folder.mkdir()

        async def scenario(stage: Stage, folder: Path = folder) -> None:
            for _ in range(3):
                await paused(stage, "parse", paused=True)
                await paused(stage, "parse", paused=False)
            await stage.add(*write_notes(folder, 1))
            await stage.rest(30)
            assert stage.store.counters[FINALIZED] == 1

        play(folder, scenario, seed=seed)


def test_a_counter_that_errs_does_not_keep_the_writer_busy(tmp_path: Path) -> None:
    """A database somebody has meddled with says that a message waits where none does."""

    async def scenario(stage: Stage) -> None:
        audit = await stage.one("SELECT id FROM queue WHERE name='audit'")
        await stage.store.write(lambda tx: tx.count(queues.counter(audit, queues.State.READY)))
        await asyncio.sleep(1.0)
        before = stage.store.writer.commits
        await asyncio.sleep(60.0)
        assert stage.store.writer.commits == before
        await stage.add(*write_notes(tmp_path, 3))
        await stage.rest()
        assert stage.store.counters[FINALIZED] == 3

    play(tmp_path, scenario)
