"""What queries return. Times are wall-clock milliseconds, amounts text with a dot, identifiers whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """A document in a list. `seq` is its place in the order of acknowledgement, and the key that pages hang on."""

    seq: int
    doc_id: str
    name: str
    tenant: str
    family: str
    state: str
    status: str | None
    #: The cell of the pipeline it is at, or the last one done.
    stage: int | None
    attempt: int
    max_attempts: int
    retry_at_ms: int | None
    added_ms: int
    finished_ms: int | None
    total: str | None
    findings: int
    errors: int
    trace_id: str | None
    members: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyView:
    """A party of a document."""

    id: str | None
    name: str | None
    uf: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding in the reader's language."""

    code: str
    severity: str
    item: int | None
    path: str | None
    found: str | None
    expected: str | None
    message: str
    legal: str | None
    cstat: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A line of the timeline; `state` is done, retried or dead. The planner's is of no `document`."""

    document: str
    agent: str
    event: str
    attempt: int
    run: int
    started_ms: int | None
    took_ms: int
    wait_ms: int | None
    state: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """An error as every face tells it: what happened, why it is likely, what to do."""

    code: str
    title: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """What an event says; `cstat` is the authority's answer, where the file holds it, and `target` the key it speaks of."""

    type: str | None
    sequence: int | None
    cstat: str | None
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDetail:
    """A document with what is known of it."""

    row: DocumentRow
    issuer: PartyView
    recipient: PartyView
    access_key: str | None
    number: str | None
    series: str | None
    issued_at: str | None
    cfops: tuple[str, ...]
    ncms: tuple[str, ...]
    items: int
    role: str | None
    operation: str | None
    sector: str | None
    confidence: str | None
    debits_cents: int
    credits_cents: int
    entries: int
    #: Only of a document that is an event.
    event: EventView | None
    findings: tuple[FindingView, ...]
    timeline: tuple[StepView, ...]
    error: ErrorView | None
    #: Verbs that work on the document now: requeue, reprocess, cancel.
    next_actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows in order; `more` says that the list goes on."""

    rows: tuple[DocumentRow, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxCounts:
    """The line of truth above the inbox."""

    documents: int
    active: int
    need_attention: int
    #: Documents finished in the last minute.
    per_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed since a version a face has seen; `*` stands for anything."""

    version: int
    topics: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that was given up."""

    id: int
    queue: str
    document: str | None
    name: str | None
    trace: str | None
    error_class: str
    error: str
    attempts: int
    deliveries: int
    run: int
    created_ms: int
    fingerprint: str | None
    history: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """A job and its progress."""

    id: str
    tenant: str
    source: str
    status: str
    total: int
    finished: int
    failed: int
    skipped: int
    open: bool
    created_ms: int
    updated_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """A KV key."""

    namespace: str
    key: str
    size: int
    version: int
    expires_ms: int | None
    metadata: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepView:
    """Expired keys: when they were last removed and how many then, how many ever, and when the next key expires; times in milliseconds."""

    last_ms: int | None
    removed: int
    total: int
    next_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockView:
    """A held lock; `alive` says that its trace still has a message outside the dead letters."""

    name: str
    owner: str
    fence: int
    acquired_ms: int
    expires_ms: int
    alive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyView:
    """An own company."""

    cnpj: str
    name: str | None
    regime: str | None
    uf: str | None
    cnae: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A document that matches a search."""

    doc_id: str
    name: str
    snippet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """A timer's run that was missed, overlapped or failed."""

    job: str
    what: str
    error: str | None
    at_ms: int
