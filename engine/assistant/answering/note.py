"""What the note says of itself, and how it stands: parties, numbers, dates, operation; authorised, cancelled, booked, repeated."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET

from engine.assistant.cleaning import quoted
from engine.assistant.material import Material
from engine.assistant.plans import NoteFact, Standing
from engine.assistant.replies import Citation, Reply, cite, either, money, some
from engine.contract.calls import Scope
from engine.fiscal.findings import Finding
from engine.fiscal.identifiers import mask, punctuated
from engine.fiscal.money import Language
from engine.fiscal.reasons import Reason, render
from engine.fiscal.rules import render as worded

_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:T|$)")
_LABELS: Final = {
    "issuer": ("Emitente", "Issuer"), "recipient": ("Destinatário", "Recipient"), "date": ("Data de emissão", "Date of issue"), "number": ("Número", "Number"),
    "series": ("Série", "Series"), "key": ("Chave de acesso", "Access key"), "model": ("Modelo", "Model"), "operation": ("Operação", "Operation"),
    "sector": ("Setor", "Sector"), "cfops": ("CFOPs", "CFOPs"), "ncms": ("NCMs", "NCMs"), "total": ("Total da nota", "Total of the note"),
}  # fmt: skip
_ROLES: Final = {
    "issued": ("emitida por empresa própria", "issued by an own company"), "received": ("recebida por empresa própria", "received by an own company"),
    "both": ("entre empresas próprias", "between own companies"), "third": ("entre terceiros", "between third parties"),
}  # fmt: skip
_WITHOUT_ARGUMENTS: Final = ("no_protocol", "homologation", "template", "repeated", "outside", "no_tax_leaves")


def fact(plan: NoteFact, material: Material, scope: Scope, language: Language) -> Reply:
    """One thing the note states, or that it does not."""
    name, doc = plan.name, material.document.doc
    if name == "total":
        return _total(material, scope, language)
    if name in ("parties", "number_series"):
        parts = ("issuer", "recipient") if name == "parties" else ("number", "series")
        replies = [fact(NoteFact(name=part), material, scope, language) for part in parts]
        return Reply(
            text="\n".join(reply.text for reply in replies),
            citations=some(one for reply in replies for one in reply.citations),
        )
    side, _, detail = name.partition("_")
    label = either(language, *_LABELS[side])
    if side in ("issuer", "recipient"):
        shown = _party(material, side, detail)
        label += {"id": " (CNPJ/CPF)", "uf": " (UF)"}.get(detail, "")
    else:
        shown = _plain(name, material, language)
    if not shown:
        return Reply(
            text=either(language, f"{label}: o documento não informa.", f"{label}: the document does not say."),
            citations=(cite(doc),),
        )
    return Reply(text=f"{label}: {shown}.", citations=(cite(doc, path=name, text=shown),))


def _total(material: Material, scope: Scope, language: Language) -> Reply:
    """vNF from the key metrics; a document without rules has only what its own record says."""
    doc, metrics = material.document.doc, material.report.aggregated_metrics
    label = either(language, *_LABELS["total"])
    value: Any = None if metrics is UNSET else metrics.get("total")
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        amount = money(Decimal(value), language)
        note = either(language, "vNF, como escrito no documento", "vNF, as the document says")
        objections = [found for found in material.findings if found.code == "TOT-20"]
        lines = [
            f"{label}: {amount} ({note}).",
            *(f"TOT-20: {quoted(worded(found, language), 400)}" for found in objections),
        ]
        citations = [
            cite(doc, path="aggregatedMetrics.total", text=amount),
            *(of_finding(doc, found, language) for found in objections),
        ]
        return Reply(text="\n".join(lines), citations=some(citations))
    written = material.document.total if scope == "full" else None
    if written is None:
        return Reply(
            text=either(language, f"{label}: o relatório não o traz.", f"{label}: the report does not state it."),
            citations=(cite(doc),),
        )
    try:
        shown = money(Decimal(written), language)
    except ArithmeticError:
        shown = quoted(written, 40)
    return Reply(text=f"{label}: {shown}.", citations=(cite(doc, path="total", text=shown),))


def _party(material: Material, side: str, detail: str) -> str:
    document = material.document
    identifier, name, uf = (
        (document.issuer, document.issuer_name, document.issuer_uf)
        if side == "issuer"
        else (document.recipient, document.recipient_name, document.recipient_uf)
    )
    shown = (
        ""
        if not identifier
        else quoted(punctuated(identifier) if mask(identifier) == identifier else mask(identifier), 40)
    )
    if detail:
        return {"id": shown, "name": quoted(name or ""), "uf": quoted(uf or "", 10)}[detail]
    return ", ".join(part for part in (quoted(name or ""), shown, quoted(uf or "", 10)) if part)


def _plain(name: str, material: Material, language: Language) -> str:
    document = material.document
    match name:
        case "date":
            return date(document.issued or "", language)
        case "key":
            known = document.medium or document.family not in ("nfe", "nfce")
            return quoted(document.access_key or "", 60) if known else ""
        case "model":
            return quoted(material.items[0].text("nfe_modelo"), 10) if material.items else ""
        case "operation":
            return _operation(material, language)
        case "sector":
            return quoted(document.sector or "")
        case "cfops" | "ncms":
            codes = document.cfops if name == "cfops" else document.ncms
            return quoted(", ".join((codes or "").split()), 2000)
    return quoted(getattr(document, name) or "", 60)


def _operation(material: Material, language: Language) -> str:
    classified = material.report.documents[0].classification
    if material.document.operation is None or classified is UNSET:
        return ""
    role = _ROLES.get(material.document.role or "")
    return f"{quoted(classified.operation_type)}" + (f" ({either(language, *role)})" if role else "")


def date(text: str, language: Language) -> str:
    """A date as the document writes it, the day in the reader's order."""
    found = _DATE.match(text)
    if found is None:
        return quoted(text, 40)
    day = f"{found[3]}/{found[2]}/{found[1]}" if language == "pt" else found[0].removesuffix("T")
    return day if len(text) == 10 else f"{day} ({quoted(text, 40)})"


