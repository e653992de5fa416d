"""Messages that nobody came for in time: they are dead letters, and their documents rest as after any other, until a requeue takes both back.

The store moves messages and knows no document's standing; the runtime knows standings and no age. Here the two meet, in one transaction.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.agents.registry import AGENTS
from engine.contract import envelope
from engine.contract.events import EventName
from engine.intake.letters import event_of, planned
from engine.runtime import standing
from store import retention
from store.blobs import Blobs
from store.errors import StoreError
from store.records import documents, steps
from store.records.jobs import Job
from store.retention import TOO_OLD, Expired
from store.transaction import Transaction


class Retired(NamedTuple):
    """How many messages became dead letters, and the jobs that advanced."""

    messages: int
    jobs: list[Job]


def expire(tx: Transaction, now: int, wall: int, limit: int, blobs: Blobs) -> Retired:
    """Move at most `limit` messages past their retention to the dead letters; their documents become `dead_lettered` with the code `expired`."""
    letters = retention.expire(tx, now, limit)
    return Retired(len(letters), [job for letter in letters for job in _retire(tx, wall, letter, _event(letter, blobs))])


def _retire(tx: Transaction, wall: int, letter: Expired, event: envelope.Envelope | None) -> list[Job]:
    trace = letter.trace or ""
    name = "" if event is None else event.name.value
    if event is not None:
        chunk = event.headers.idempotency_key if event.name is EventName.PIPELINE_REQUESTED else name
        stage = AGENTS[event.name][0].id
        if steps.is_done(tx, trace, letter.doc or "", stage, chunk, letter.run):
            # Delivered twice: the other delivery did what this one was to do.
            return []
        steps.record(
            tx,
            steps.Step(trace, letter.doc or "", stage, chunk, letter.run, steps.StepStatus.DEAD, letter.attempts, wall, wall, None, None, TOO_OLD.message),
        )
    found = documents.find_many(tx, [letter.doc] if letter.doc is not None else planned(event))
    return [job for one in found.values() for job in standing.give_up(tx, wall, one.tenant, one.doc, trace, TOO_OLD, name)]


def _event(letter: Expired, blobs: Blobs) -> envelope.Envelope | None:
    if letter.body is not None:
        return event_of(letter.body)
    try:
        return event_of(blobs.read(letter.sha or b""))
    except StoreError:
        # The message is dead either way; what is wrong with its body is told by whoever delivers it.
        return None
