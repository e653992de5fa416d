"""Preparing the assistant's knowledge again: the key is forgotten and the report announced once more, so that A9 and A10 run and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from engine.agents.outcome import Emission
from engine.contract import codec, keys
from engine.contract.events import QUEUE_OF, EventName
from engine.contract.payloads import AuditReport, ReportReady
from engine.facade import refusals
from engine.facade.refusals import Declined
from engine.intake.requeue import LOCK_MS
from engine.outside import Clock
from engine.runtime import messages
from engine.runtime.standing import REPORTED, TERMINAL
from store import kv, locks, queues
from store.driver import Connection
from store.kv import Namespace
from store.queues import Draft, Priority
from store.records import documents, results
from store.records.results import Report
from store.store import Store
from store.transaction import Transaction

_report = codec.decoder(AuditReport)


async def rebuild(store: Store, clock: Clock, docs: Sequence[str]) -> list[tuple[str, Declined | None]]:
    """Rebuild documents one by one; what was named, and why nothing was done with it, or `None`."""
    return [(doc, await _rebuild(store, clock, doc)) for doc in dict.fromkeys(docs)]


async def _rebuild(store: Store, clock: Clock, doc: str) -> Declined | None:
    name = QUEUE_OF[EventName.REPORT_READY].value
    stored = await store.read(lambda connection: _stored(connection, doc))
    if isinstance(stored, Declined):
        return stored
    content = results.content(stored, store.blobs.read, lambda body: hashlib.sha256(body).digest())
    announced = Emission(
        name=EventName.REPORT_READY, doc_id=doc, payload=ReportReady(audit=_report(content)), key=f"{doc}:report"
    )
    queue = await store.read(
        lambda connection: connection.execute("SELECT id FROM queue WHERE name=?", (name,)).fetchone()[0]
    )
    draft = await messages.draft(
        announced,
        trace=stored.trace,
        run=0,
        prio=Priority.NORMAL,
        wall_ms=clock.wall_ms(),
        queues={name: queue},
        keep=store.blobs.put,
        span=None,
    )
    now, wall = clock.steady_ms(), clock.wall_ms()

    def operation(tx: Transaction) -> Declined | None:
        standing = _stored(tx, doc)
        if isinstance(standing, Declined):
            return standing
        if standing != stored:
            # Another run finished in between, and prepared its own knowledge.
            return refusals.OVERTAKEN
        if locks.acquire(tx, wall, keys.document_lock(doc), stored.trace, LOCK_MS) is None:
            return refusals.LOCK_HELD
        _send(tx, now, doc, stored, draft)
        return None

    def kept(tx: Transaction) -> Declined | None:
        if draft.sha is not None:
            store.blobs.confirm(draft.sha)
        return operation(tx)

    return await store.write(kept)


def _stored(connection: Transaction | Connection, doc: str) -> Report | Declined:
    document = documents.find(connection, doc)
    if document is None:
        return refusals.NO_SUCH_DOCUMENT
    if document.state not in TERMINAL:
        return refusals.STILL_AT_WORK
    report = results.find_report(connection, document.tenant, doc)
    return refusals.NO_REPORT if report is None or document.state not in REPORTED else report


def _send(tx: Transaction, now: int, doc: str, report: Report, draft: Draft) -> None:
    kv.delete(tx, Namespace.STATE, keys.assistant(doc))
    row = tx.row("SELECT max(run) FROM step WHERE trace=? AND doc=?", (report.trace, doc))
    queues.send(tx, now, [draft._replace(run=0 if row is None or row[0] is None else row[0] + 1)])
