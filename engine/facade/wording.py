"""Findings and errors in the reader's language."""

from __future__ import annotations

import json

from engine.extraction.wording import in_english
from engine.facade.views import ErrorView, FindingView
from engine.fiscal import rules
from engine.fiscal.findings import Finding
from engine.fiscal.money import Language
from store.records.documents import Document

UNREADABLE = {
    "pt": ("Não foi possível ler o arquivo", "Peça o arquivo original ao emitente; este fica guardado."),
    "en": ("The file could not be read", "Ask the issuer for the original file; this one is kept."),
}
FAILED = {
    "pt": ("O processamento falhou", "Corrija a causa e devolva à fila."),
    "en": ("Processing failed", "Remove the cause and requeue it."),
}


def finding_view(finding: Finding, language: Language) -> FindingView:
    """A stored finding, worded."""
    return FindingView(
        code=finding.code,
        severity=finding.severity.value,
        item=finding.item,
        path=finding.path,
        found=finding.found,
        expected=finding.expected,
        message=rules.render(finding, language),
        legal=rules.legal(finding.code),
        cstat=finding.cstat,
    )


def error_view(document: Document, language: Language) -> ErrorView | None:
    """Why a document could not be read or processed."""
    code = document.error_code
    if code is None:
        return None
    english = in_english(code, json.loads(document.error_arguments or "{}"))
    title, hint = (UNREADABLE if document.state == "unreadable" else FAILED)[language]
    message = english if language == "en" and english is not None else document.error or ""
    return ErrorView(code=code, title=title, message=message, hint=hint)
