"""Findings and errors in the reader's language."""

from __future__ import annotations

import json

from engine.extraction.archives import refusal
from engine.extraction.problems import MESSAGES
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
    texts = MESSAGES.get(code) or refusal.MESSAGES.get(code)
    title, hint = (FAILED if texts is None else UNREADABLE)[language]
    message = document.error or ""
    if texts is not None and language == "en" and document.error_arguments:
        message = texts[1].format(**json.loads(document.error_arguments))
    elif texts is not None and language == "en" and "{" not in texts[1]:
        message = texts[1]
    return ErrorView(code=code, title=title, message=message, hint=hint)
