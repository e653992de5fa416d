"""Applying outcomes: every effect of a run of hops, as one function of the transaction.

`prepare` runs on the loop: it encodes, and makes large values durable as blobs. `Effects.apply` runs in the writer's turn and only writes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.agents.outcome import (
    DocumentFacts,
    Emission,
    Event,
    Finished,
    KeyPut,
    LockWish,
    Outcome,
    ReportText,
    Rows,
    SearchText,
)
from engine.contract import codec
from engine.contract.events import EventName
from engine.runtime import messages, standing
from engine.runtime.messages import Keep
from engine.runtime.registry import Agent
from store import kv, locks, queues, search
from store.blobs import Blobs
from store.kv import Namespace
from store.records import jobs, results, steps
from store.records.jobs import Job
from store.transaction import Transaction

TABLES = {"items": results.ITEMS, "findings": results.FINDINGS, "ledger": results.LEDGER, "taxes": results.TAXES}

class Hop(NamedTuple):
    """One agent's run over one event; times are wall-clock milliseconds, `waited` is the time in the queue.

    `span` is its id in the trace, `parent` the span that sent the event, `link` that of an attempt that failed before, `took` seconds.
    """

    event: Event
    agent: Agent
    started: int
    ended: int
    waited: int
    outcome: Outcome
    span: int
    parent: int | None
    link: int | None
    took: float


class Pending(NamedTuple):
    """An emission nobody has handled yet, the run it belongs to, and the span that made it."""

    emission: Emission
    run: int
    span: int


class Wish(NamedTuple):
    """A lock wish with both branches ready to send."""

    name: str
    ttl_ms: int
    held: list[queues.Draft]
    busy: list[queues.Draft]
    job: str


class Value(NamedTuple):
    """A KV write, encoded."""

    namespace: Namespace
    key: str
    body: bytes | None
    sha: bytes | None
    size: int
    expires: int | None


class Effects:
    """What a run of hops of one trace and document will write."""

    __slots__ = (
        "deletes", "doc", "drafts", "facts", "finished", "metrics", "report", "run", "search", "steps", "tables", "tenant", "trace", "values", "wishes",
    )  # fmt: skip

    def __init__(self, trace: str, tenant: str, doc: str, run: int) -> None:
        self.trace = trace
        self.tenant = tenant
        self.doc = doc
        self.run = run
        self.steps: list[steps.Done] = []
        self.drafts: list[queues.Draft] = []
        self.wishes: list[Wish] = []
        self.values: list[Value] = []
        self.deletes: list[tuple[Namespace, str]] = []
        self.facts: dict[str, Any] = {}
        self.tables: list[Rows] = []
        self.report: results.Report | None = None
        self.search: search.Text | None = None
        self.metrics: list[tuple[str, int]] = []
        self.finished = False

    def queues(self) -> list[int]:
        """Queues that may get messages, by id, with repetitions."""
        sent = [draft.queue for draft in self.drafts]
        for wish in self.wishes:
            sent += [draft.queue for draft in wish.held]
        return sent

    def apply(self, tx: Transaction, now: int, wall: int, blobs: Blobs, *, sent: bool) -> list[Job]:
        """Write everything but the steps, and the first message unless it is `sent`. Returns jobs that advanced.

        `now` is the steady clock, `wall` the wall clock.
        """
        for value in self.values:
            if value.sha is not None:
                blobs.confirm(value.sha)
            kv.put(tx, value.namespace, value.key, value.body, sha=value.sha, size=value.size, expires=value.expires)
        for namespace, key in self.deletes:
            kv.delete(tx, namespace, key)
        for rows in self.tables:
            results.replace(tx, TABLES[rows.table], self.tenant, self.doc, rows.rows)
        if self.report is not None:
            if self.report.value is None:
                blobs.confirm(self.report.sha)
            results.put_report(tx, self.tenant, self.doc, self.report)
        if self.search is not None:
            search.index(tx, self.doc, self.search)
        for name, delta in self.metrics:
            tx.count(name, delta)
        advanced = self._document(tx, wall)
        for wish in self.wishes:
            self._wish(tx, now, wall, wish)
        for draft in self.drafts:
            if draft.sha is not None:
                blobs.confirm(draft.sha)
        queues.send(tx, now, self.drafts[1:] if sent else self.drafts)
        return advanced

    def _document(self, tx: Transaction, wall: int) -> list[Job]:
        if not self.facts or not self.doc:
            return []
        if self.finished:
            return standing.finish(tx, wall, self.tenant, self.doc, self.trace, self.facts)
        standing.progress(tx, wall, self.tenant, self.doc, self.facts)
        return []

    def _wish(self, tx: Transaction, now: int, wall: int, wish: Wish) -> None:
        if any(draft.doc is not None and standing.is_called_off(tx, self.tenant, draft.doc) for draft in wish.held):
            return
        held = locks.acquire(tx, wall, wish.name, self.trace, wish.ttl_ms) is not None
        queues.send(tx, now, wish.held if held else wish.busy)
        for draft in wish.held:
            if draft.doc is not None:
                (standing.set_out if held else standing.wait)(tx, self.tenant, draft.doc, self.trace)
        if not held:
            tx.count("skipped")
            jobs.skip(tx, wish.job)


async def prepare(
    hops: Sequence[Hop], remaining: Sequence[Pending], *, wall_ms: int, prio: int, queue_ids: dict[str, int], keep: Keep
) -> Effects:
    """The effects of `hops`, with the emissions that are still to be handled as messages."""
    first = hops[0].event
    trace = first.trace_id
    effects = Effects(trace, first.tenant, document_of(first), first.run)
    for hop in hops:
        event, agent, outcome = hop.event, hop.agent, hop.outcome
        effects.steps.append(steps.Done(agent.stage, event.key if event.name is EventName.PIPELINE_REQUESTED else agent.event, event.attempt + 1, hop.started, hop.ended, hop.waited))
        for put in outcome.puts:
            effects.values.append(await _value(put, wall_ms, keep))
        for delete in outcome.deletes:
            effects.deletes.append((Namespace.LOCAL if delete.local else Namespace.STATE, delete.key))
        for record in outcome.records:
            if isinstance(record, DocumentFacts):
                effects.facts.update({"state": "processing", "stage": agent.place, **record.values})
            elif isinstance(record, Rows):
                effects.tables.append(record)
            elif isinstance(record, SearchText):
                effects.search = search.Text(record.title, record.parties, record.items, record.findings, record.codes)
            elif isinstance(record, ReportText):
                effects.report = await _report(record, trace, wall_ms, keep)
            elif isinstance(record, Finished):
                effects.finished = True
        effects.metrics.extend(outcome.metrics)
        for wish in outcome.locks:
            effects.wishes.append(await _prepare_wish(wish, first, hop.span, wall_ms=wall_ms, prio=prio, queue_ids=queue_ids, keep=keep))
    for emission, run, span in remaining:
        effects.drafts.append(
            await messages.draft(emission, trace=trace, run=run, prio=prio, wall_ms=wall_ms, queues=queue_ids, keep=keep, span=span)
        )
    return effects


def document_of(event: Event) -> str:
    """Whose hop it is; the planner's is of no document."""
    return "" if event.name is EventName.PIPELINE_REQUESTED else event.doc_id


