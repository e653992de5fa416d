"""A list file as a whole: what kind of list it is, which columns it has, and which of its rows belong to which note."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from engine.extraction.archives.refusal import Refusal, refuse
from engine.extraction.lists.columns import NUMERIC, known_columns, plain
from engine.extraction.lists.decoding import Text, settle
from engine.extraction.lists.dialect import Dialect, detect
from engine.extraction.lists.lines import ListRefusedError
from engine.extraction.lists.table import Rows, ends_in_quotation, field_limit
from engine.extraction.lists.values import DecimalMark, decimal_mark, whole
from engine.fiscal.identifiers import ACCESS_KEY, bare

Role = Literal["header", "items", "neither"]
#: Noticed while reading and left to be shown: NULs were dropped, a quotation has no end, rows of totals were left out.
Oddity = Literal["nul_dropped", "quotation_open", "total_rows_left_out"]

#: Rows asked for their decimal mark; a list is of one hand.
MARK_ROWS = 2_000
ITEM_PLACES = ("det/nItem", "prod/xProd", "prod/NCM", "prod/CFOP", "prod/qCom")
NUMBER_PLACES = ("emit/id", "ide/serie", "ide/nNF")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """A list read once. Rows are numbered from 1 as a spreadsheet shows them, titles and names included."""

    name: str
    role: Role
    encoding: str
    dialect: Dialect
    decimal: DecimalMark
    #: Names of the columns as written.
    columns: tuple[str, ...]
    #: Place in the official layout -> index of its column.
    known: dict[str, int]
    #: Number of data rows.
    rows: int
    #: Key of each note, in order of first appearance -> its rows: the access key, else `issuer/series/number`, else
    #: `linha n`.
    groups: dict[str, array[int]]
    oddities: tuple[Oddity, ...]
    text: Text = field(repr=False)
    #: Where in the bytes each row of the file begins; row n at index n - 1.
    offsets: array[int] = field(repr=False)


def read_list(content: bytes, name: str) -> ListFile | Refusal:
    """Read a CSV; a refusal where it goes beyond a limit. Beside `content` it costs some 16 bytes a row and the keys."""
    try:
        with field_limit():
            return _read(content, name)
    except ListRefusedError as refused:
        return refuse(name, refused.code, whole=True, **refused.arguments)


def usable_key(cell: str) -> str | None:
    """The access key in a cell, `None` where it is none (blank, or a spreadsheet made it `4,12E+43`)."""
    key = bare(cell).removeprefix("NFE")
    return key if ACCESS_KEY.fullmatch(key) else None


def role_of(known: dict[str, int]) -> Role:
    """What the columns make of a list: a note must be named, and items have products, headers a total."""
    named = "chave" in known or all(place in known for place in NUMBER_PLACES)
    if named and any(place in known for place in ITEM_PLACES) and "prod/vProd" in known:
        return "items"
    return "header" if named and "total/vNF" in known else "neither"


def _read(content: bytes, name: str) -> ListFile:
    text = settle(content)
    dialect = detect(text)
    columns: tuple[str, ...] = ()
    known: dict[str, int] = {}
    role: Role = "neither"
    numeric: list[int] = []
    sample: list[str] = []
    groups: dict[str, array[int]] = {}
    offsets: array[int] = array("Q")
    count = totals = last = 0
    rows = Rows(text, dialect)
    for number, cells in enumerate(rows, start=1):
        offsets.append(rows.start)
        if number == dialect.header:
            columns = tuple(cell.strip() for cell in cells)
            known = place_columns(columns)
            role = role_of(known)
            numeric = [index for place, index in known.items() if place in NUMERIC]
        if number <= dialect.header or not any(cells):
            continue
        last = rows.start
        if _is_total(cells):
            totals += 1
            continue
        count += 1
        if role != "neither":
            groups.setdefault(_group(known, cells, number), array("L")).append(number)
        if count <= MARK_ROWS:
            sample.extend(cells[index] for index in numeric if index < len(cells))
    default: DecimalMark = "," if dialect.delimiter == ";" else "."
    return ListFile(
        name=name,
        role=role,
        encoding=text.encoding,
        dialect=dialect,
        decimal=decimal_mark(sample) or default,
        columns=columns,
        known=known,
        rows=count,
        groups=groups,
        oddities=tuple(_oddities(text, dialect, last, totals)),
        text=text,
        offsets=offsets,
    )


@lru_cache(maxsize=64)
def place_columns(columns: tuple[str, ...]) -> dict[str, int]:
    """Place in the official layout -> index of its column, in a list as a whole. Shared: not to be changed."""
    known = known_columns(columns)
    if "total/vNF" not in known and "prod/vProd" in known and not any(place in known for place in ITEM_PLACES):
        # "Valor total" beside no product is the total of the note.
        known["total/vNF"] = known.pop("prod/vProd")
    return known


def _group(known: dict[str, int], cells: list[str], number: int) -> str:
    def cell(place: str) -> str:
        index = known.get(place)
        return cells[index].strip() if index is not None and index < len(cells) else ""

    key = usable_key(cell("chave"))
    if key is not None:
        return key
    issuer, series, written = (whole(cell(place)) for place in NUMBER_PLACES)
    return f"{bare(issuer)}/{series}/{written}" if issuer and series and written else f"linha {number}"


def _is_total(cells: list[str]) -> bool:
    """The row below the last one: `TOTAL;;;1.000,00`."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled or 2 * len(filled) > len(cells):
        return False
    return plain(filled[0]).split(" ")[0] in ("total", "totais", "subtotal", "soma")


def _oddities(text: Text, dialect: Dialect, last: int, totals: int) -> Iterator[Oddity]:
    if b"\0" in text.content:
        yield "nul_dropped"
    if last and ends_in_quotation(text, dialect, last):
        yield "quotation_open"
    if totals:
        yield "total_rows_left_out"
