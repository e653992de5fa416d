"""Failures of agents: tried again with full jitter, exactly as often as the agent allows, then dead letters that tell the whole story."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.agents.context import Context
from engine.agents.outcome import Event
from engine.contract.events import EventName
from engine.errors import ExtractionCrashed
from engine.intake.intake import Request
from engine.intake.requeue import requeue_dead, requeue_message
from engine.runtime import policy
from engine.runtime.registry import production
from store import queues
from tests.simulation.notes import write_notes
from tests.simulation.stage import Before, Stage, behind, play

DEAD = (
    "SELECT msg.id, msg.attempts, msg.run, msg.error_class, msg.error, msg.fingerprint, msg.history, origin.name, queue.name "
    "FROM msg JOIN queue ON queue.id=msg.queue JOIN queue origin ON origin.id=msg.origin ORDER BY msg.id"
)
HANDLED = [name for name in EventName if name not in (EventName.PIPELINE_REQUESTED, EventName.CLASSIFICATION_NEEDS_REVIEW)]


class Broken(Exception):
    """An agent's failure."""


class Fault:
    """Raises the first `times` times; counts every call."""

    def __init__(self, times: int = 10**9, only: Callable[[Event], bool] = lambda event: True) -> None:
        self.times = times
        self.calls = 0
        self._only = only

    async def __call__(self, event: Event, context: Context) -> None:
        if not self._only(event):
            return
        self.calls += 1
        if self.calls <= self.times:
            raise Broken("no reason")


def broken(name: EventName, before: Before) -> Any:
    return behind({name: before})


@pytest.mark.parametrize("name", HANDLED)
@pytest.mark.parametrize("run_ahead", [True, False], ids=["ahead", "hop by hop"])
def test_an_agent_that_always_fails_is_called_exactly_its_most_times(tmp_path: Path, name: EventName, run_ahead: bool) -> None:
    fault = Fault()
    most = production()[name].spec.max_attempts

    async def scenario(stage: Stage) -> None:
        job, _ = await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        assert fault.calls == most
        [(_, attempts, run, error_class, error, fingerprint, history, origin, queue)] = await stage.rows(DEAD)
        assert (attempts, run) == (most, 0)
        assert error_class == "NX-A02 Broken" and error == "no reason" and len(fingerprint) == 16
        assert queue == f"dlq.{origin}"
        assert [told["error"] for told in json.loads(history)] == ["NX-A02 Broken"] * most
        assert await stage.one("SELECT state FROM document") == "dead_lettered"
        assert await stage.one("SELECT count(*) FROM lock WHERE owner IS NOT NULL") == 0
        assert (await stage.job(job)).status == "dead_lettered"
        assert [ended.id for ended in stage.ended] == [job]

    play(tmp_path, scenario, broken(name, fault), run_ahead=run_ahead)


@pytest.mark.parametrize("name", [name for name in HANDLED if production()[name].spec.max_attempts > 1])
def test_the_last_attempt_may_still_succeed(tmp_path: Path, name: EventName) -> None:
    most = production()[name].spec.max_attempts
    fault = Fault(most - 1)

    async def scenario(stage: Stage) -> None:
        job, _ = await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        assert fault.calls == most
        assert await stage.rows("SELECT state, error_code, error FROM document") == [("done", None, None)]
        assert await stage.one("SELECT count(*) FROM report") == 1
        assert stage.store.counters["pipeline.finalized"] == 1
        assert (await stage.job(job)).status == "report_ready"

    play(tmp_path, scenario, broken(name, fault))


def test_waits_between_attempts_are_full_jitter_below_a_doubling_ceiling(tmp_path: Path) -> None:
    at: list[int] = []
    waits: set[int] = set()

    async def note(event: Event, context: Context) -> None:
        at.append(context.wall_ms)
        raise Broken

    for seed in range(1, 7):
        at.clear()
        folder = tmp_path / str(seed)
        folder.mkdir()

        async def scenario(stage: Stage, folder: Path = folder) -> None:
            await stage.add(*write_notes(folder, 1))
            await stage.rest()

        play(folder, scenario, broken(EventName.DOC_NORMALIZED, note), seed=seed)
        assert len(at) == 5
        for attempt, (before, after) in enumerate(pairwise(at)):
            assert 0 < after - before <= 1000 * 2**attempt + 100
            waits.add(after - before)
    assert len(waits) > 20


