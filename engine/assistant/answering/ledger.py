"""The entries of the ledger: their sums, whether they balance, and by account. Integer cents."""

from __future__ import annotations

from engine.assistant.answering.note import refused
from engine.assistant.cleaning import quoted
from engine.assistant.material import Entry, Material
from engine.assistant.plans import Booked
from engine.assistant.replies import Citation, Reply, cite, either, listed, money, some
from engine.contract.calls import Scope
from engine.fiscal.identifiers import mask, punctuated
from engine.fiscal.money import Language


def booked(plan: Booked, material: Material, scope: Scope, language: Language) -> Reply:
    """Sums, counts or lists of entries; a note in no books says why."""
    entries, doc = material.entries, material.document.doc
    if not entries:
        reason = refused(material, "LED-00", language)
        text = either(
            language, f"A nota não tem lançamentos. {reason}".strip(), f"The note has no entries. {reason}".strip()
        )
        return Reply(text=text, citations=(cite(doc, finding="LED-00" if reason else None, path="ledgerEntries"),))
    debits, credits = _sum(entries, "D"), _sum(entries, "C")
    everything = (cite(doc, path="ledgerEntries", text=f"D {money(debits, language)}, C {money(credits, language)}"),)
    match plan.name:
        case "debits":
            text = either(
                language,
                f"Lançado a débito: {money(debits, language)}.",
                f"Booked as debits: {money(debits, language)}.",
            )
            return Reply(
                text=text + _books(entries, language),
                citations=some(_cited(doc, one, language) for one in entries if one.side == "D"),
            )
        case "credits":
            text = either(
                language,
                f"Lançado a crédito: {money(credits, language)}.",
                f"Booked as credits: {money(credits, language)}.",
            )
            return Reply(
                text=text + _books(entries, language),
                citations=some(_cited(doc, one, language) for one in entries if one.side == "C"),
            )
        case "balanced":
            return Reply(text=_balanced(entries, language), citations=everything)
        case "count":
            return Reply(
                text=either(language, f"{len(entries)} lançamentos.", f"{len(entries)} entries."), citations=everything
            )
        case "accounts":
            return Reply(
                text=listed(
                    either(language, "Por conta:", "By account:") + _books(entries, language),
                    _by_account(entries, language),
                    language,
                ),
                citations=some(_cited(doc, one, language) for one in entries),
            )
    chosen = [one for one in entries if plan.name == "entries" or one.account == plan.account]
    if not chosen:
        text = either(language, f"Nenhum lançamento na conta {plan.account}.", f"No entry on account {plan.account}.")
        return Reply(text=text, citations=(cite(doc, path="ledgerEntries"),))
    heading = either(language, f"{len(chosen)} lançamentos:", f"{len(chosen)} entries:")
    return Reply(
        text=listed(heading, [_line(one, language) for one in chosen], language),
        citations=some(_cited(doc, one, language) for one in chosen),
    )


def _sum(entries: tuple[Entry, ...], side: str) -> int:
    return sum(one.cents for one in entries if one.side == side)


def _balanced(entries: tuple[Entry, ...], language: Language) -> str:
    """Debits against credits in every set of books."""
    companies = tuple(dict.fromkeys(one.company for one in entries))
    lines = []
    for company in companies:
        own = tuple(one for one in entries if one.company == company)
        debits, credits = _sum(own, "D"), _sum(own, "C")
        verdict = (
            either(language, "Iguais", "Equal") if debits == credits else either(language, "Diferentes", "Different")
        )
        whose = f" ({_identifier(company)})" if len(companies) > 1 else ""
        words = either(language, "débitos {}, créditos {}", "debits {}, credits {}").format(
            money(debits, language), money(credits, language)
        )
        lines.append(f"{verdict}: {words}{whose}.")
    return "\n".join(lines)


def _books(entries: tuple[Entry, ...], language: Language) -> str:
    """Says so where a sum goes over more than one set of books."""
    books = len({one.company for one in entries})
    return (
        ""
        if books == 1
        else either(
            language,
            f" São {books} escriturações, de empresas próprias nas duas pontas.",
            f" There are {books} sets of books, of own companies on both sides.",
        )
    )


def _by_account(entries: tuple[Entry, ...], language: Language) -> list[str]:
    sums: dict[tuple[str, str], dict[str, int]] = {}
    for one in entries:
        cell = sums.setdefault((one.account, one.name), {"D": 0, "C": 0})
        cell[one.side] += one.cents
    return [
        f"{account} {quoted(name, 80)}: D {money(cell['D'], language)}, C {money(cell['C'], language)}"
        for (account, name), cell in sorted(sums.items())
    ]


def _line(entry: Entry, language: Language) -> str:
    return f"{entry.side} {entry.account} {quoted(entry.name, 80)}: {money(entry.cents, language)}"


def _cited(doc: str, entry: Entry, language: Language) -> Citation:
    return cite(doc, path=f"ledgerEntries[{entry.place}]", text=_line(entry, language))


def _identifier(company: str) -> str:
    return quoted(punctuated(company) if mask(company) == company else mask(company), 40)
