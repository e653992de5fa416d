"""How a row becomes one line of cells: columns, their widths, their tones. Pure; the table adds colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from rich.cells import cell_len

from nexus_tui.clean import fit

R = TypeVar("R")

#: What a piece of text means; the stylesheet gives each its colour (`.virtual-table--<tone>`).
Tone = Literal["text", "dim", "strong", "accent", "good", "warn", "bad"]

#: A piece of one line.
Piece = tuple[Tone, str]

GAP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[R]):
    """One column of a table over rows of type R."""

    #: Message id of the heading.
    heading: str
    #: Least width in cells.
    width: int
    #: Share of the cells left over; 0 keeps the column at its width.
    grow: int = 0
    right: bool = False
    #: The pieces of the cell, harmless text of any length; called as (row, width).
    cell: Callable[[R, int], Sequence[Piece]]


def clip(pieces: Sequence[Piece], width: int, ellipsis: str, *, right: bool = False) -> list[Piece]:
    """The pieces of a cell in exactly `width` cells."""
    if len(pieces) == 1:
        tone, text = pieces[0]
        return [(tone, fit(text, width, ellipsis, right=right))]
    clipped: list[Piece] = []
    for tone, text in pieces:
        size = cell_len(text)
        if size > width:
            clipped.append((tone, fit(text, width, ellipsis)))
            return clipped
        clipped.append((tone, text))
        width -= size
    return [("text", " " * width), *clipped] if right else [*clipped, ("text", " " * width)]


def widths(columns: Sequence[Column[R]], available: int) -> list[int]:
    """The width of each column in `available` cells: least widths first, the rest by share."""
    spare = max(available - sum(column.width for column in columns) - GAP * (len(columns) - 1), 0)
    shares = sum(column.grow for column in columns)
    result = [column.width + (spare * column.grow // shares if shares else 0) for column in columns]
    if shares:
        last = max(at for at, column in enumerate(columns) if column.grow)
        result[last] += spare - sum(spare * column.grow // shares for column in columns)
    return result
