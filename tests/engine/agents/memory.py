"""The pipeline in memory: a context without a database, and a chain that feeds every emission to the next agent.

`warm` hands payloads on as objects, as the runtime does while it runs ahead; `cold` encodes and decodes each one, as a queue does. Nothing here
keeps time: clock, ids and tables are given.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from engine.agents.context import SourceFacts
from engine.agents.outcome import (
    DocumentFacts,
    Emission,
    Event,
    Finished,
    KeyPut,
    Outcome,
    ReportText,
    Rows,
    SearchText,
)
from engine.agents.registry import AGENTS
from engine.contract import codec
from engine.contract.events import EventName
from engine.contract.payloads import PAYLOAD_OF, AuditReport, Document, Kind, Origin, PipelineRequested
from engine.extraction.documents import extract
from engine.extraction.kinds import recognise
from engine.extraction.lists.notes import note_from_slices
from engine.extraction.result import Extraction
from engine.fiscal.classification import Corrections
from engine.fiscal.companies import Companies
from engine.fiscal.rules import Surroundings
from engine.fiscal.tables import Tables
from engine.outside import iso
from store import reference

#: 2026-01-15T12:00:00Z
NOW_MS = 1_768_478_400_000
TRACE = "trace-0001"
TENANT = "default"


@cache
def official() -> Tables:
    """The code tables that ship."""
    return Tables.build(**reference.audit_rows())


@dataclass(kw_only=True)
class Given:
    """One document as intake leaves it: bytes (or the slices of a list) and what was recognised."""

    name: str
    content: bytes = b""
    header: bytes | None = None
    items: bytes | None = None
    members: int | None = None
    refusal: tuple[str, str, dict[str, str]] | None = None

    @property
    def from_list(self) -> bool:
        return self.header is not None or self.items is not None

    @property
    def whole(self) -> bytes:
        return self.content + (self.header or b"") + (self.items or b"")

    @property
    def doc_id(self) -> str:
        return hashlib.sha256(TENANT.encode() + b"\0" + hashlib.sha256(self.whole).digest()).hexdigest()[:32]

    def facts(self) -> SourceFacts:
        recognition = recognise(self.whole, len(self.whole), self.name)
        return SourceFacts(
            doc_id=self.doc_id,
            tenant=TENANT,
            name=self.name,
            kind="CSV" if self.from_list else recognition.kind,
            family="csv" if self.from_list else recognition.family,
            size=len(self.whole),
            sha=hashlib.sha256(self.whole).digest(),
            header_sha=None if self.header is None else hashlib.sha256(self.header).digest(),
            from_list=self.from_list,
            members=self.members,
            refusal=self.refusal,
        )

    def document(self) -> Document:
        facts = self.facts()
        return Document(
            doc_id=self.doc_id,
            tenant_id=TENANT,
            source="upload",
            kind=Kind(facts.kind),
            name=self.name,
            size_bytes=facts.size,
            checksum=facts.sha.hex(),
            uploaded_at=iso(NOW_MS),
            status="parsed",
            meta=Origin(tags=[facts.family]),
        )


@dataclass(kw_only=True)
class MemoryContext:
    """Context and lookup in one, over plain dictionaries."""

    given: Given
    values: dict[tuple[bool, str], bytes] = field(default_factory=dict)
    companies: Companies = field(default_factory=Companies)
    corrections: Corrections = field(default_factory=dict)
    around: Surroundings | None = None
    wall_ms: int = NOW_MS
    extractions: int = 0

    @property
    def lookup(self) -> MemoryContext:
        return self

    @property
    def now(self) -> str:
        return iso(self.wall_ms)

    async def extract(self, source: SourceFacts) -> Extraction:
        self.extractions += 1
        if source.from_list:
            return note_from_slices(self.given.header, self.given.items)
        return extract(self.given.content, self.given.name)

    async def breathe(self) -> None:
        return None

    async def value(self, key: str, *, local: bool = False) -> bytes | None:
        return self.values.get((local, key))

    async def source(self) -> SourceFacts:
        return self.given.facts()

    async def viewpoint(self) -> tuple[Companies, Corrections]:
        return self.companies, self.corrections

    async def surroundings(self) -> Surroundings:
        return self.around or Surroundings(tables=official(), moment=self.now)

    def commit(self, outcome: Outcome) -> None:
        """What a transaction would do to the keys."""
        for put in outcome.puts:
            self.values[put.local, put.key] = codec.encode(put.value)
        for delete in outcome.deletes:
            self.values.pop((delete.local, delete.key), None)


@dataclass(kw_only=True)
class Journey:
    """What a document left behind on its way through all agents."""

    outcomes: list[tuple[EventName, Outcome]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    report: AuditReport | None = None
    search: SearchText | None = None
    finished: bool = False
    keys: dict[str, KeyPut] = field(default_factory=dict)
    metrics: dict[str, int] = field(default_factory=dict)

    def add(self, name: EventName, outcome: Outcome) -> None:
        self.outcomes.append((name, outcome))
        for record in outcome.records:
            match record:
                case DocumentFacts(values=values):
                    self.facts |= values
                case Rows(table=table, rows=rows):
                    self.tables[table] = rows
                case ReportText(report=report):
                    self.report = report
                case SearchText():
                    self.search = record
                case Finished():
                    self.finished = True
        for put in outcome.puts:
            self.keys[put.key] = put
        for metric, delta in outcome.metrics:
            self.metrics[metric] = self.metrics.get(metric, 0) + delta

    @property
    def events(self) -> list[EventName]:
        return [name for name, _ in self.outcomes]

    def effect(self) -> bytes:
        """Everything that would be written, as bytes that can be compared."""
        return codec.encode([self.facts, self.tables, self.report, self.search, self.finished, self.metrics])


Pass = Callable[[EventName, Any], Any]


def warm(name: EventName, payload: Any) -> Any:
    """While it is warm in memory."""
    return payload


def cold(name: EventName, payload: Any) -> Any:
    """Through a queue."""
    return codec.decoder(PAYLOAD_OF[name])(codec.encode(payload))


def event_of(emission: Emission, **changes: Any) -> Event:
    """An emission as the next agent receives it."""
    known: dict[str, Any] = {
        "name": emission.name, "trace_id": TRACE, "doc_id": emission.doc_id, "payload": emission.payload,
        "key": emission.key, "tenant": TENANT,
    }  # fmt: skip
    return Event(**known | changes)


def requested(given: Given) -> Event:
    """The planner's event for one document."""
    payload = PipelineRequested(trace_id=TRACE, tenant_id=TENANT, documents=[given.document()])
    return Event(
        name=EventName.PIPELINE_REQUESTED,
        trace_id=TRACE,
        doc_id=TRACE,
        payload=payload,
        key=f"{TRACE}:pipeline",
        tenant=TENANT,
    )


async def handle(event: Event, context: MemoryContext) -> Outcome:
    """The agent of the event, alone."""
    return await AGENTS[event.name][1](event, context)


async def travel(
    given: Given,
    *,
    hop: Pass = warm,
    context: MemoryContext | None = None,
    late: Mapping[EventName, int] | None = None,
    rebuilt: Callable[[Event], Event] = lambda event: event,
) -> Journey:
    """One document through all agents. `late` puts an event behind so many others; `rebuilt` may change an event before it is handled."""
    context = context or MemoryContext(given=given)
    journey = Journey()
    waiting: deque[Event] = deque([requested(given)])
    delays = dict(late or {})
    while waiting:
        event = waiting.popleft()
        if waiting and delays.get(event.name, 0) > 0:
            delays[event.name] -= 1
            waiting.append(event)
            continue
        event = rebuilt(event)
        outcome = await handle(event, context)
        context.commit(outcome)
        journey.add(event.name, outcome)
        emissions = [*outcome.events, *(one for wish in outcome.locks for one in wish.held)]
        waiting.extend(
            event_of(one, payload=hop(one.name, one.payload), run=event.run, repeated=event.repeated)
            for one in emissions
        )
    return journey
