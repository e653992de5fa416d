"""A document's standing: its state, its jobs and its lock, as hops end well or badly.

The one place where a document changes its state while it is processed. Several messages of one document may be at work at once (the two
halves of a reconciliation, a wish for review), so every change looks at the state as it is in the transaction, and what a straggler says
never takes back an end that was reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.agents.registry import AGENTS
from engine.contract import keys
from engine.contract.events import EventName
from store import locks
from store.queues import Failure
from store.records import documents, jobs
from store.records.jobs import Job
from store.transaction import Transaction

#: Ends without a report, which a requeue or a late success takes back.
GIVEN_UP = frozenset({"dead_lettered", "cancelled"})
#: Ends with a report.
REPORTED = frozenset({"done", "duplicate", "needs_review", "ocr_needed", "unsupported", "unreadable"})
#: States in which a document rests.
TERMINAL = GIVEN_UP | REPORTED

#: Events whose failure says nothing about the document: nothing after them leads to its report.
ASIDE = frozenset({EventName.CLASSIFICATION_NEEDS_REVIEW.value})
#: The cell of the pipeline where an event's agent works. The planner's is left out: a document it failed over was not begun.
PLACES = {name.value: spec.stages[-1] for name, (spec, _) in AGENTS.items() if name is not EventName.PIPELINE_REQUESTED}


def progress(tx: Transaction, wall: int, tenant: str, doc: str, facts: Mapping[str, Any]) -> None:
    """Columns that are now known, `state` among them."""
    _enter(tx, wall, tenant, doc, facts)


def finish(tx: Transaction, wall: int, tenant: str, doc: str, trace: str, facts: Mapping[str, Any]) -> list[Job]:
    """The document has its report: its lock is free and its jobs advance. Returns them."""
    _enter(tx, wall, tenant, doc, {**facts, "finished": wall})
    locks.release(tx, wall, keys.document_lock(doc), trace)
    return jobs.advance(tx, wall, documents.finish_sources(tx, tenant, doc), failed=False)


def stumble(tx: Transaction, tenant: str, doc: str, failure: Failure, event: str) -> None:
    """A hop failed and will be tried again."""
    if event in ASIDE or _state(tx, tenant, doc) in TERMINAL | {None}:
        return
    documents.change_state(tx, tenant, doc, None, "retrying")
    documents.update(tx, tenant, doc, {"state": "retrying", **_failure(failure, event)})


def give_up(tx: Transaction, wall: int, tenant: str, doc: str, trace: str, failure: Failure, event: str) -> list[Job]:
    """A hop failed for good: the document rests without a report. Returns the jobs that advance."""
    if event in ASIDE or _state(tx, tenant, doc) in TERMINAL | {None}:
        return []
    documents.change_state(tx, tenant, doc, None, "dead_lettered")
    documents.update(tx, tenant, doc, {"state": "dead_lettered", "finished": wall, **_failure(failure, event)})
    locks.release(tx, wall, keys.document_lock(doc), trace)
    return jobs.advance(tx, wall, documents.finish_sources(tx, tenant, doc), failed=True)


def is_called_off(tx: Transaction, tenant: str, doc: str) -> bool:
    """Whether a person cancelled the document before the planner got to it."""
    return _state(tx, tenant, doc) == "cancelled"


def set_out(tx: Transaction, tenant: str, doc: str, trace: str) -> None:
    """The planner has the document's lock for this trace."""
    documents.update(tx, tenant, doc, {"stage": 0, "trace": trace})


def wait(tx: Transaction, tenant: str, doc: str, trace: str) -> None:
    """Another trace has the document's lock. A document that works under that other trace is not waiting."""
    row = tx.row("SELECT state, trace FROM document WHERE tenant=? AND doc=?", (tenant, doc))
    if row is None or row[0] in TERMINAL or row[1] != trace:
        return
    documents.change_state(tx, tenant, doc, row[0], "waiting_lock")
    documents.update(tx, tenant, doc, {"state": "waiting_lock"})


def resume(tx: Transaction, wall: int, tenant: str, doc: str) -> None:
    """A document that was given up goes on where it failed."""
    if _state(tx, tenant, doc) in GIVEN_UP:
        _enter(tx, wall, tenant, doc, {"state": "queued", "error_code": None, "error": None})


def _failure(failure: Failure, event: str) -> dict[str, Any]:
    """What failed, and where: the last stage that was done has the limits of another agent."""
    place = PLACES.get(event)
    return {"error_code": failure.error_class, "error": failure.message, **({} if place is None else {"stage": place})}


def _state(tx: Transaction, tenant: str, doc: str) -> str | None:
    row = tx.row("SELECT state FROM document WHERE tenant=? AND doc=?", (tenant, doc))
    return None if row is None else row[0]


def _enter(tx: Transaction, wall: int, tenant: str, doc: str, values: Mapping[str, Any]) -> None:
    before = _state(tx, tenant, doc)
    if before is None:
        return
    after = values.get("state", before)
    documents.change_state(tx, tenant, doc, before, after)
    if before in GIVEN_UP and after not in GIVEN_UP:
        values = {"finished": None, **values}
        for job in documents.reopen_sources(tx, tenant, doc):
            jobs.reopen(tx, wall, job, failed=True)
    documents.update(tx, tenant, doc, values)
