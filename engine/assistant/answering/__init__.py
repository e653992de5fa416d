"""Plans to replies: one module a part of the report. Pure; every text of the document is cleaned on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine.assistant import plans
from engine.assistant.answering import audit, items, ledger, note, passages, taxes
from engine.assistant.material import Material
from engine.assistant.replies import Reply
from engine.contract.calls import Scope
from engine.fiscal.money import Language

Answering = Callable[[Any, Material, Scope, Language], Reply]

_BY_PLAN: Final[dict[type[plans.Plan], Answering]] = {
    plans.NoteFact: note.fact,
    plans.Standing: note.standing,
    plans.Verdict: audit.verdict,
    plans.Findings: audit.findings,
    plans.Explain: audit.explain,
    plans.TaxStated: taxes.stated,
    plans.TaxDue: taxes.due,
    plans.Sum: items.total,
    plans.ItemList: items.listing,
    plans.Extreme: items.extreme,
    plans.ItemFact: items.fact,
    plans.Booked: ledger.booked,
    plans.Passages: passages.mentions,
}


def carry_out(plan: plans.Plan, material: Material, scope: Scope, language: Language) -> Reply:
    """Answer a plan from a document's report, within a scope that may carry it out."""
    return _BY_PLAN[type(plan)](plan, material, scope, language)
