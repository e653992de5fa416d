"""A document arrives under a job: as a new one, as one that is known, or as one that was given up and gets another try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.intake.requeue import requeue_dead
from engine.runtime import standing
from store.records import documents, jobs
from store.transaction import Transaction


class Arrival(NamedTuple):
    """The state the document is in now, and whether it was known before this job."""

    state: str
    already: bool


def arrive(tx: Transaction, now: int, wall: int, row: Mapping[str, Any], path: str) -> Arrival:
    """Add the document of `row`, or attach the one of that id to the row's job. The same path twice in a job counts once."""
    job, tenant, doc = row["job"], row["tenant"], row["doc"]
    if documents.insert(tx, row):
        _note(tx, wall, tenant, doc, job, path, Arrival(row["state"], already=False))
        return Arrival(row["state"], already=False)
    known = documents.find(tx, doc)
    assert known is not None
    return _attach(tx, now, wall, known, job, path)


def attach_contents(tx: Transaction, now: int, wall: int, container: str, job: str, path: str) -> int:
    """A container arrives that is known: what came out of it when it came first belongs to this job too. Returns how many documents."""
    contents = documents.contents(tx, container)
    for doc, inside in contents:
        known = documents.find(tx, doc)
        assert known is not None
        _attach(tx, now, wall, known, job, f"{path}!{inside}")
    return len(contents)


def _attach(tx: Transaction, now: int, wall: int, known: documents.Document, job: str, path: str) -> Arrival:
    if known.state in standing.GIVEN_UP:
        _try_again(tx, now, wall, known, job)
    state: str = tx.row("SELECT state FROM document WHERE doc=?", (known.doc,))[0]
    arrival = Arrival(state, already=known.job != job)
    _note(tx, wall, known.tenant, known.doc, job, path, arrival)
    return arrival


def _note(tx: Transaction, wall: int, tenant: str, doc: str, job: str, path: str, arrival: Arrival) -> None:
    finished = arrival.state in standing.TERMINAL
    if documents.add_source(tx, wall, tenant, doc, job, path, already=arrival.already, finished=finished):
        jobs.expect(tx, job, 1, finished=int(finished))


def _try_again(tx: Transaction, now: int, wall: int, document: documents.Document, job: str) -> None:
    """Where its dead letters are, or from the planner under this job if they were dropped."""
    if document.state == "dead_lettered" and requeue_dead(tx, now, wall, document.doc) is None:
        return
    standing.resume(tx, wall, document.tenant, document.doc)
    documents.update(tx, document.tenant, document.doc, {"job": job, "trace": job, "planned": 0})
