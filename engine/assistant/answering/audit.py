"""What the audit and the reconciliation say: status, risk, findings, a rule explained."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from engine.assistant.answering.note import of_finding
from engine.assistant.cleaning import quoted
from engine.assistant.material import Material
from engine.assistant.plans import Explain, Findings, Verdict
from engine.assistant.replies import Citation, Reply, cite, either, listed, some
from engine.contract.calls import Scope
from engine.fiscal import rules
from engine.fiscal.findings import RISK, UNREADABLE_RISK, Finding, Severity
from engine.fiscal.money import Language, formatted

_PLURALS: Final = {
    Severity.ERRO: (("erro", "erros"), ("error", "errors")),
    Severity.ALERTA: (("alerta", "alertas"), ("alert", "alerts")),
    Severity.INFO: (("informação", "informações"), ("info", "infos")),
}
#: Longest sentence of a finding in an answer.
LONGEST: Final = 400


def counted(found: tuple[Finding, ...], language: Language) -> str:
    """`1 erro, 2 alertas`; every severity is told, so that none is thought to be hidden."""
    parts = []
    for severity in Severity:
        count = sum(one.severity is severity for one in found)
        parts.append(f"{count} {_PLURALS[severity][language == 'en'][count != 1]}")
    return ", ".join(parts)


def verdict(plan: Verdict, material: Material, scope: Scope, language: Language) -> Reply:
    """Status, risk, summary, title, reconciliation."""
    doc, report = material.document.doc, material.report
    status = report.documents[0].status
    count = counted(material.findings, language)
    match plan.name:
        case "status":
            text = either(language, f"Situação: {status} ({count}).", f"Status: {status} ({count}).")
            return Reply(
                text=text,
                citations=some(
                    [cite(doc, path="documents[0].status", text=status), *_of(doc, material.findings, language)]
                ),
            )
        case "risk":
            return _risk(material, status, count, language)
        case "title":
            return Reply(text=quoted(report.summary.title, 300), citations=(cite(doc, path="summary.title"),))
        case "summary":
            # The report is written in Portuguese and stored so.
            lines = [
                quoted(report.summary.summary, 1500),
                *(f"- {quoted(line, LONGEST)}" for line in report.summary.actionable_insights[:20]),
            ]
            return Reply(
                text="\n".join(lines),
                citations=some([cite(doc, path="summary"), *_of(doc, material.findings, language)]),
            )
    recon = report.recon_report
    if recon is UNSET:
        return Reply(
            text=either(language, "O relatório não traz conciliação.", "The report holds no reconciliation."),
            citations=(cite(doc),),
        )
    heading = either(language, "Conciliação", "Reconciliation") + f": {recon.status}. {quoted(recon.summary, 300)}."
    lines = [f"{issue.severity} {issue.code}: {quoted(issue.description, LONGEST)}" for issue in recon.issues]
    citations = [
        cite(doc, path="reconReport"),
        *(
            cite(doc, finding=issue.code, path=f"reconReport.issues[{place}]", text=issue.description)
            for place, issue in enumerate(recon.issues)
        ),
    ]
    return Reply(text=listed(heading, lines, language), citations=some(citations))


def _risk(material: Material, status: str, count: str, language: Language) -> Reply:
    doc, points = material.document.doc, material.document.risk
    if points is None:
        return Reply(
            text=either(language, "O relatório não traz risco.", "The report states no risk."), citations=(cite(doc),)
        )
    weights = ", ".join(f"{severity.value} {RISK[severity]}" for severity in Severity)
    if points == UNREADABLE_RISK and material.document.state == "unreadable":
        weights = either(language, "arquivo ilegível", "unreadable file")
    text = either(
        language,
        f"Risco: {points} pontos ({weights}), situação {status}: {count}.",
        f"Risk: {points} points ({weights}), status {status}: {count}.",
    )
    return Reply(
        text=text, citations=some([cite(doc, path="risk", text=str(points)), *_of(doc, material.findings, language)])
    )


def _of(doc: str, found: tuple[Finding, ...], language: Language) -> list[Citation]:
    return [of_finding(doc, one, language) for one in found]


def findings(plan: Findings, material: Material, scope: Scope, language: Language) -> Reply:
    """Findings of some severities or of one item, errors first."""
    doc = material.document.doc
    item = None if plan.item is None else int(plan.item)
    if item is not None and all(one.number != item for one in material.items):
        return no_item(material, item, language)
    wanted = tuple(
        one
        for one in material.findings
        if (not plan.severities or one.severity.value in plan.severities) and (item is None or one.item == item)
    )
    ordered = sorted(wanted, key=lambda one: list(Severity).index(one.severity))
    of_item = "" if item is None else either(language, f" do item {item}", f" of item {item}")
    named = _named(plan.severities, language)
    heading = f"{len(wanted)} {named[len(wanted) != 1]}{of_item}"
    if not wanted:
        others = (
            ""
            if not material.findings or not plan.severities
            else f" {either(language, 'No todo', 'In all')}: {counted(material.findings, language)}."
        )
        return Reply(
            text=either(language, f"Nenhum: {heading}.", f"None: {heading}.") + others,
            citations=(cite(doc, path="documents[0].inconsistencies"),),
        )
    citations = some(of_finding(doc, one, language) for one in ordered)
    if plan.count:
        detail = "" if plan.severities else f" ({counted(wanted, language)})"
        return Reply(text=f"{heading}{detail}.", citations=citations)
    return Reply(text=listed(f"{heading}:", [line(one, language) for one in ordered], language), citations=citations)


def _named(severities: tuple[str, ...], language: Language) -> tuple[str, str]:
    if len(severities) == 1:
        return _PLURALS[Severity(severities[0])][language == "en"]
    return ("apontamento", "apontamentos") if language == "pt" else ("finding", "findings")


def line(found: Finding, language: Language) -> str:
    """A finding on one line."""
    place = "" if found.item is None else either(language, f" (item {found.item})", f" (item {found.item})")
    return f"{found.severity.value} {found.code}{place}: {quoted(rules.render(found, language), LONGEST)}"


def no_item(material: Material, item: int, language: Language) -> Reply:
    """There is no such item."""
    count = len(material.items)
    text = either(
        language,
        f"A nota não tem item {item}; tem {count} itens.",
        f"The note has no item {item}; it has {count} items.",
    )
    return Reply(text=text, citations=(cite(material.document.doc),))


def explain(plan: Explain, material: Material, scope: Scope, language: Language) -> Reply:
    """What a rule looks at, by which law, and what it found in this note."""
    doc, code = material.document.doc, plan.code
    issues = [issue for issue in material.issues if issue.code == code]
    if issues:
        lines = [f"{issue.severity} {issue.code}: {quoted(issue.description, LONGEST)}" for issue in issues]
        return Reply(
            text="\n".join(lines),
            citations=some(cite(doc, finding=code, path="reconReport", text=issue.description) for issue in issues),
        )
    item = None if plan.item is None else int(plan.item)
    found = [one for one in material.findings if one.code == code and (item is None or one.item == item)]
    law = rules.legal(code)
    of_item = "" if item is None else either(language, f" no item {item}", f" in item {item}")
    lines = [f"{code}: {rules.describe(code, language)}."]
    if plan.part == "law":
        lines = [f"{code}: {law or either(language, 'sem base legal registrada', 'no legal base on record')}."]
    elif law is not None:
        lines.append(either(language, f"Base legal: {law}.", f"Legal base: {law}."))
    if not found:
        lines.append(
            either(language, f"Nesta nota{of_item} não fez apontamentos.", f"It found nothing{of_item} in this note.")
        )
    elif plan.part != "law":
        lines += [f"- {line(one, language)}{_values(one, plan.part, language)}" for one in found[:20]]
        if len(found) > 20:
            lines.append(either(language, f"… e mais {len(found) - 20}", f"… and {len(found) - 20} more"))
    citations = [of_finding(doc, one, language) for one in found] or [cite(doc, finding=code)]
    return Reply(text="\n".join(lines), citations=some(citations))


def _values(found: Finding, part: str, language: Language) -> str:
    """Found and expected, where the rule has them; the formula is in the sentence itself."""
    told = []
    for name, value, words in (
        ("found", found.found, ("encontrado", "found")),
        ("expected", found.expected, ("esperado", "expected")),
        ("delta", found.delta, ("diferença", "difference")),
    ):
        if value is not None and part in ("", "formula", name):
            told.append(
                f"{either(language, *words)} {quoted(formatted(value, language) if name != 'found' or found.delta is not None else value)}"
            )
    if found.cstat is not None and not part:
        told.append(f"SEFAZ {found.cstat}")
    return f" ({'; '.join(told)})" if told else ""
