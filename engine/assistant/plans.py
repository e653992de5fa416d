"""What a question can mean: a plan names what is to be read, and nothing else. Typed, closed, free of text of the document; a scope says who may read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

import msgspec

from engine.contract.calls import Scope

Part = Literal["value", "base", "rate"]
Comparator = Literal["above", "atleast", "below", "atmost", "equal", "between"]
Severities = tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all plans."""


class NoteFact(Plan, frozen=True, kw_only=True):
    """One thing that the note says of itself: total, issuer, recipient, parties, issuer_id …, date, number, series, key, model, operation, sector, cfops, ncms."""

    name: str


class Verdict(Plan, frozen=True, kw_only=True):
    """What was made of the note: status, risk, summary, title, recon."""

    name: str


class Standing(Plan, frozen=True, kw_only=True):
    """Whether the note is authorised, cancelled, booked, a duplicate."""

    name: str


class Findings(Plan, frozen=True, kw_only=True):
    """The findings of some severities, of one item or of all."""

    severities: Severities = ()
    item: str | None = None
    count: bool = False


class Explain(Plan, frozen=True, kw_only=True):
    """One rule, and what it found here; `part` narrows it to law, formula, expected or found."""

    code: str
    item: str | None = None
    part: str = ""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of an item: value, price, quantity, discount, freight, insurance, charges, either (value or price), or a part of a tax."""

    name: str
    part: Part = "value"


class TaxStated(Plan, frozen=True, kw_only=True):
    """A tax as the items state it: its value, base or rates; of the note or of one item."""

    tax: str
    part: Part = "value"
    item: str | None = None


class TaxDue(Plan, frozen=True, kw_only=True):
    """The apportionment: which taxes are owed or recovered, where. No `tax` is all of them, no `bearing` every row."""

    tax: str = ""
    bearing: str = ""
    place: str = ""


class Sum(Plan, frozen=True, kw_only=True):
    """A sum over the items."""

    measure: Measure
    where: Condition | None = None


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """Which items: an amount compared, or a code that is equal."""

    measure: Measure | None = None
    comparator: Comparator = "equal"
    low: Decimal | None = None
    high: Decimal | None = None
    code: str = ""
    digits: str = ""


class ItemList(Plan, frozen=True, kw_only=True):
    """The items, or some of them, listed or counted."""

    where: Condition | None = None
    count: bool = False


class Extreme(Plan, frozen=True, kw_only=True):
    """The item with the most or the least of something."""

    measure: Measure
    least: bool = False


class ItemFact(Plan, frozen=True, kw_only=True):
    """One thing about one item; no name is all of it."""

    item: str
    name: str = ""


class Booked(Plan, frozen=True, kw_only=True):
    """The ledger: debits, credits, balanced, entries, count, accounts, or the entries of one account."""

    name: str
    account: str = ""


class Passages(Plan, frozen=True, kw_only=True):
    """Where words are mentioned."""

    words: tuple[str, ...]


#: Which scopes may carry a plan out, widest last.
SCOPES: Final[dict[type[Plan], tuple[Scope, ...]]] = {
    Verdict: ("summary", "full"),
    Findings: ("summary", "full"),
    Explain: ("summary", "full"),
    TaxDue: ("tax", "full"),
    Booked: ("ledger", "full"),
    TaxStated: ("full",),
    NoteFact: ("full",),
    Standing: ("full",),
    Sum: ("full",),
    ItemList: ("full",),
    Extreme: ("full",),
    ItemFact: ("full",),
    Passages: ("full",),
}


def scopes(plan: Plan) -> tuple[Scope, ...]:
    """The scopes that answer it. The total is a key metric of the summary, and so is the number of rows."""
    if isinstance(plan, NoteFact) and plan.name == "total":
        return ("summary", "full")
    if isinstance(plan, ItemList) and plan.count and plan.where is None:
        return ("summary", "full")
    if isinstance(plan, TaxStated) and plan.item is None and plan.part != "rate":
        return ("tax", "full")
    if isinstance(plan, Standing) and plan.name == "duplicate":
        return ("summary", "full")
    return SCOPES[type(plan)]