def step_name(event: Event) -> str:
    """What a hop is known by in the timeline: the event, or the chunk of the job that the planner was told of."""
    return event.key if event.name is EventName.PIPELINE_REQUESTED else event.name.value


async def _value(put: KeyPut, wall_ms: int, keep: Keep) -> Value:
    body: bytes | None = codec.encode(put.value)
    assert body is not None
    size = len(body)
    sha = None
    if size > kv.INLINE:
        sha, body = (await keep(body)).sha, None
    expires = None if put.ttl_s is None else wall_ms + put.ttl_s * 1000
    return Value(Namespace.LOCAL if put.local else Namespace.STATE, put.key, body, sha, size, expires)


async def _report(record: ReportText, trace: str, wall_ms: int, keep: Keep) -> results.Report:
    body = codec.encode(record.report)
    if len(body) > kv.INLINE:
        blob = await keep(body)
        return results.Report(trace, wall_ms, blob.sha, blob.size, None)
    return results.Report(trace, wall_ms, hashlib.sha256(body).digest(), len(body), body)


async def _prepare_wish(
    wish: LockWish, event: Event, span: int, *, wall_ms: int, prio: int, queue_ids: dict[str, int], keep: Keep
) -> Wish:
    async def drafts(emissions: tuple[Emission, ...]) -> list[queues.Draft]:
        return [
            await messages.draft(
                emission, trace=event.trace_id, run=event.run, prio=prio, wall_ms=wall_ms, queues=queue_ids, keep=keep, span=span
            )
            for emission in emissions
        ]

    return Wish(wish.name, wish.ttl_ms, await drafts(wish.held), await drafts(wish.busy), event.trace_id)
