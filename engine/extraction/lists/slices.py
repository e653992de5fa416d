"""Slices: the rows of one note, cut from a list into a small document that needs nothing else to be read again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from engine.extraction.archives.refusal import Refusal, refuse
from engine.extraction.lists.lines import ListRefusedError
from engine.extraction.lists.reading import ListFile, read_list, usable_key
from engine.extraction.lists.table import Rows, field_limit
from engine.extraction.lists.values import DecimalMark

SCHEMA = "nexus.list/1"
LONGEST_COLUMNS = 2_000


class Slice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one list says of one note. `content` is the UTF-8 JSON of a `SliceContent`."""

    #: Access key; `None` where the rows have none that is usable.
    key: str | None
    role: Literal["header", "items"]
    #: Place of the note in its list, counted from 1 in order of first appearance.
    index: int
    content: bytes


class SliceRow(msgspec.Struct, frozen=True, gc=False):
    """A row of the source: its number as a spreadsheet shows it and the text of its cells, untouched."""

    row: int
    cells: list[str]


class SliceContent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The document a slice is; its bytes are canonical: fields in this order, no spaces."""

    schema: Literal["nexus.list/1"]
    role: Literal["header", "items"]
    #: Name of the list, as a label.
    source: str
    encoding: str
    #: The list's decimal mark, which a single slice may be too small to show.
    decimal: DecimalMark
    key: str | None
    index: int
    columns: list[str]
    rows: list[SliceRow]


def slices(content: bytes, name: str) -> Iterator[Slice | Refusal]:
    """Every note of a list in order of first appearance, its rows gathered from wherever they stand.

    A single refusal where the file goes beyond a limit, or (`not_a_list`, naming the columns) is no list of notes.
    """
    read = read_list(content, name)
    if isinstance(read, Refusal):
        yield read
        return
    role = read.role
    if role == "neither":
        yield refuse(name, "not_a_list", whole=True, columns=", ".join(read.columns)[:LONGEST_COLUMNS])
        return
    for index, (group, numbers) in enumerate(read.groups.items(), start=1):
        key = usable_key(group)
        try:
            with field_limit():
                rows = [SliceRow(number, _cells(read, number)) for number in numbers]
        except ListRefusedError as refused:
            yield refuse(name, refused.code, whole=True, **refused.arguments)
            return
        document = SliceContent(
            schema="nexus.list/1",
            role=role,
            source=read.name,
            encoding=read.encoding,
            decimal=read.decimal,
            key=key,
            index=index,
            columns=list(read.columns),
            rows=rows,
        )
        yield Slice(key=key, role=role, index=index, content=msgspec.json.encode(document))


def _cells(read: ListFile, number: int) -> list[str]:
    return next(Rows(read.text, read.dialect, read.offsets[number - 1]))
