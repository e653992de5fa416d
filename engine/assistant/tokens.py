"""A question as tokens: words without accents and case, numbers, rule codes, symbols. Every visible character belongs to one or is plain punctuation."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Final, NamedTuple

from engine.fiscal.money import Language

_TOKEN: Final = re.compile(
    r"[Rr]\$|US\$"
    r"|[A-Za-z]{3}-[0-9]{2}(?!\w)"  # TOT-20
    r"|[0-9]\.[0-9]\.[0-9]\.[0-9]{2}(?!\w)"  # account 1.1.2.01
    r"|[0-9]{4}\.[0-9]{2}\.[0-9]{2}(?!\w)"  # NCM 7318.15.00
    r"|[0-9]+(?:[.,][0-9]+)*(?!\w)"
    r"|\w+(?:['’]\w+)?"
    r"|>=|<=|[^\s\w]"
)
_DIGITS: Final = "0123456789"
#: Said with the voice; an interior one parts two questions and is a token of its own.
_BREAKS: Final = frozenset("?!.;:,…")
_SILENT: Final = frozenset("\"'“”«»‘’()")
_UNSAID: Final = str.maketrans("", "", "ºª°'’")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")


class Token(NamedTuple):
    """A piece of the question: as it was typed, and folded for comparison."""

    text: str
    folded: str

    @property
    def is_number(self) -> bool:
        return self.text[0] in _DIGITS and all(letter in _DIGITS or letter in ".," for letter in self.text)

    @property
    def is_break(self) -> bool:
        return self.text in _BREAKS


def fold(text: str) -> str:
    """Without accents, case, apostrophes and ordinal marks."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_UNSAID))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).casefold()


def tokenize(question: str) -> list[Token]:
    """The tokens in order. Punctuation at either end says nothing; inside it is kept."""
    tokens: list[Token] = []
    before = 0
    for found in _TOKEN.finditer(question):
        text = found[0]
        joins = (
            text == "-" and found.start() == before and before > 0 and question[found.end() : found.end() + 1].isalpha()
        )
        before = found.end()
        if text in _SILENT or joins:
            continue
        tokens.append(Token(text, fold(text)))
    while tokens and tokens[-1].is_break:
        tokens.pop()
    while tokens and tokens[0].is_break:
        del tokens[0]
    return tokens


def number(text: str, language: Language) -> Decimal | None:
    """A number as a person types it. One separator before three digits groups thousands where the language writes it so; `None` where it cannot be told."""
    dots, commas = text.count("."), text.count(",")
    if not dots and not commas:
        return Decimal(text)
    last = max(text.rfind("."), text.rfind(","))
    if dots and commas:
        whole, grouping = text[:last], "," if text[last] == "." else "."
        if text.count(text[last]) > 1 or not re.fullmatch(rf"\d{{1,3}}(?:\{grouping}\d{{3}})+", whole):
            return None
        return Decimal(f"{whole.replace(grouping, '')}.{text[last + 1 :]}")
    groups = _THOUSANDS.fullmatch(text)
    if dots + commas > 1:
        return Decimal(text.replace(".", "").replace(",", "")) if groups else None
    if groups and text[last] == ("." if language == "pt" else ",") and not text.startswith("0"):
        return Decimal(text.replace(text[last], ""))
    return Decimal(text.replace(",", "."))
