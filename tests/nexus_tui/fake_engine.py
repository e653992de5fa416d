"""An engine made of fixed data, for tests and for looking at the screens: `python tests/nexus_tui/fake_engine.py [N] [pt-BR|en]`.

It answers the way the facade does, over rows in a list. Nothing in it is random and no time passes but by its clock.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

from engine.facade.commands import CommandResult, Refusal
from engine.facade.filters import scoped
from engine.facade.views import (
    Changes,
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

#: 2026-11-23 17:02:44 UTC.
NOW = 1_795_453_364_000
SAO_PAULO = timezone(timedelta(hours=-3))
ACTIVE = ("queued", "processing", "retrying", "waiting_lock")
ATTENTION = ("dead_lettered", "needs_review", "ocr_needed", "unreadable")


def row(seq: int, name: str, state: str = "done", **values: object) -> DocumentRow:
    """A document row with everything a test does not care about filled in."""
    base = DocumentRow(
        seq=seq, doc_id=f"{seq:032x}", name=name, tenant="acme", family="nfe", state=state, status=None, stage=None,
        attempt=1, max_attempts=5, retry_at_ms=None, added_ms=NOW - 60_000, finished_ms=None, total=None, findings=0,
        errors=0, trace_id=f"tr_{seq:06x}", members=None,
    )  # fmt: skip
    return replace(base, **values)  # type: ignore[arg-type]


def showcase() -> list[DocumentRow]:
    """One document in every state, as in the layout the inbox was designed from."""
    return [
        row(1, "nfe-31260807000000009922.xml", stage=10, status="OK", finished_ms=NOW - 57_900, total="1204.00"),
        row(2, "nfe-31260807000000009921.xml", "waiting_lock", stage=0, added_ms=NOW - 27_000),
        row(3, "balancete.xlsx", "dead_lettered", family="xlsx", stage=3, attempt=5, added_ms=NOW - 660_000,
            finished_ms=NOW - 633_000),
        row(4, "nfe-31260807000000009920.xml", "needs_review", stage=10, status="ALERTA", findings=2,
            added_ms=NOW - 240_000, finished_ms=NOW - 236_000, total="48210.55"),
        row(5, "lote-setembro.zip", tenant="solaris", family="zip", state="processing", stage=0, members=212,
            added_ms=NOW - 52_000),
        row(6, "danfe-scan-118.pdf", "retrying", tenant="solaris", family="pdf", stage=2, attempt=2,
            retry_at_ms=NOW + 4_000, added_ms=NOW - 41_000),
        row(7, "extrato-out.csv", "processing", family="csv", stage=2, added_ms=NOW - 9_000),
        row(8, "nfe-35260911000000000418.xml", "processing", stage=3, added_ms=NOW - 3_000),
        row(9, "nfe-35260911000000000417.xml", "processing", stage=4, added_ms=NOW - 3_000),
        row(10, "lote-agosto.zip!notas/nfe-35260811000000000077.xml", stage=10, status="ERRO", findings=3, errors=1,
            added_ms=NOW - 500_000, finished_ms=NOW - 497_900, total="48210.55"),
        row(11, "digitalização 12.jpg", "ocr_needed", family="image", stage=10, added_ms=NOW - 700_000,
            finished_ms=NOW - 699_000),
        row(12, "bpe-3526.xml", "unsupported", family="recognised", stage=10, added_ms=NOW - 7_300_000,
            finished_ms=NOW - 7_299_000),
        row(13, "quebrado.xml", "unreadable", family="unknown", stage=10, added_ms=NOW - 7_400_000,
            finished_ms=NOW - 7_399_000),
        row(14, "nfe-repetida.xml", "duplicate", stage=10, added_ms=NOW - 90_000_000, finished_ms=NOW - 89_990_000),
        row(15, "nfe-desistida.xml", "cancelled", stage=4, added_ms=NOW - 91_000_000, finished_ms=NOW - 90_990_000),
        row(16, "nfe-na-fila.xml", "queued", added_ms=NOW - 1_000),
    ]  # fmt: skip


class FakeDocuments:
    """Documents over a list in ascending order of `seq`."""

    def __init__(self, rows: list[DocumentRow]) -> None:
        self.rows = rows
        self.commands: list[tuple[str, tuple[str, ...]]] = []
        self.refuse: dict[str, str] = {}
        self.pages = 0
        self.raises: Exception | None = None
        self.changed: Callable[[], None] = lambda: None

    def _matching(self, filter: str, tenant: str) -> list[DocumentRow]:
        # What cannot be read is refused as the real one refuses it.
        scoped(filter, tenant, NOW)
        found = self.rows
        for word in filter.split():
            if word.startswith("state:"):
                wanted = word.removeprefix("state:")
                states = ACTIVE if wanted == "active" else (wanted,)
                found = [row for row in found if row.state in states]
            else:
                found = [row for row in found if word in row.name or word in row.doc_id]
        return found

    async def page(self, filter: str, tenant: str, after: int | None, limit: int, newest_first: bool) -> Page:
        self.pages += 1
        await asyncio.sleep(0)
        if self.raises is not None:
            raise self.raises
        found = self._matching(filter, tenant)
        if newest_first:
            found = [row for row in reversed(found) if after is None or row.seq < after]
        else:
            found = [row for row in found if after is None or row.seq > after]
        return Page(rows=tuple(found[:limit]), more=len(found) > limit)

    async def count(self, filter: str, tenant: str) -> int:
        return len(self._matching(filter, tenant))

    async def anchors(self, filter: str, tenant: str, every: int, newest_first: bool) -> tuple[int, ...]:
        rows = self._matching(filter, tenant)
        return tuple(row.seq for row in (rows[::-1] if newest_first else rows)[every - 1 :: every])

    async def ids(self, filter: str, tenant: str, limit: int) -> tuple[str, ...]:
        return tuple(row.doc_id for row in self._matching(filter, tenant)[:limit])

    async def detail(self, doc_id: str, language: str) -> DocumentDetail | None:
        found = next(row for row in self.rows if row.doc_id == doc_id)
        return detail_of(found, language)

    async def counts(self, tenant: str) -> InboxCounts:
        return InboxCounts(
            documents=len(self.rows),
            active=sum(row.state in ACTIVE for row in self.rows),
            need_attention=sum(row.state in ATTENTION for row in self.rows),
            per_minute=41 if self.rows else 0,
        )

    async def requeue(self, doc_ids: Sequence[str]) -> CommandResult:
        return self._done("requeue", tuple(doc_ids))

    async def reprocess(self, doc_ids: Sequence[str]) -> CommandResult:
        return self._done("reprocess", tuple(doc_ids))

    async def cancel(self, doc_ids: Sequence[str]) -> CommandResult:
        return self._done("cancel", tuple(doc_ids))

    def _done(self, verb: str, subjects: tuple[str, ...]) -> CommandResult:
        self.commands.append((verb, subjects))
        refused = tuple(Refusal(subject=s, reason=self.refuse[s]) for s in subjects if s in self.refuse)
        self.changed()
        return CommandResult(done=len(subjects) - len(refused), refused=refused, undo=None)


NOBODY = PartyView(id=None, name=None, uf=None)


def step(agent: int, took_ms: int, attempt: int = 1, state: str = "done", error: str | None = None) -> StepView:
    """A line of a timeline."""
    return StepView(
        document="",
        agent=f"A{agent}", event="evt.doc.parsed", attempt=attempt, run=0, started_ms=NOW, took_ms=took_ms,
        wait_ms=None if agent == 0 else 2 + agent, state=state, error=error,
    )  # fmt: skip


def detail_of(row: DocumentRow, language: str) -> DocumentDetail:
    """A document's detail: a full one for notes, a bare one for the rest, a dead letter's error where there is one."""
    note = row.family == "nfe" and row.state in ("done", "needs_review")
    findings = (
        FindingView(code="ICMS-17", severity="ERRO", item=3, message="alíquota 18 % ≠ 12 % interestadual",
                    legal="Res. SF 22/1989, art. 1º", path="/nfeProc/NFe/infNFe/det[3]/imposto/ICMS/ICMS00/pICMS",
                    found="18.00", expected="12.00", cstat="693"),
        FindingView(code="NCM-04", severity="ALERTA", item=7, message="NCM 8471.30.12 sem CEST", legal=None,
                    path="/nfeProc/NFe/infNFe/det[7]/prod", found="84713012", expected=None, cstat=None),
        FindingView(code="TOT-02", severity="ALERTA", item=None, message="soma dos itens difere do total em R$ 0,01",
                    legal=None, path=None, found=None, expected=None, cstat=None),
    )  # fmt: skip
    chosen = findings[:1] * row.errors + findings[1 : 1 + row.findings - row.errors]
    steps = tuple(
        step(agent, took, attempt=2 if agent == 4 else 1)
        for agent, took in enumerate((4, 38, 310, 92, 1_200, 41, 33, 20, 61, 12, 3))
        # The planner's step is the job's, and the parser shares the normalizer's.
        if agent not in (0, 2)
    )
    failed = row.state == "dead_lettered"
    if failed:
        steps = (steps[0], step(3, 60, attempt=5, state="dead", error="HeaderNotFound: Razão"))
    return DocumentDetail(
        row=row,
        issuer=PartyView(id="12345678000190", name="ACME COMERCIO LTDA", uf="SP") if note else NOBODY,
        recipient=PartyView(id="98765432000110", name="SOLARIS INDUSTRIA SA", uf="MG") if note else NOBODY,
        access_key="35260911222333000181550010000004171000004170" if note else None,
        number="417" if note else None,
        series="1" if note else None,
        issued_at="2026-09-11T11:27:13-03:00" if note else None,
        operation="Compra" if note else None,
        confidence="0.93" if note else None,
        cfops=("6102",) if note else (),
        ncms=(),
        items=14 if note else 0,
        role="received" if note else None,
        sector=None,
        debits_cents=0,
        credits_cents=0,
        entries=0,
        event=EventView(type="110111", sequence=1, cstat="135", target=None) if row.family == "event" else None,
        findings=chosen,
        timeline=steps
        if row.state not in ACTIVE
        else tuple(one for one in steps if int(one.agent[1:]) < (row.stage or 0)),
        error=ErrorView(
            code="sheet.no_header",
            title="Sem linha de cabeçalho" if language == "pt" else "No header row",
            message='a aba "Razão" não tem cabeçalho nas 20 primeiras linhas'
            if language == "pt"
            else 'sheet "Razão" has no header row in its first 20 lines',
            hint="Corrija a planilha e tecle r." if language == "pt" else "Mend the sheet and press r.",
        )
        if failed
        else None,
        next_actions=("requeue", "reprocess") if failed else ("cancel",) if row.state in ACTIVE else ("reprocess",),
    )


class FakeJobs:
    """Intake into the list of documents; a name that says so is refused or known."""

    def __init__(self, documents: FakeDocuments) -> None:
        self._documents = documents
        self.closed: list[str] = []

    async def open(self, tenant: str) -> str:
        self._documents.commands.append(("open", (tenant,)))
        return "job_1"

    async def add(self, job: str, tenant: str, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]:
        rows = self._documents.rows
        for path in paths:
            await asyncio.sleep(0)
            self._documents.commands.append(("add", (str(path),)))
            if "waits" in path.name:
                error = {
                    "code": "NX-E20",
                    "message": "/x has 1 MB free; intake waits below 200 MB.",
                    "hint": "Free some space.",
                }
                yield {"file": str(path), "docId": None, "jobId": job, "state": "waiting", "error": error}
            if "refused" in path.name:
                yield {"file": str(path), "error": {"code": "NX-E11", "message": "no such file", "hint": ""}}
                continue
            rows.append(row(len(rows) + 1, path.name, "queued", added_ms=NOW))
            self._documents.changed()
            yield {"file": str(path), "docId": rows[-1].doc_id, "jobId": job, "already": "known" in path.name}

    async def close(self, job: str) -> None:
        self.closed.append(job)


class FakeAlarms:
    """What somebody should look at."""

    def __init__(self) -> None:
        self.standing: tuple[Any, ...] = ()

    async def raised(self) -> tuple[Any, ...]:
        return self.standing


class FakeEngine:
    """The members of the facade that the terminal UI uses."""

    def __init__(self, rows: list[DocumentRow] | None = None, state: str = "running") -> None:
        self.documents = FakeDocuments(showcase() if rows is None else rows)
        self.documents.changed = self.bump
        self.jobs = FakeJobs(self.documents)
        self.alarms = FakeAlarms()
        self.state = state
        self.version = 1
        self.stages: dict[str, int] = {}
        self.asked = 0

    def bump(self) -> None:
        """Something changed."""
        self.version += 1

    def changes(self, since: int) -> Changes:
        self.asked += 1
        return Changes(version=self.version, topics=frozenset({"documents"}) if self.version != since else frozenset())

    def live(self) -> Mapping[str, int]:
        return self.stages

    def engine_state(self) -> str:
        return self.state


async def _play(engine: FakeEngine) -> None:
    """Let documents walk through the agents, for people who look."""
    rows = engine.documents.rows
    while True:
        await asyncio.sleep(0.05)
        for at in range(len(rows) - 1, max(len(rows) - 8, -1), -1):
            stage = (rows[at].stage or 0) + 1
            if rows[at].state in ("queued", "processing") and stage < 11:
                rows[at] = replace(rows[at], state="processing", stage=stage)
            elif rows[at].state == "processing":
                rows[at] = replace(rows[at], state="done", status="OK", finished_ms=time.time_ns() // 1_000_000)
        if engine.version % 4 == 0:
            seq = len(rows) + 1
            rows.append(
                row(seq, f"nfe-{35260911000000000000 + seq}.xml", "queued", added_ms=time.time_ns() // 1_000_000)
            )
        engine.bump()


def main() -> None:
    """Run the real application over the fake engine, with N more documents that keep walking through the pipeline."""
    from nexus_tui.app import NexusApp
    from nexus_tui.i18n import Language

    many = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    language: Language = "en" if "en" in sys.argv else "pt-BR"
    tasks: list[asyncio.Task[None]] = []

    async def start() -> FakeEngine:
        rows = showcase() if many >= 0 else []
        rows += [row(seq, f"nfe-{35260911000000000000 + seq}.xml", "queued") for seq in range(17, 17 + many)]
        engine = FakeEngine(rows)
        if many:
            tasks.append(asyncio.create_task(_play(engine)))
        return engine

    app = NexusApp(
        start,
        clock=(lambda: time.time_ns() // 1_000_000) if many else (lambda: NOW),
        zone=SAO_PAULO,
        language=language,
        tenant=os.environ.get("NEXUS_TENANT", "default"),
        term=os.environ.get("TERM", ""),
    )
    app.run()
    if left := os.environ.get("NEXUS_LEFT"):
        # What comes after the application is where the appliance drains the engine: tests look whether it was reached.
        Path(left).write_text("left")


if __name__ == "__main__":
    main()