def of_finding(doc: str, found: Finding, language: Language) -> Citation:
    """A finding as a citation."""
    return cite(doc, finding=found.code, item=found.item, path=found.path, text=worded(found, language))


def standing(plan: Standing, material: Material, scope: Scope, language: Language) -> Reply:
    """Yes or no, and what it rests on."""
    if plan.name == "duplicate":
        return _duplicate(material, language)
    document, doc = material.document, material.document.doc
    if document.bookable is None:
        text = either(
            language,
            "Não é nota que se escriture: o relatório não diz.",
            "It is no note that is booked: the report does not say.",
        )
        return Reply(text=text, citations=(cite(doc),))
    reason = refused(material, "LED-00", language)
    if plan.name == "booked":
        if material.entries:
            count = len(material.entries)
            return Reply(
                text=either(language, f"Sim: {count} lançamentos.", f"Yes: {count} entries."),
                citations=(cite(doc, path="ledgerEntries"),),
            )
        text = either(language, f"Não. {reason}".strip(), f"No. {reason}".strip())
        return Reply(text=text, citations=(cite(doc, finding="LED-00", path="reconReport", text=reason),))
    return _authority(plan.name == "cancelled", material, reason, language)


def _authority(cancelled: bool, material: Material, reason: str, language: Language) -> Reply:
    """What the protocol in the file says; without one, or in a list, nobody knows."""
    document, doc = material.document, material.document.doc
    if document.medium == "list" and document.bookable:
        text = either(
            language,
            "Não dá para saber: a lista não traz o protocolo.",
            "It cannot be told: the list carries no protocol.",
        )
        return Reply(text=text, citations=(cite(doc),))
    if document.bookable:
        text = either(
            language,
            "Não: o protocolo no arquivo é de autorização."
            if cancelled
            else "Sim: o arquivo traz o protocolo de autorização.",
            "No: the protocol in the file authorises it."
            if cancelled
            else "Yes: the file holds the protocol of authorisation.",
        )
        return Reply(text=text, citations=(cite(doc, path="protNFe"),))
    said = render(Reason(code="cancelled", arguments={"status": ""})).split(" ")[0]
    is_cancelled = any(said in issue.description for issue in material.issues if issue.code == "LED-00")
    about = [of_finding(doc, found, language) for found in material.findings if found.code.startswith("PRT-")]
    if cancelled:
        text = (
            either(language, f"Sim. {reason}", f"Yes. {reason}")
            if is_cancelled
            else either(
                language,
                f"O arquivo não diz que esteja cancelada. {reason}",
                f"The file does not say that it is. {reason}",
            )
        )
    else:
        text = either(
            language,
            f"O arquivo não traz autorização com valor fiscal. {reason}",
            f"The file holds no authorisation of fiscal value. {reason}",
        )
    return Reply(
        text=text.strip(), citations=some([cite(doc, finding="LED-00", path="reconReport", text=reason), *about])
    )


def refused(material: Material, code: str, language: Language) -> str:
    """Why the note is in no books (LED-00) or has no apportionment (TAX-00), in the reader's language where the sentence has no values."""
    stored = next((issue.description for issue in material.issues if issue.code == code), None)
    if stored is None:
        return ""
    if language == "en":
        for inner in _WITHOUT_ARGUMENTS:
            if stored == render(Reason(code=code, arguments={"reason": render(Reason(code=inner))})):
                return f"{render(Reason(code=code, arguments={'reason': render(Reason(code=inner), 'en')}), 'en')}."
    return f"{quoted(stored, 300)}."


def _duplicate(material: Material, language: Language) -> Reply:
    doc = material.document.doc
    found = [one for one in material.findings if one.code.startswith("DUP-")]
    if not found:
        text = either(
            language,
            "Não: o relatório não aponta outro documento com a mesma chave ou o mesmo número.",
            "No: the report names no other document with the same key or number.",
        )
        return Reply(text=text, citations=(cite(doc),))
    repeats = material.document.state == "duplicate"
    opening = (
        either(language, "Sim, é repetição.", "Yes, it repeats another.")
        if repeats
        else either(
            language,
            "Há outro documento da mesma nota, mas este não conta como repetição.",
            "There is another document of the note; this one is not counted as a repetition.",
        )
    )
    lines = [opening, *(f"{one.code}: {quoted(worded(one, language), 400)}" for one in found)]
    return Reply(text="\n".join(lines), citations=some(of_finding(doc, one, language) for one in found))
