"""Runs the rules over a note. It knows no rule: it reads the registry.

`steps` cuts the work so that a caller on an event loop can breathe between two steps; `audit` is all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import localcontext
from functools import lru_cache

from engine.fiscal.findings import Finding
from engine.fiscal.money import WIDE
from engine.fiscal.note import Medium, Note
from engine.fiscal.rules.model import ItemsCheck, NoteCheck, Surroundings
from engine.fiscal.rules.registry import RULES

#: Up to this many items are looked at in one step; a note with no more is one step altogether.
ITEMS_PER_STEP = 25

_PLACES = {rule.code: place for place, rule in enumerate(RULES)}


@lru_cache(maxsize=256)
def _speaking(medium: Medium, day: str | None) -> tuple[tuple[NoteCheck, ...], tuple[ItemsCheck, ...]]:
    """The checks that apply to notes of a medium and day, each once."""
    rules = [rule for rule in RULES if rule.speaks(medium, day)]
    return (
        tuple(dict.fromkeys(rule.check for rule in rules if rule.check)),
        tuple(dict.fromkeys(rule.check_items for rule in rules if rule.check_items)),
    )


def steps(note: Note, surroundings: Surroundings) -> Iterator[tuple[Finding, ...]]:
    """The audit in steps of at most a few milliseconds, whatever the size of the note; most of them find nothing.

    Rules compute in the wide decimal context, which is left before a step is handed over.
    """
    for_note, for_items = _speaking(note.medium, note.issue_date)
    items = note.items
    large = len(items) > ITEMS_PER_STEP
    for checks in [(check,) for check in for_note] if large else [for_note]:
        with localcontext(WIDE):
            found = tuple(finding for check in checks for finding in check(note, surroundings))
        yield found
    for start in range(0, len(items), ITEMS_PER_STEP):
        with localcontext(WIDE):
            some = items[start : start + ITEMS_PER_STEP]
            found = tuple(finding for check in for_items for finding in check(note, some, surroundings))
        yield found


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings as they are told: by rule, then by item."""
    return tuple(sorted(findings, key=lambda finding: (_PLACES.get(finding.code, len(_PLACES)), finding.item or 0)))


def audit(note: Note, surroundings: Surroundings) -> tuple[Finding, ...]:
    """Every finding about the note, in order. The same note and surroundings give the same findings."""
    return in_order(finding for step in steps(note, surroundings) for finding in step)
