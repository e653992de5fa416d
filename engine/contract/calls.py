"""Shapes beside the events: requests and answers of the HTTP API, and the values kept under KV keys.

Fields marked *local* are additions of this appliance; the deployment neither sends nor expects them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from engine.contract.fields import Filled, NonNegative, Url, Wire
from engine.contract.payloads import KnowledgeBase, PipelineOptions, Source

Scope = Literal["summary", "ledger", "tax", "full"]
#: `scheduled` and `report_ready` are the deployment's; the rest is *local*.
JobStatus = Literal[
    "scheduled", "planned", "processing", "report_ready", "partial", "failed", "dead_lettered", "cancelled"
]


class OfferedDocument(Wire, frozen=True, kw_only=True):
    """A document as a producer announces it."""

    name: Filled
    mime_type: Filled
    size_bytes: NonNegative
    checksum: str | UnsetType = UNSET
    storage_url: Url | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET


class IngestRequest(Wire, frozen=True, kw_only=True):
    """POST /api/ingest"""

    tenant_id: Filled
    source: Source | UnsetType = UNSET
    documents: Annotated[list[OfferedDocument], Meta(min_length=1)]
    options: PipelineOptions | UnsetType = UNSET


class IngestAccepted(Wire, frozen=True, kw_only=True):
    """202 of /api/ingest"""

    job_id: str
    doc_ids: list[str]
    #: *local*: files of the call that were not taken in, and why.
    issues: list[str] | UnsetType = UNSET


class Refused(Wire, frozen=True, kw_only=True):
    """Any 4xx and 5xx."""

    message: str
    #: *local*: what is wrong with the request.
    issues: list[str] | UnsetType = UNSET
    #: *local*: what it is called, what to do about it, and the exit code a command ends with.
    code: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    hint: str | UnsetType = UNSET
    exit_code: int | UnsetType = UNSET
    #: *local*, for a report that is not there yet.
    job_status: JobStatus | UnsetType = UNSET
    stage: int | UnsetType = UNSET
    last_error: str | UnsetType = UNSET


class AssistantRequest(Wire, frozen=True, kw_only=True):
    """POST /api/assistant"""

    doc_id: Filled
    query: Filled
    scope: Scope = "summary"


class ReportSummary(Wire, frozen=True, kw_only=True):
    """Which report an answer speaks of."""

    title: str
    generated_at: str


class AssistantAnswer(Wire, frozen=True, kw_only=True):
    """200 of /api/assistant"""

    doc_id: str
    scope: Scope
    answer: str
    knowledge: KnowledgeBase
    report_summary: ReportSummary


class Prepared(KnowledgeBase, frozen=True, kw_only=True):
    """assistant:{docId}"""

    #: *local*: rows of the full-text index, findings in it, and the report it was made from.
    fts_rows: NonNegative | UnsetType = UNSET
    findings: NonNegative | UnsetType = UNSET
    watermark: str | UnsetType = UNSET


class Job(Wire, frozen=True, kw_only=True):
    """job:{traceId}"""

    job_id: str
    tenant_id: str
    status: JobStatus
    doc_ids: list[str]
    created_at: str
    updated_at: str
    report_doc_id: str | UnsetType = UNSET
    #: *local*: by document `{status, stage, attempts, error}`; documents passed over; counts of the job.
    documents: dict[str, dict[str, Any]] | UnsetType = UNSET
    skipped: list[str] | UnsetType = UNSET
    counts: dict[str, int] | UnsetType = UNSET
