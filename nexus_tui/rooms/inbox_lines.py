"""The inbox's own lines: counts and rate, how many match, what an empty list says. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len

from nexus_tui.look import Look
from nexus_tui.widgets.columns import Piece
from nexus_tui.widgets.pane import Line

if TYPE_CHECKING:
    from engine.facade.views import InboxCounts


def counts_line(counts: InboxCounts | None, rates: Sequence[int], look: Look, width: int) -> Line:
    """`1,284 docs · 7 running · 3 need you        41 doc/min ▂▃▅▇`."""
    if counts is None:
        return []
    say, formats = look.say, look.formats
    left: list[Piece] = [
        ("text", " " + say.count("counts.documents", counts.documents, formats.integer(counts.documents)))
    ]
    if counts.active:
        left += [("dim", " · "), ("accent", say.count("counts.active", counts.active, formats.integer(counts.active)))]
    if counts.need_attention:
        shown = formats.integer(counts.need_attention)
        left += [("dim", " · "), ("warn", say.count("counts.attention", counts.need_attention, shown))]
    rate = say("counts.rate", rate=formats.integer(counts.per_minute))
    right: list[Piece] = []
    if counts.per_minute or any(rates):
        right = [("text", rate + " "), ("accent", levels(rates, look.glyphs.levels)), ("text", " ")]
    gap = width - sum(cell_len(text) for _, text in (*left, *right))
    return [*left, ("text", " " * gap), *right] if gap > 0 else left


def levels(values: Sequence[int], glyphs: str) -> str:
    """Values as blocks, the highest being the full one."""
    most = max(values, default=0)
    if most <= 0:
        return glyphs[0] * len(values)
    return "".join(glyphs[min(value * len(glyphs) // most, len(glyphs) - 1)] for value in values)


def matching_line(
    total: int, documents: int | None, marked: int, newest_first: bool, taken: int | None, look: Look
) -> Line:
    """`2 marked   7 of 1,284   newest first`, and how many files an intake that is going on has taken."""
    say, formats = look.say, look.formats
    pieces: list[Piece] = []
    if taken is not None:
        pieces.append(("accent", say.count("matching.taken", taken, formats.integer(taken)) + "   "))
    if marked:
        pieces.append(("accent", say.count("matching.marked", marked, formats.integer(marked)) + "   "))
    every = max(documents or 0, total)
    pieces.append(("dim", say("matching.of", shown=formats.integer(total), every=formats.integer(every)) + "   "))
    pieces.append(("dim", say("matching.newest" if newest_first else "matching.oldest") + " "))
    return pieces


def empty_lines(filtered: bool, look: Look) -> list[Line]:
    """The one thing to do where there is nothing: drop the filter, or bring the first documents."""
    say = look.say
    if filtered:
        return [
            [],
            [("text", f"   {say('empty.filtered')}")],
            [("accent", "   esc"), ("dim", f"  {say('empty.filtered.key')}")],
        ]
    return [
        [],
        [("strong", f"   {say('empty.first')}")],
        [],
        [("accent", "   a"), ("text", f"  {say('empty.first.add')}")],
        [("dim", f"      {say('empty.first.kinds')}")],
        [("accent", "   ?"), ("text", f"  {say('empty.first.help')}")],
        [],
        [("dim", f"   {say('empty.first.offline')}")],
    ]
