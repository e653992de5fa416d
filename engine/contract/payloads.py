"""Payload types of the wire, strict: optional fields are absent, never null; unknown keys are dropped.

Amounts are JSON numbers on the wire and Decimal here; row values are any JSON and may be null. Fields marked *local* are additions that the
deployment drops: `extraction` carries what the bytes became from agent to agent, as an object while it is warm in memory.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from engine.contract.comparison import AIFinding, DeterministicCrossValidation
from engine.contract.events import EventName
from engine.contract.fields import (
    Filled,
    Local,
    LocalRun,
    NonNegative,
    Row,
    Share,
    Url,
    Wire,
    check_amount,
    check_share,
)


class Kind(StrEnum):
    """What the bytes are; NFC-e, CT-e, MDF-e and NFS-e travel as NFE_XML with a tag naming the family."""

    #: XML of the national fiscal documents.
    NFE_XML = "NFE_XML"
    #: Text table.
    CSV = "CSV"
    #: Spreadsheet.
    XLSX = "XLSX"
    #: Portable document.
    PDF = "PDF"
    #: Scan or photo.
    IMAGE = "IMAGE"
    #: Anything else.
    UNSUPPORTED = "UNSUPPORTED"


Source = Literal["upload", "api", "backfill", "sync"]
ReadStatus = Literal["parsed", "ocr_needed", "unsupported", "error"]
Status = Literal["OK", "ALERTA", "ERRO"]
OperationType = Literal["Compra", "Venda", "Devolução", "Serviço", "Transferência", "Outros"]


class Origin(Wire, frozen=True, kw_only=True):
    """Where a document came from inside a container, and its tags."""

    source_zip: str | UnsetType = UNSET
    internal_path: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET


class Document(Wire, frozen=True, kw_only=True):
    """A document as events name it."""

    doc_id: str
    tenant_id: str
    source: Source
    kind: Kind
    name: str
    size_bytes: NonNegative
    checksum: str | UnsetType = UNSET
    uploaded_at: str
    status: ReadStatus
    storage_url: Url | UnsetType = UNSET
    encoding: str | UnsetType = UNSET
    meta: Origin | UnsetType = UNSET
    data: list[Row] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    error: str | UnsetType = UNSET


class PipelineOptions(Wire, frozen=True, kw_only=True):
    """How a job wants to be run."""

    priority: Literal["low", "normal", "high"] | UnsetType = UNSET
    reprocess: bool | UnsetType = UNSET
    dry_run: bool | UnsetType = UNSET


class PipelineRequested(Wire, frozen=True, kw_only=True):
    """evt.pipeline.requested"""

    trace_id: str
    tenant_id: str
    documents: list[Document]
    options: PipelineOptions | UnsetType = UNSET


class StructuredLine(Wire, frozen=True, kw_only=True):
    """A row as it was read."""

    line_id: str
    values: Row
    warnings: list[str] | UnsetType = UNSET


class Attachment(Wire, frozen=True, kw_only=True):
    """A file inside a file."""

    filename: str
    mime_type: str
    size_bytes: NonNegative


class ParsedDocument(Wire, frozen=True, kw_only=True):
    """evt.doc.parsed"""

    doc: Document
    parsed_at: str
    parser_version: str
    ocr_applied: bool = False
    normalized_text: str | UnsetType = UNSET
    structured_data: list[StructuredLine] | UnsetType = UNSET
    attachments: list[Attachment] | UnsetType = UNSET
    #: *local*: what extraction made of the bytes.
    extraction: Local = UNSET


class NormalizedLine(Wire, frozen=True, kw_only=True):
    """A row with the stable keys."""

    line_id: str
    doc_id: str
    sequence: NonNegative
    values: Row
    normalized_at: str
    issues: list[str]


class NormalizedDocument(Wire, frozen=True, kw_only=True):
    """evt.doc.normalized"""

    doc: Document
    lines: list[NormalizedLine]
    normalization_version: str
    normalized_at: str
    unit_system: Literal["metric"] = "metric"
    currency: Literal["BRL"] = "BRL"
    #: *local*
    extraction: Local = UNSET


class KeyMetric(Wire, frozen=True, kw_only=True):
    """A figure of the summary; none of its parts may be empty."""

    metric: Filled
    value: Any
    insight: Filled

    def __post_init__(self) -> None:
        if self.value is None or self.value == "":
            raise ValueError("value must not be empty")


class Summary(Wire, frozen=True, kw_only=True):
    """The report in a few words."""

    title: Filled
    summary: Filled
    key_metrics: list[KeyMetric]
    actionable_insights: list[str]
    strategic_recommendations: list[str] | UnsetType = UNSET


class Inconsistency(Wire, frozen=True, kw_only=True):
    """A finding on the wire, in pt-BR."""

    code: str
    message: str
    explanation: str
    normative_base: str | UnsetType = UNSET
    severity: Literal["ERRO", "ALERTA", "INFO"]


class Classification(Wire, frozen=True, kw_only=True):
    """What kind of operation it is, from the viewpoint of the own company."""

    operation_type: OperationType
    business_sector: str
    confidence: Share

    def __post_init__(self) -> None:
        check_share("confidence", self.confidence)


class AuditedDocument(Wire, frozen=True, kw_only=True):
    """A document with its findings; `score` is 1 when clean."""

    doc: Document
    status: Status
    score: Share | UnsetType = UNSET
    inconsistencies: list[Inconsistency]
    classification: Classification | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_share("score", self.score)


class AccountingEntry(Wire, frozen=True, kw_only=True):
    """An entry as the report lists it."""

    doc_id: str
    doc_name: str
    account: str
    type: Literal["D", "C"]
    value: Decimal

    def __post_init__(self) -> None:
        check_amount("value", self.value)


class LedgerEntry(Wire, frozen=True, kw_only=True):
    """An entry of the ledger."""

    doc_id: str
    entry_id: str
    account: str
    type: Literal["D", "C"]
    amount: Decimal
    currency: Literal["BRL"] = "BRL"
    memo: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_amount("amount", self.amount)


class TaxApportion(Wire, frozen=True, kw_only=True):
    """A tax and where it is due."""

    doc_id: str
    tax_type: Literal["ICMS", "PIS", "COFINS", "ISS", "IPI", "OTHER"]
    jurisdiction: str
    basis_amount: Decimal
    tax_amount: Decimal
    confidence: Share
    methodology: str

    def __post_init__(self) -> None:
        check_amount("basisAmount", self.basis_amount)
        check_amount("taxAmount", self.tax_amount)
        check_share("confidence", self.confidence)


class ReconIssue(Wire, frozen=True, kw_only=True):
    """Where entries or taxes and the document differ."""

    code: str
    description: str
    severity: Literal["INFO", "ALERTA", "CRITICO"]
    references: list[str] | UnsetType = UNSET


class ReconReport(Wire, frozen=True, kw_only=True):
    """Debits against credits, apportionment against the document."""

    doc_id: str
    status: Status
    reconciled_at: str
    issues: list[ReconIssue]
    summary: str


class AuditReport(Wire, frozen=True, kw_only=True):
    """The report."""

    trace_id: str
    doc_id: str
    summary: Summary
    documents: list[AuditedDocument]
    aggregated_metrics: dict[str, Any] | UnsetType = UNSET
    accounting_entries: list[AccountingEntry] | UnsetType = UNSET
    ledger_entries: list[LedgerEntry] | UnsetType = UNSET
    tax_apportion: list[TaxApportion] | UnsetType = UNSET
    recon_report: ReconReport | UnsetType = UNSET
    ai_driven_insights: list[AIFinding] | UnsetType = UNSET
    cross_validation_results: list[Any] | UnsetType = UNSET
    deterministic_cross_validation: list[DeterministicCrossValidation] | UnsetType = UNSET
    generated_at: str


class AuditDone(Wire, frozen=True, kw_only=True):
    """evt.audit.done"""

    audit: AuditReport
    extraction: Local = UNSET


class ClassificationReady(Wire, frozen=True, kw_only=True):
    """evt.classification.ready"""

    audit: AuditReport
    classification: Classification
    extraction: Local = UNSET
    #: *local*: role, company, operation of each item.
    viewpoint: Local = UNSET


class ClassificationNeedsReview(Wire, frozen=True, kw_only=True):
    """evt.classification.needs_review"""

    audit: AuditReport
    doc_name: str


class LedgerReady(Wire, frozen=True, kw_only=True):
    """evt.ledger.ready"""

    audit: AuditReport
    ledger_entries: list[LedgerEntry]
    #: *local*: what the ledger half of the reconciliation found.
    half: Local = UNSET
    #: *local*: the run of the booking, by which the two halves know each other.
    run: LocalRun | UnsetType = UNSET
    extraction: Local = UNSET


class TaxReady(Wire, frozen=True, kw_only=True):
    """evt.tax.ready"""

    audit: AuditReport
    tax_apportion: list[TaxApportion]
    #: *local*: what the tax half of the reconciliation found.
    half: Local = UNSET
    #: *local*: the run of the booking, by which the two halves know each other.
    run: LocalRun | UnsetType = UNSET
    extraction: Local = UNSET


class ReconDone(Wire, frozen=True, kw_only=True):
    """evt.recon.done"""

    audit: AuditReport
    recon: ReconReport
    extraction: Local = UNSET


class ReportReady(Wire, frozen=True, kw_only=True):
    """evt.report.ready"""

    audit: AuditReport
    extraction: Local = UNSET


class KnowledgeBase(Wire, frozen=True, kw_only=True):
    """What the assistant prepared."""

    doc_id: str
    embeddings_version: str
    prepared_at: str


class AssistantReady(Wire, frozen=True, kw_only=True):
    """evt.assistant.ready"""

    audit: AuditReport
    knowledge_base: KnowledgeBase


#: What each event carries.
PAYLOAD_OF: dict[EventName, type[msgspec.Struct]] = {
    EventName.PIPELINE_REQUESTED: PipelineRequested,
    EventName.DOC_INGESTED: Document,
    EventName.DOC_PARSED: ParsedDocument,
    EventName.DOC_NORMALIZED: NormalizedDocument,
    EventName.AUDIT_DONE: AuditDone,
    EventName.CLASSIFICATION_READY: ClassificationReady,
    EventName.CLASSIFICATION_NEEDS_REVIEW: ClassificationNeedsReview,
    EventName.LEDGER_READY: LedgerReady,
    EventName.TAX_READY: TaxReady,
    EventName.RECON_DONE: ReconDone,
    EventName.REPORT_READY: ReportReady,
    EventName.ASSISTANT_READY: AssistantReady,
}
