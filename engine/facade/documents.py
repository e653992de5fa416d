"""Documents: pages, details, the `--json` object, and the commands on them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.contract import codec, events
from engine.contract.events import A1, AgentSpec
from engine.facade import filters, limits, rerun
from engine.facade.commands import Cancel, CloseJob, CommandResult, OpenJob, Refusal, Reprocess, Requeue
from engine.facade.objects import document_object
from engine.facade.reading import Executing, Reading
from engine.facade.views import (
    DocumentDetail,
    DocumentRow,
    ErrorView,
    EventView,
    FindingView,
    InboxCounts,
    Page,
    PartyView,
    StepView,
)
from engine.facade.wording import error_view, finding_view
from engine.fiscal.findings import Finding
from engine.fiscal.money import Language
from engine.intake.intake import WAITING
from store.driver import Connection
from store.records import documents, results, steps
from store.records.documents import Document

ATTENTION = ("needs_review", "ocr_needed", "unreadable", "dead_lettered", "waiting_lock")
LIST = (
    "seq, doc, name, tenant, family, state, status, stage, added, finished, total, errors, alerts, trace, members, "
    "(SELECT max(attempts) FROM msg WHERE msg.doc=document.doc), (SELECT min(due) FROM msg WHERE msg.doc=document.doc AND msg.state=1)"
)
SPECS: dict[int, AgentSpec] = {spec.stages[-1]: spec for spec in events.SPECS}
STEP_STATES = {1: "done", 2: "retried", 3: "dead"}

_finding = msgspec.json.Decoder(Finding).decode
_values = codec.decoder(dict[str, Any])


class Documents:
    """Queries and commands on documents. `tenant` is explicit; `*` is the operator's view of all."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def page(self, filter: str, tenant: str, after: int | None, limit: int, newest_first: bool = True) -> Page:
        """`limit` rows after the row with seq `after`. Raises `BadFilter`."""
        where, parameters = filters.scoped(filter, tenant, self._reading.wall_ms())
        order, beyond = ("DESC", "seq<?") if newest_first else ("ASC", "seq>?")
        bound, more = ("", ()) if after is None else (f" AND {beyond}", (after,))
        statement = f"SELECT {LIST} FROM document WHERE {where}{bound} ORDER BY seq {order} LIMIT ?"
        now = self._reading.wall_ms() - self._reading.steady_ms()

        def query(connection: Connection) -> tuple[list[Any], dict[str, int]]:
            return connection.execute(statement, (*parameters, *more, limit + 1)).fetchall(), limits.attempts(connection)

        rows, attempts = await self._reading.read(query)
        return Page(rows=tuple(_row(row, now, attempts) for row in rows[:limit]), more=len(rows) > limit)

    async def count(self, filter: str, tenant: str) -> int:
        """How many documents match."""
        where, parameters = filters.scoped(filter, tenant, self._reading.wall_ms())
        statement = f"SELECT count(*) FROM document WHERE {where}"

        def query(connection: Connection) -> int:
            found: int = connection.execute(statement, parameters).fetchone()[0]
            return found

        return await self._reading.read(query)

    async def anchors(self, filter: str, tenant: str, every: int, newest_first: bool = True) -> tuple[int, ...]:
        """The seq of every `every`-th row, so that a list can jump."""
        where, parameters = filters.scoped(filter, tenant, self._reading.wall_ms())
        order = "DESC" if newest_first else "ASC"
        statement = (
            f"SELECT seq FROM (SELECT seq, row_number() OVER (ORDER BY seq {order}) AS place FROM document WHERE {where}) WHERE place % ? = 0"
        )
        return await self._reading.read(
            lambda connection: tuple(row[0] for row in connection.execute(statement, (*parameters, every)).fetchall())
        )

    async def ids(self, filter: str, tenant: str, limit: int = 100_000) -> tuple[str, ...]:
        """Ids of the documents that match, oldest first."""
        where, parameters = filters.scoped(filter, tenant, self._reading.wall_ms())
        statement = f"SELECT doc FROM document WHERE {where} ORDER BY seq LIMIT ?"
        return await self._reading.read(
            lambda connection: tuple(row[0] for row in connection.execute(statement, (*parameters, limit)).fetchall())
        )

    async def counts(self, tenant: str) -> InboxCounts:
        """The line of truth above the inbox."""
        since = self._reading.wall_ms() - 60_000
        scope, parameters = filters.scope(tenant)

        def query(connection: Connection) -> InboxCounts:
            by_state = dict(
                connection.execute(f"SELECT state, count(*) FROM document WHERE {scope} GROUP BY state", parameters).fetchall()
            )
            recent = connection.execute(
                f"SELECT count(*) FROM (SELECT finished FROM document WHERE {scope} ORDER BY seq DESC LIMIT 20000) WHERE finished>?",
                (*parameters, since),
            ).fetchone()[0]
            return InboxCounts(
                documents=sum(by_state.values()),
                active=sum(by_state.get(state, 0) for state in filters.ACTIVE),
                need_attention=sum(by_state.get(state, 0) for state in ATTENTION),
                per_minute=recent,
            )

        return await self._reading.read(query)

    async def detail(self, doc_id: str, language: Language) -> DocumentDetail | None:
        """A document with its findings and timeline, worded for the reader."""
        offset = self._reading.wall_ms() - self._reading.steady_ms()

        def query(connection: Connection) -> DocumentDetail | None:
            document = documents.find(connection, doc_id)
            if document is None:
                return None
            row = connection.execute(f"SELECT {LIST} FROM document WHERE doc=?", (doc_id,)).fetchone()
            found = _findings(connection, document, language)
            return _detail(document, _row(row, offset, limits.attempts(connection)), found, steps.timeline(connection, doc_id), language)

        return await self._reading.read(query)

    async def objects(self, job: str, language: Language) -> list[dict[str, Any]]:
        """The `--json` objects of a job's documents, in the order they came."""

        def query(connection: Connection) -> list[dict[str, Any]]:
            sources = documents.sources(connection, job)
            found = documents.find_many(connection, [source.doc for source in sources])
            return [
                _object(connection, found[source.doc], source.path, language)
                | ({"already": True} if source.already else {})
                for source in sources
                if source.doc in found
            ]

        return await self._reading.read(query)

    async def object(self, doc_id: str, language: Language) -> dict[str, Any] | None:
        """The `--json` object of one document."""

        def query(connection: Connection) -> dict[str, Any] | None:
            document = documents.find(connection, doc_id)
            if document is None:
                return None
            return _object(connection, document, document.name, language)

        return await self._reading.read(query)

    async def report(self, doc_id: str) -> bytes | None:
        """The AuditReport as stored JSON, checked against its hash."""

        def query(connection: Connection) -> results.Report | None:
            document = documents.find(connection, doc_id)
            return None if document is None else results.find_report(connection, document.tenant, doc_id)

        report = await self._reading.read(query)
        if report is None:
            return None
        return results.content(report, self._reading.blob, lambda content: hashlib.sha256(content).digest())

    async def items(self, doc_id: str) -> list[dict[str, Any]] | None:
        """The rows of a document, under the wire's keys, amounts as `Decimal`; `None` if there is no such document."""

        def query(connection: Connection) -> list[bytes] | None:
            document = documents.find(connection, doc_id)
            if document is None:
                return None
            return [row[-1] for row in results.rows(connection, results.ITEMS, document.tenant, doc_id)]

        rows = await self._reading.read(query)
        return None if rows is None else [_values(row) for row in rows]

    async def add(self, paths: Sequence[Path], tenant: str = "default") -> CommandResult:
        """Take in files and folders as one job; returns once everything is acknowledged."""
        opened: CommandResult = await self._executing.execute(OpenJob(tenant=tenant))
        job = opened.data["job"]
        done, refused = 0, []
        async for told in self._executing.take_in(job, tenant, paths):
            if told["state"] == WAITING:
                continue
            if "error" in told:
                refused.append(Refusal(subject=told["file"], reason=told["error"]["message"], code=told["error"]["code"]))
            else:
                done += 1
        await self._executing.execute(CloseJob(job=job))
        return CommandResult(done=done, refused=tuple(refused), data={"job": job})

    async def reprocessable(self, doc_ids: Sequence[str]) -> CommandResult:
        """What `reprocess` would do: how many documents, in which states, which locks are in the way, and which it would decline.

        Nothing is written.
        """
        wall = self._reading.wall_ms()

        def query(connection: Connection) -> CommandResult:
            return rerun.preview(connection, wall, doc_ids)

        return await self._reading.read(query)

    async def requeue(self, doc_ids: Sequence[str]) -> CommandResult:
        """Send the documents' dead letters back to where they failed."""
        return await self._execute(Requeue(documents=tuple(doc_ids)))

    async def reprocess(self, doc_ids: Sequence[str]) -> CommandResult:
        """Run documents again from the planner, under a new trace."""
        return await self._execute(Reprocess(documents=tuple(doc_ids)))

    async def cancel(self, doc_ids: Sequence[str]) -> CommandResult:
        """Stop working on documents."""
        return await self._execute(Cancel(documents=tuple(doc_ids)))

    async def _execute(self, command: Requeue | Reprocess | Cancel) -> CommandResult:
        result: CommandResult = await self._executing.execute(command)
        return result