def test_backoff_is_bounded_by_the_longest_of_the_queue() -> None:
    class Highest:
        def randint(self, low: int, high: int) -> int:
            return high

    queue = queues.Queue(1, "parse", 16, backoff_ms=1000, backoff_max_ms=600_000)
    chance: Any = Highest()
    assert [policy.backoff_ms(queue, attempts, chance) for attempts in (0, 1, 2, 9, 10, 500)] == [1000, 2000, 4000, 512_000, 600_000, 600_000]


@pytest.mark.parametrize("name", [EventName.DOC_INGESTED, EventName.ASSISTANT_READY])
def test_an_agent_that_hangs_is_timed_out(tmp_path: Path, name: EventName) -> None:
    began: list[int] = []

    async def hang(event: Event, context: Context) -> None:
        began.append(context.wall_ms)
        await asyncio.sleep(10**6)

    async def scenario(stage: Stage) -> None:
        spec = production()[name].spec
        await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        [(_, attempts, _, error_class, error, *_)] = await stage.rows(DEAD)
        assert attempts == spec.max_attempts == len(began)
        assert error_class == "NX-A01 AgentTimeout" and str(spec.timeout_ms) in error
        assert await stage.one("SELECT count(*) FROM lock WHERE owner IS NOT NULL") == 0
        died = await stage.one("SELECT finished FROM document")
        assert spec.timeout_ms <= died - began[-1] < spec.timeout_ms + 1000

    play(tmp_path, scenario, broken(name, hang))


def test_the_time_the_sandbox_takes_is_not_the_agents(tmp_path: Path) -> None:
    heavy = write_notes(tmp_path, 1)[0]
    heavy.write_bytes(heavy.read_bytes() + b"<!--" + b" " * 70_000 + b"-->")

    async def scenario(stage: Stage) -> None:
        stage.extractor.seconds = 300.0
        await stage.add(heavy)
        await stage.rest()
        assert await stage.one("SELECT state FROM document") == "done"
        assert stage.store.counters["retried"] == 0
        # Longer than five leases: they were renewed, or it would have been delivered again.
        assert await stage.rows("SELECT max(attempt) FROM step") == [(1,)]
        assert stage.store.counters["deduped"] == 0

    play(tmp_path, scenario)


def test_a_poisoned_document_does_not_hold_up_its_neighbours(tmp_path: Path) -> None:
    poisoned: set[str] = set()
    fault = Fault(only=lambda event: event.doc_id in poisoned)

    async def scenario(stage: Stage) -> None:
        paths = write_notes(tmp_path, 40)
        request = Request(tenant="default")
        job = await stage.intake.open_job(request)
        told = [one async for one in stage.intake.add(job, request, paths)]
        poisoned.add(told[20].doc or "")
        await stage.intake.close_job(job)
        began = stage.clock.wall_ms()
        await stage.rest()
        states = dict(await stage.rows("SELECT state, count(*) FROM document GROUP BY state"))
        assert states == {"done": 39, "dead_lettered": 1}
        last = await stage.one("SELECT max(finished) FROM document WHERE state='done'")
        assert last - began < 5000, "neighbours waited for the poisoned one's attempts"
        ended = await stage.job(job)
        assert (ended.status, ended.total, ended.finished, ended.failed) == ("partial", 40, 40, 1)
        assert stage.store.counters["pipeline.finalized"] == 39

    play(tmp_path, scenario, broken(EventName.AUDIT_DONE, fault))


def test_an_error_of_the_engine_keeps_its_own_code(tmp_path: Path) -> None:
    async def crash(event: Event, context: Context) -> None:
        raise ExtractionCrashed("it took too much memory")

    async def scenario(stage: Stage) -> None:
        await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        [(_, _, _, error_class, error, *_)] = await stage.rows(DEAD)
        assert (error_class, error) == ("NX-A05 ExtractionCrashed", "it took too much memory")

    play(tmp_path, scenario, broken(EventName.DOC_INGESTED, crash))


