"""How a delivery ends, each way as one function of the transaction: completed, deduplicated, tried again, dead."""

from __future__ import annotations

from typing import NamedTuple

from engine.agents.outcome import Event
from engine.runtime import standing
from engine.runtime.effects import Effects
from engine.runtime.lookups import ChainLookup
from store import handover, queues
from store.blobs import Blobs
from store.queues import Delivery, Draft, Failure
from store.records import documents, steps
from store.records.documents import Document
from store.records.jobs import Job
from store.transaction import Transaction


class Claimed(NamedTuple):
    """A message with the record of the document it names, and the event it carries where that was made by this process."""

    delivery: Delivery
    document: Document | None
    has_twins: bool
    event: Event | None = None


class Moment(NamedTuple):
    """Both clocks, read on the loop."""

    steady: int
    wall: int


class Hands(NamedTuple):
    """Who would work on what a completion sends first, if that can be worked on at once: the token and time of the lease."""

    token: int
    lease_ms: int


class Settled(NamedTuple):
    """What a completion led to: the message it sent first, leased by the same hands, or nothing; and jobs that advanced."""

    following: Delivery | None
    jobs: list[Job]


class Planned(NamedTuple):
    """The documents that a planner's message names."""

    tenant: str
    docs: list[str]


class Unwritten(NamedTuple):
    """An event that failed in memory before it was ever a message."""

    draft: Draft
    failure: Failure
    dead: bool
    stage: str
    event: str


def claim(tx: Transaction, now: int, queue: int, count: int, token: int, lease_ms: int, suspects: int) -> list[Claimed]:
    """Lease messages together with their documents; at most `suspects` of them were interrupted before."""
    claimed = []
    for delivery in queues.claim(tx, now, queue, count, token, lease_ms, suspects):
        document = None if delivery.doc is None else documents.find(tx, delivery.doc)
        twins = document is not None and documents.has_twin(
            tx, document.tenant, document.doc, document.access_key, document.number_key
        )
        claimed.append(Claimed(delivery, document, twins))
    return claimed


def complete(
    tx: Transaction, claimed: Claimed, effects: Effects, lookup: ChainLookup, moment: Moment, blobs: Blobs, unwritten: Unwritten | None, hands: Hands | None
) -> Settled:
    """Ack, check, apply. A lost lease or a changed read discards everything; a duplicate, whose first step is done already, is only acked."""
    following = None
    if hands is not None and handover.may_follow(tx, claimed.delivery, effects.drafts[0]):
        following = handover.hand_on(tx, moment.steady, claimed.delivery, effects.drafts[0], hands.token, hands.lease_ms)
    else:
        queues.complete(tx, claimed.delivery)
    if not steps.record_done(tx, effects.trace, effects.doc, effects.run, effects.steps):
        if following is not None:
            queues.complete(tx, following)
        tx.count("deduped")
        return Settled(None, [])
    lookup.verify(tx, moment.wall)
    advanced = effects.apply(tx, moment.steady, moment.wall, blobs, sent=following is not None)
    if unwritten is not None:
        queues.send_failed(tx, moment.steady, unwritten.draft, unwritten.failure, dead=unwritten.dead)
        advanced += _suffer(tx, effects.tenant, effects.doc, effects.trace, unwritten.failure, unwritten.event, moment, dead=unwritten.dead)
        _failed_step(tx, effects.trace, effects.doc, unwritten.stage, unwritten.event, unwritten.draft.run, 1, unwritten.failure, moment, unwritten.dead)
    return Settled(following, advanced)


def fail(
    tx: Transaction, claimed: Claimed, failure: Failure, moment: Moment, *, delay_ms: int | None, stage: str, event: str, planned: Planned | None
) -> list[Job]:
    """The handler failed: again after `delay_ms`, or dead if that is `None`. A duplicate of what was done meanwhile is only acked."""
    delivery = claimed.delivery
    document = claimed.document
    trace = delivery.trace or ""
    doc = "" if document is None else document.doc
    if steps.is_done(tx, trace, doc, stage, event, delivery.run):
        queues.complete(tx, delivery)
        tx.count("deduped")
        return []
    if delay_ms is None:
        queues.bury(tx, moment.steady, delivery, failure)
    else:
        queues.retry(tx, moment.steady, delivery, failure, delay_ms)
    _failed_step(tx, trace, doc, stage, event, delivery.run, delivery.attempts + 1, failure, moment, delay_ms is None)
    if planned is not None and delay_ms is None:
        # The documents of a job that cannot be planned have no message of their own that could tell.
        return [job for one in planned.docs for job in _suffer(tx, planned.tenant, one, trace, failure, event, moment, dead=True)]
    if document is None:
        return []
    return _suffer(tx, document.tenant, doc, trace, failure, event, moment, dead=delay_ms is None)


def _failed_step(
    tx: Transaction, trace: str, doc: str, stage: str, event: str, run: int, attempt: int, failure: Failure, moment: Moment, dead: bool
) -> None:
    status = steps.StepStatus.DEAD if dead else steps.StepStatus.RETRIED
    steps.record(tx, steps.Step(trace, doc, stage, event, run, status, attempt, moment.wall, moment.wall, None, None, failure.message[:500]))


def _suffer(tx: Transaction, tenant: str, doc: str, trace: str, failure: Failure, event: str, moment: Moment, *, dead: bool) -> list[Job]:
    """What the failure means for the document, if the message names one."""
    if not doc:
        return []
    if dead:
        return standing.give_up(tx, moment.wall, tenant, doc, trace, failure, event)
    standing.stumble(tx, tenant, doc, failure, event)
    return []
