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
_UNPACK: dict[Language, str] = {
    "pt": "Descompacte-o e envie os documentos que ele contém; este fica guardado.",
    "en": "Unpack it and send the documents it holds; this one is kept.",
}
#: What to do about a reason where it is not what is done about most.
HINTS: dict[str, dict[Language, str]] = {
    "encrypted": {"pt": "Envie-o sem senha; este fica guardado.", "en": "Send it without a password; this one is kept."},
    "symlink": {"pt": "Envie o arquivo a que o atalho leva.", "en": "Send the file that the link leads to."},
    **dict.fromkeys(("depth", "entries", "member_size", "method", "ratio", "total_size"), _UNPACK),
    "no_documents": {
        "pt": "Confira se é o arquivo certo; este fica guardado.",
        "en": "Check whether it is the right file; this one is kept.",
    },
    "expired": {"pt": "Veja por que ninguém o processou a tempo, e devolva-o à fila.", "en": "See why nobody processed it in time, and requeue it."},
}
#: Failures whose stored text is the store's own, in the reader's words.
MESSAGES: dict[str, dict[Language, str]] = {
    "expired": {
        "pt": "A mensagem esperou na fila além do prazo em que a fila guarda mensagens.",
        "en": "Its message waited longer than its queue keeps messages.",
    },
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
    if code in MESSAGES:
        message = MESSAGES[code][language]
    if code in HINTS:
        hint = HINTS[code][language]
    return ErrorView(code=code, title=title, message=message, hint=hint)
