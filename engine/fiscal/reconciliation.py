"""Whether ledger and taxes agree with their document: two halves, each computed alone, and their merger.

Owns the checks and their wording; the tolerance is the audit's own (0.01 passes, 0.50 is worth a look, more is wrong).
It never corrects anything. A half is a value and `merge` is commutative, so the two may meet in either order.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

import msgspec

from engine.fiscal.amounts import leaf_cents
from engine.fiscal.chart import SUSPENSE
from engine.fiscal.findings import Severity
from engine.fiscal.ledger import Booking
from engine.fiscal.money import Language, formatted, from_cents, verdict
from engine.fiscal.note import Note
from engine.fiscal.reasons import Reason, render
from engine.fiscal.tax_kinds import TOTALS, Tax
from engine.fiscal.taxes import Apportioned

Status = Literal["OK", "ALERTA", "ERRO"]


class Weight(StrEnum):
    """Severity of an issue; the values are the wire's own."""

    #: Said so that nothing is silent.
    INFO = "INFO"
    #: Worth a person's look.
    ALERTA = "ALERTA"
    #: The books would be wrong.
    CRITICO = "CRITICO"


class Issue(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One disagreement. `references` name leaves, accounts or taxes."""

    reason: Reason
    severity: Weight
    references: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """LED-… for the ledger, TAX-… for the taxes; 00 says that nothing was entered."""
        return self.reason.code

    @property
    def description(self) -> str:
        """In Portuguese, as it is stored and sent."""
        return render(self.reason)


class Half(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one side found."""

    status: Status
    issues: tuple[Issue, ...] = ()


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Both sides together."""

    status: Status
    issues: tuple[Issue, ...]

    def summary(self, language: Language = "pt") -> str:
        """One sentence over the issues that count."""
        count = sum(issue.severity is not Weight.INFO for issue in self.issues)
        reason = Reason(code="issues", arguments={"count": str(count)}) if count else Reason(code="clean")
        return render(reason, language)


def ledger_half(note: Note, booking: Booking) -> Half:
    """In every set of books debits equal credits, the counterparty stands at vNF, and nothing is in suspense."""
    if booking.refusal is not None:
        return _refused("LED-00", booking.refusal)
    issues: list[Issue] = []
    written = note.total().text("vNF")
    for owner in dict.fromkeys(entry.owner for entry in booking.entries):
        entries = [entry for entry in booking.entries if entry.owner == owner]
        debits = sum(entry.cents for entry in entries if entry.type == "D")
        credits = sum(entry.cents for entry in entries if entry.type == "C")
        if debits != credits:
            arguments = {"debits": _money(debits), "credits": _money(credits)}
            issues.append(
                Issue(reason=Reason(code="LED-01", arguments=arguments), severity=Weight.CRITICO, references=(owner,))
            )
        principal = sum(entry.cents if entry.principal > 0 else -entry.cents for entry in entries if entry.principal)
        if written is not None and principal != leaf_cents(written):
            arguments = {"booked": _money(principal), "total": _money(leaf_cents(written))}
            issues.append(
                Issue(reason=Reason(code="LED-02", arguments=arguments), severity=Weight.CRITICO, references=("vNF",))
            )
        suspended = sum(entry.cents for entry in entries if entry.account == SUSPENSE.code)
        weight = _weight(suspended)
        if weight is not None:
            # In a list discount, freight and ST live in vNF only: a difference is expected, not wrong.
            weight = Weight.ALERTA if note.medium == "list" else weight
            arguments = {"difference": _money(suspended)}
            references = ("vNF", SUSPENSE.code)
            issues.append(
                Issue(reason=Reason(code="LED-03", arguments=arguments), severity=weight, references=references)
            )
    return _half(issues)


def taxes_half(note: Note, apportioned: Apportioned) -> Half:
    """Each tax's rows sum to the document's own total of it, in every set of books."""
    if apportioned.refusal is not None:
        return _refused("TAX-00", apportioned.refusal)
    owners = tuple(dict.fromkeys(row.owner for row in apportioned.rows)) or ("",)
    sums: dict[tuple[str, Tax], int] = {}
    for row in apportioned.rows:
        sums[row.owner, row.tax] = sums.get((row.owner, row.tax), 0) + row.tax_cents
    issues: list[Issue] = []
    for tax, leaves in TOTALS.items():
        if note.medium == "list" and not any(leaf in note.total(group) for group, leaf in leaves):
            continue
        total = 0
        for group, leaf in leaves:
            if group in note.totals:
                total += leaf_cents(note.totals[group].values.get(leaf))
        for owner in owners:
            items = sums.get((owner, tax), 0)
            weight = _weight(items - total)
            if weight is not None:
                arguments = {"tax": tax.value, "items": _money(items), "total": _money(total)}
                references = tuple(f"{group}/{leaf}" for group, leaf in leaves)
                issues.append(
                    Issue(reason=Reason(code="TAX-01", arguments=arguments), severity=weight, references=references)
                )
    return _half(issues)


def merge(one: Half, other: Half) -> Reconciliation:
    """Both halves as one verdict, whichever came first."""
    issues = sorted((*one.issues, *other.issues), key=lambda issue: (issue.code, issue.references, issue.description))
    return Reconciliation(status=_status(issues), issues=tuple(issues))


def _half(issues: Iterable[Issue]) -> Half:
    found = tuple(issues)
    return Half(status=_status(found), issues=found)


def _refused(code: str, refusal: Reason) -> Half:
    reason = Reason(code=code, arguments={"reason": render(refusal)})
    return _half([Issue(reason=reason, severity=Weight.INFO)])


def _status(issues: Iterable[Issue]) -> Status:
    weights = {issue.severity for issue in issues}
    if Weight.CRITICO in weights:
        return "ERRO"
    return "ALERTA" if Weight.ALERTA in weights else "OK"


def _weight(cents: int) -> Weight | None:
    severity = verdict(from_cents(cents)) if cents else None
    if severity is None:
        return None
    return Weight.ALERTA if severity is Severity.ALERTA else Weight.CRITICO


def _money(cents: int) -> str:
    return formatted(from_cents(cents), "pt")