def _row(row: Any, clock_offset: int, attempts: Mapping[str, int]) -> DocumentRow:
    stage = row[7]
    spec = SPECS.get(0 if stage is None else stage, A1)
    due = row[16]
    return DocumentRow(
        seq=row[0], doc_id=row[1], name=row[2], tenant=row[3], family=row[4], state=row[5], status=row[6], stage=stage,
        attempt=row[15] or 0, max_attempts=attempts[spec.id], retry_at_ms=None if due is None else due + clock_offset,
        added_ms=row[8], finished_ms=row[9], total=row[10], findings=(row[11] or 0) + (row[12] or 0), errors=row[11] or 0,
        trace_id=row[13], members=row[14],
    )  # fmt: skip


def _findings(connection: Connection, document: Document, language: Language) -> tuple[FindingView, ...]:
    rows = results.rows(connection, results.FINDINGS, document.tenant, document.doc)
    return tuple(finding_view(_finding(row[-1]), language) for row in rows)


def _object(connection: Connection, document: Document, file: str, language: Language) -> dict[str, Any]:
    return document_object(document, file, _findings(connection, document, language), error_view(document, language))


def _detail(
    document: Document, row: DocumentRow, findings: tuple[FindingView, ...], timeline: list[steps.Step], language: Language
) -> DocumentDetail:
    error: ErrorView | None = error_view(document, language)
    return DocumentDetail(
        row=row,
        issuer=PartyView(id=document.issuer, name=document.issuer_name, uf=document.issuer_uf),
        recipient=PartyView(id=document.recipient, name=document.recipient_name, uf=document.recipient_uf),
        access_key=document.access_key,
        number=document.number,
        series=document.series,
        issued_at=document.issued,
        cfops=tuple((document.cfops or "").split()),
        ncms=tuple((document.ncms or "").split()),
        items=document.items or 0,
        role=document.role,
        operation=document.operation,
        sector=document.sector,
        confidence=document.confidence,
        debits_cents=document.debits or 0,
        credits_cents=document.credits or 0,
        entries=document.entries or 0,
        event=event_view(document),
        findings=findings,
        timeline=tuple(step_view(step) for step in timeline),
        error=error,
        next_actions=_actions(document.state),
    )


def event_view(document: Document) -> EventView | None:
    """What an event says; `None` for any other document."""
    if document.event is None:
        return None
    kind, sequence, status, target = document.event.split("|")
    return EventView(
        type=kind or None,
        sequence=int(sequence) if sequence.isdigit() else None,
        cstat=status or None,
        target=target or None,
    )


def step_view(step: steps.Step) -> StepView:
    """A stored step as faces see it."""
    started, ended = step.started, step.ended
    return StepView(
        document=step.doc,
        agent=step.stage,
        event=step.event,
        attempt=step.attempt,
        run=step.run,
        started_ms=started,
        took_ms=0 if started is None or ended is None else ended - started,
        wait_ms=step.waited,
        state=STEP_STATES[step.status],
        error=step.error,
    )


def _actions(state: str) -> tuple[str, ...]:
    if state == "dead_lettered":
        return ("requeue", "reprocess")
    return ("cancel",) if state in filters.ACTIVE else ("reprocess",)
