"""What the assistant says: sentences in the reader's language, each with the places it is taken from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.assistant.cleaning import quoted, seen
from engine.fiscal.money import Language, formatted, from_cents

#: Lines of a list; the rest is counted.
MOST_LINES: Final = 50
MOST_CITATIONS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a statement stands: a document, and in it a finding's code, an item's number as the note has it, a place in the report or the file, its text."""

    document: str
    finding: str | None = None
    item: int | None = None
    path: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to a plan."""

    text: str
    citations: tuple[Citation, ...] = ()


def either(language: Language, portuguese: str, english: str) -> str:
    """The sentence in the reader's language."""
    return portuguese if language == "pt" else english


def money(amount: Decimal | int, language: Language) -> str:
    """An amount, or integer cents, as R$: every place that says something, two at least."""
    value = from_cents(amount) if isinstance(amount, int) else amount.normalize()
    return f"R$ {formatted(value, language)}"


def figure(value: Decimal, language: Language) -> str:
    """A quantity or a rate without idle zeros."""
    shown = f"{value.normalize():f}"
    return shown.replace(".", ",") if language == "pt" else shown


def cite(
    document: str,
    *,
    finding: str | None = None,
    item: int | None = None,
    path: str | None = None,
    text: str | None = None,
) -> Citation:
    """A citation, its text cleaned."""
    return Citation(
        document=document,
        finding=finding,
        item=item,
        path=None if path is None else seen(path)[:300],
        text=None if text is None else quoted(text),
    )


def listed(heading: str, lines: list[str], language: Language) -> str:
    """A heading and its lines; the rest is counted."""
    shown = [f"- {line}" for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(either(language, f"… e mais {len(lines) - MOST_LINES}", f"… and {len(lines) - MOST_LINES} more"))
    return "\n".join([heading, *shown])


def some(citations: Iterable[Citation]) -> tuple[Citation, ...]:
    """Citations without repetitions, as many as an answer carries."""
    return tuple(dict.fromkeys(citations))[:MOST_CITATIONS]
