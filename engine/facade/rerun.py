"""Running documents again from the planner, under a new trace: what would be done, and doing it in bites.

As the contract has it: the cached parse of the old trace is forgotten, and a lock that nobody works under is cleared. One whose trace is still at
work is in the way; its document is waited for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from engine.contract import codec, keys
from engine.contract.envelope import Envelope
from engine.contract.events import EventName
from engine.contract.payloads import PipelineOptions, PipelineRequested
from engine.facade import refusals
from engine.facade.commands import CommandResult
from engine.facade.refusals import Declined
from engine.intake import planning
from engine.intake.job_state import put_created
from engine.outside import Clock
from engine.runtime.standing import TERMINAL
from store import bin, kv, locks
from store.driver import Connection
from store.kv import Namespace
from store.queues import Priority
from store.records import documents, jobs
from store.store import Store
from store.transaction import Transaction

#: What was named, and why nothing was done with it, or `None`.
Outcome = list[tuple[str, Declined | None]]

#: Documents started over in one transaction.
BITE = 100
#: With more documents than this nobody waits for each: they run behind what is new.
LARGE = 100
#: What an earlier run said is over.
NO_ERROR: dict[str, Any] = {"error_code": None, "error": None, "error_arguments": None}

ALIVE = (
    "SELECT EXISTS(SELECT 1 FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.trace=lock.owner AND queue.dlq IS NOT NULL) "
    "FROM lock WHERE name=? AND owner IS NOT NULL AND exp>?"
)


class Wanted(NamedTuple):
    """Documents that an event by hand names, and how: `tenant` is theirs."""

    tenant: str
    docs: list[str]
    reprocess: bool
    dry_run: bool
    priority: str | None


def wanted(event: Envelope) -> Wanted | None:
    """What a validated event asks for beyond being sent: `None` unless it is a planner's with `reprocess` or `dryRun`."""
    if event.name is not EventName.PIPELINE_REQUESTED:
        return None
    request: PipelineRequested = codec.decoder(PipelineRequested)(event.payload)
    options = request.options
    if isinstance(options, msgspec.UnsetType) or not (options.reprocess is True or options.dry_run is True):
        return None
    priority = None if isinstance(options.priority, msgspec.UnsetType) else options.priority
    docs = [document.doc_id for document in request.documents]
    return Wanted(request.tenant_id, docs, options.reprocess is True, options.dry_run is True, priority)


def reprocessable(
    connection: Transaction | Connection, docs: Sequence[str], tenant: str | None = None
) -> tuple[list[documents.Document], Outcome]:
    """Which of the documents can run again, and why others cannot; all of one tenant, the first one's if none is given."""
    outcome: Outcome = []
    taken: list[documents.Document] = []
    found = documents.find_many(connection, docs)
    for doc in dict.fromkeys(docs):
        document = found.get(doc)
        if document is None:
            outcome.append((doc, refusals.NO_SUCH_DOCUMENT))
        elif document.state not in TERMINAL:
            outcome.append((doc, refusals.STILL_AT_WORK))
        elif tenant is not None and document.tenant != tenant:
            outcome.append((doc, refusals.OTHER_TENANT))
        else:
            tenant = document.tenant
            taken.append(document)
            outcome.append((doc, None))
    return taken, outcome


def preview(
    connection: Connection, wall: int, docs: Sequence[str], tenant: str | None = None, priority: str | None = None
) -> CommandResult:
    """What `rerun` would do, counted; reads only."""
    taken, outcome = reprocessable(connection, docs, tenant)
    held = [connection.execute(ALIVE, (keys.document_lock(one.doc), wall)).fetchone() for one in taken]
    in_the_way = sum(1 for row in held if row is not None and row[0])
    counts = {
        "dryRun": True, "states": dict(sorted(Counter(one.state for one in taken).items())),
        "locks": {"inTheWay": in_the_way, "cleared": sum(1 for row in held if row is not None) - in_the_way},
        "priority": priority or priority_of(len(taken)),
    }  # fmt: skip
    return _result(outcome, counts)


async def rerun(
    store: Store,
    clock: Clock,
    job: str,
    docs: Sequence[str],
    tenant: str | None = None,
    priority: str | None = None,
    *,
    ttl_s: int = keys.JOB_S,
) -> CommandResult:
    """Run documents again as a new job, whose id is the new trace and whose value lives `ttl_s` seconds. A crash in between leaves an open job, which the next start closes."""
    wanted = list(dict.fromkeys(docs))
    prio = priority or priority_of(len(wanted))
    outcome: Outcome = []
    for start in range(0, len(wanted), BITE):
        bite = partial(
            _bite,
            now=clock.steady_ms(),
            wall=clock.wall_ms(),
            job=job,
            docs=wanted[start : start + BITE],
            tenant=tenant,
            priority=prio,
            ttl_s=ttl_s,
        )
        tenant, declined = await store.write(bite, yielding=prio == "low")
        outcome += declined
    if any(declined is None for _, declined in outcome):
        wall = clock.wall_ms()
        await store.write(lambda tx: jobs.close_intake(tx, wall, job))
    return _result(outcome, {"job": job, "priority": prio})


def priority_of(count: int) -> str:
    """Of a job that runs so many documents again."""
    return "normal" if count <= LARGE else "low"


def _result(outcome: Outcome, data: dict[str, Any]) -> CommandResult:
    refused = tuple(declined.of(doc) for doc, declined in outcome if declined is not None)
    return CommandResult(done=len(outcome) - len(refused), refused=refused, data=data)


def _bite(
    tx: Transaction, *, now: int, wall: int, job: str, docs: Sequence[str], tenant: str | None, priority: str, ttl_s: int
) -> tuple[str | None, Outcome]:
    """Start some documents over under a job that stays open. Returns the tenant, which the next ones must have too."""
    taken, outcome = reprocessable(tx, docs, tenant)
    if not taken:
        return tenant, outcome
    tenant = taken[0].tenant
    if jobs.find(tx, job) is None:
        options = msgspec.to_builtins(PipelineOptions(reprocess=True, priority=priority))  # type: ignore[arg-type]
        jobs.create(tx, wall, job, tenant, "upload", Priority[priority.upper()], json.dumps(options))
        put_created(tx, wall, job, ttl_s)
    for document in taken:
        _start_over(tx, now, wall, job, document)
    row = jobs.find(tx, job)
    assert row is not None
    while planning.plan(tx, now, wall, row):
        pass
    return tenant, outcome


def _start_over(tx: Transaction, now: int, wall: int, job: str, document: documents.Document) -> None:
    tenant, doc = document.tenant, document.doc
    if document.state == "dead_lettered":
        bin.discard(tx, now, [row[0] for row in tx.rows("SELECT id FROM msg WHERE doc=?", (doc,))])
    if document.trace is not None:
        kv.delete(tx, Namespace.STATE, keys.ingest(doc, document.trace))
    if (held := tx.row(ALIVE, (keys.document_lock(doc), wall))) is not None and not held[0]:
        locks.break_open(tx, wall, [keys.document_lock(doc)])
    documents.change_state(tx, tenant, doc, document.state, "queued")
    documents.update(
        tx, tenant, doc,
        {"state": "queued", "job": job, "trace": job, "planned": 0, "finished": None, "stage": None, **NO_ERROR},
    )  # fmt: skip
    path = tx.row("SELECT path FROM source WHERE tenant=? AND doc=? ORDER BY id LIMIT 1", (tenant, doc))
    documents.add_source(
        tx, wall, tenant, doc, job, document.name if path is None else path[0], already=False, finished=False
    )
    jobs.expect(tx, job, 1)
