"""Cells of a list in the form the official layout writes them. What does not fit a rule stays as found: nothing is
invented.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal

DecimalMark = Literal[",", "."]

NUMBER = re.compile(
    r"[+-]?(?:[0-9]+(?:[.,][0-9]+)?|[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?|[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?)"
)
SCIENTIFIC = re.compile(r"[+-]?[0-9]{1,20}(?:[.,][0-9]{1,20})?[eE][+-]?[0-9]{1,2}")
CODE = re.compile(r"\s*([0-9]+)(?:\s*-|\s*$)")
WHOLE = re.compile(r"([+-]?[0-9]+)(?:[.,]0+)?")
MOMENT = re.compile(
    r"([0-9]{1,4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,4})"
    r"(?:[T ]+([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
CONTRIBUTOR = {"contribuinte icms": "1", "contribuinte isento": "2", "nao contribuinte": "9"}


def decimal_mark(cells: Iterable[str]) -> DecimalMark | None:
    """The decimal mark of a list's numbers by majority, `None` where no cell tells (`1.234` may be either)."""
    votes = Counter(mark for cell in cells if (mark := _own_mark(_bare(cell))) is not None)
    if not votes:
        return None
    return "," if votes[","] > votes["."] else "."


def number(cell: str, mark: DecimalMark) -> str:
    """A number with a decimal dot and no grouping (`1.234,50` -> `1234.50`), its digits untouched; other text as found.

    `mark` decides only for cells that do not tell by themselves.
    """
    bare = _bare(cell)
    if SCIENTIFIC.fullmatch(bare):
        return f"{Decimal(bare.replace(',', '.')):f}"
    if not NUMBER.fullmatch(bare):
        return cell.strip()
    decimal = _own_mark(bare) or mark
    grouping = "." if decimal == "," else ","
    return bare.replace(grouping, "").replace(decimal, ".")


def moment(cell: str) -> str:
    """A date, with its time if it has one, as ISO 8601: `18/01/2024 07:10` -> `2024-01-18T07:10`. No seconds, no
    offset are added.

    Dates with the day first are read as Brazil writes them. Other text as found.
    """
    text = cell.strip()
    match = MOMENT.fullmatch(text)
    if match is None:
        return text
    first, month, last, time, offset = match.groups()
    year, day = (first, last) if len(first) == 4 else (last, first)
    try:
        written = date(int(year), int(month), int(day)).isoformat() if len(year) == 4 else None
    except ValueError:
        written = None
    if written is None:
        return text
    return f"{written}T{time}{offset or ''}" if time else written


def code(cell: str) -> str:
    """The number before a coded value's text: `2 - OPERAÇÃO INTERESTADUAL` -> `2`; other text as found."""
    match = CODE.match(cell)
    return match[1] if match else cell.strip()


def whole(cell: str) -> str:
    """A code that a spreadsheet took for a number: `6102.0` -> `6102`; other text as found."""
    text = cell.strip()
    match = WHOLE.fullmatch(text)
    return match[1] if match else text


def _bare(cell: str) -> str:
    return cell.replace("\N{NO-BREAK SPACE}", " ").strip().removeprefix("R$").strip()


def _own_mark(text: str) -> DecimalMark | None:
    """The decimal mark a number proves by itself: the last of two kinds, the other of a repeated one, or one that
    cannot group.
    """
    if not NUMBER.fullmatch(text):
        return None
    dots, commas = text.count("."), text.count(",")
    if dots and commas:
        return "," if text.rindex(",") > text.rindex(".") else "."
    if dots > 1 or commas > 1:
        return "," if dots else "."
    if not dots and not commas:
        return None
    mark: DecimalMark = "," if commas else "."
    whole_part, fraction = text.lstrip("+-").split(mark)
    groups = len(fraction) == 3 and len(whole_part) <= 3 and not whole_part.startswith("0")
    return None if groups else mark