def test_a_payload_that_does_not_fit_is_dead_at_once(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.add(*write_notes(tmp_path, 1))
        await stage.store.write(lambda tx: tx.execute("UPDATE msg SET body=CAST(json_set(body, '$.payload.documents', 3) AS BLOB)").fetchall())
        await stage.dispatcher.start()
        await stage.rest()
        [(_, attempts, _, error_class, *_)] = await stage.rows(DEAD)
        assert attempts == 1 and error_class.startswith("NX-A03")

    play(tmp_path, scenario, start=False)


def test_fingerprints_tell_places_apart_not_messages(tmp_path: Path) -> None:
    async def fail(event: Event, context: Context) -> None:
        raise Broken(f"about {event.doc_id}")

    async def scenario(stage: Stage) -> None:
        await stage.add(*write_notes(tmp_path, 3))
        await stage.rest()
        dead = await stage.rows(DEAD)
        assert len({row[4] for row in dead}) == 3 and len({row[5] for row in dead}) == 1

    play(tmp_path, scenario, broken(EventName.DOC_PARSED, fail))


@pytest.mark.parametrize("name", HANDLED)
def test_a_requeued_dead_letter_ends_in_exactly_one_report(tmp_path: Path, name: EventName) -> None:
    fault = Fault()

    async def scenario(stage: Stage) -> None:
        job, [told] = await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        fault.times = 0
        now, wall = stage.clock.steady_ms(), stage.clock.wall_ms()
        requeued = await stage.store.write(lambda tx: (requeue_dead(tx, now, wall, told.doc or ""), tx.row("SELECT status FROM job WHERE id=?", (job,))))
        assert requeued == (None, ("processing",))
        await stage.rest()
        assert await stage.rows("SELECT state, error_code FROM document") == [("done", None)]
        assert await stage.one("SELECT max(run) FROM step") == 1
        assert await stage.one("SELECT count(*) FROM report") == 1
        assert stage.store.counters["pipeline.finalized"] == 1
        ended = await stage.job(job)
        assert (ended.status, ended.finished, ended.failed) == ("report_ready", 1, 0)
        assert not await stage.rows("SELECT 1 FROM lock WHERE owner IS NOT NULL")

    play(tmp_path, scenario, broken(name, fault))


def test_both_halves_dead_come_back_together(tmp_path: Path) -> None:
    ledger, tax = Fault(), Fault()

    async def scenario(stage: Stage) -> None:
        _, [told] = await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        assert len(await stage.rows(DEAD)) == 2
        assert stage.store.counters["state:dead_lettered"] == 1
        ledger.times = tax.times = 0
        now, wall = stage.clock.steady_ms(), stage.clock.wall_ms()
        assert await stage.store.write(lambda tx: requeue_dead(tx, now, wall, told.doc or "")) is None
        await stage.rest()
        assert await stage.one("SELECT state FROM document") == "done"
        assert stage.store.counters["pipeline.finalized"] == 1

    play(tmp_path, scenario, behind({EventName.LEDGER_READY: ledger, EventName.TAX_READY: tax}))


def test_a_requeue_says_why_it_cannot(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        _, [told] = await stage.add(*write_notes(tmp_path, 1))
        await stage.rest()
        now, wall = stage.clock.steady_ms(), stage.clock.wall_ms()
        assert await stage.store.write(lambda tx: requeue_dead(tx, now, wall, told.doc or "")) == "no dead letter"
        assert await stage.store.write(lambda tx: requeue_message(tx, now, wall, 12345)) == "no such dead letter"

    play(tmp_path, scenario)


def test_a_job_whose_planner_dies_ends_and_its_documents_say_so(tmp_path: Path) -> None:
    fault = Fault()

    async def scenario(stage: Stage) -> None:
        job, _ = await stage.add(*write_notes(tmp_path, 3))
        await stage.rest()
        assert dict(await stage.rows("SELECT state, count(*) FROM document GROUP BY state")) == {"dead_lettered": 3}
        assert (await stage.job(job)).status == "dead_lettered"
        fault.times = 0
        [(message, *_)] = await stage.rows(DEAD)
        now, wall = stage.clock.steady_ms(), stage.clock.wall_ms()
        assert await stage.store.write(lambda tx: requeue_message(tx, now, wall, message)) is None
        await stage.rest()
        ended = await stage.job(job)
        assert (ended.status, ended.finished, ended.failed) == ("report_ready", 3, 0)
        assert stage.store.counters["pipeline.finalized"] == 3

    play(tmp_path, scenario, behind({EventName.PIPELINE_REQUESTED: fault}))
