"""What a rule is: data that explains it and one small pure function that looks.

A new rule is a new entry in some module's `RULES`; nothing else changes. Functions yield findings whose code is the rule's own; rules of one medium and
time that look at the same thing may share a function, which runs once and yields the findings of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.money import Language
from engine.fiscal.note import Item, Medium, Note
from engine.fiscal.tables import EMPTY, Tables


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in both languages. Placeholders: `{found}`, `{expected}`, `{delta}`, `{item}` and the finding's own arguments;
    `{x:money}` writes an amount and `{x:numbers}` the amounts inside a formula as the reader's language does."""

    pt: str
    en: str

    def into(self, language: Language) -> str:
        return self.pt if language == "pt" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """Another document that claims the same key or the same number."""

    access_key: str | None
    #: sha256 of the canonical infNFe, or of the normalised core of a list.
    digest: str | None
    medium: Medium
    #: Place in the order of acknowledgement; the document acknowledged later is the one that repeats.
    order: int
    #: tpAmb: production and homologation number independently.
    environment: str | None = None
    #: Authorised, and what it says may enter the books.
    bookable: bool = False
    #: What every medium of a note may state, for comparison across them; `None` where it does not say.
    value: Decimal | None = None
    issuer: str | None = None
    recipient: str | None = None
    issue_date: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a rule may know beyond the note itself."""

    tables: Tables = EMPTY
    #: Documents of the tenant with the same access key or the same `number_identity`, itself excluded.
    twins: tuple[Twin, ...] = ()
    #: Place of the audited document in the order of acknowledgement.
    order: int = 0
    #: The moment of the audit (ISO 8601), an explicit input that is stored in the report; only rules about the future may look.
    moment: str | None = None


NoteCheck = Callable[[Note, Surroundings], Iterable[Finding]]
ItemsCheck = Callable[[Note, Sequence[Item], Surroundings], Iterable[Finding]]

BOTH_MEDIA: Final = frozenset[Medium]({"xml", "list"})
XML_ONLY: Final = frozenset[Medium]({"xml"})
LIST_ONLY: Final = frozenset[Medium]({"list"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the audit. Either `check` looks at the whole note or `check_items` at some of its items, which it judges one by one; XML-01 has
    neither."""

    code: str
    #: The worst a finding of this rule can be.
    severity: Severity
    title: Text
    #: By case: a rule that says several things names them in the finding's argument `case`; the plain one is "".
    messages: Mapping[str, Text]
    #: Law, agreement or manual the rule rests on, as cited in Portuguese.
    legal: str
    #: SEFAZ rejection codes its findings may carry.
    cstat: tuple[str, ...] = ()
    #: Code of the cloud application for the same thing.
    alias: tuple[str, ...] = ()
    #: First and last day (by the note's own date) on which the rule speaks; `None` is open.
    valid_from: str | None = None
    valid_to: str | None = None
    media: frozenset[Medium] = field(default=BOTH_MEDIA)
    #: Codes that fire unavoidably with it.
    implies: tuple[str, ...] = ()
    check: NoteCheck | None = None
    check_items: ItemsCheck | None = None

    def speaks(self, medium: Medium, day: str | None) -> bool:
        """Does the rule apply to a note of this medium and date? A note without a date is judged by the rules without bounds."""
        if medium not in self.media:
            return False
        if self.valid_from is None and self.valid_to is None:
            return True
        return day is not None and (self.valid_from or "") <= day <= (self.valid_to or "9999-12-31")
