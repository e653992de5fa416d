"""Rows of a list, read where they lie in the bytes, with every line, field and row bounded before it is built."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager

from engine.extraction.lists.decoding import Text
from engine.extraction.lists.dialect import Dialect
from engine.extraction.lists.lines import Lines, ListRefusedError

FIELD_LIMIT = 1 << 20
COLUMN_LIMIT = 2_000


@contextmanager
def field_limit() -> Iterator[None]:
    """Hold the csv module's limit, which is one for the whole process, at ours; never leave it standing across a
    `yield` to a caller.
    """
    before = csv.field_size_limit(FIELD_LIMIT)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class Rows:
    """Parsed rows from a place in the bytes on. `start` is where the last row began. Use inside `field_limit`."""

    def __init__(self, text: Text, dialect: Dialect, at: int = 0) -> None:
        self._lines = Lines(text, at)
        self._rows = csv.reader(self._lines, delimiter=dialect.delimiter, quotechar=dialect.quote)
        self.start = at

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        self.start = self._lines.row_start = self._lines.at
        try:
            row = next(self._rows)
        except csv.Error as error:
            raise ListRefusedError("field_size", limit=FIELD_LIMIT) from error
        if len(row) > COLUMN_LIMIT:
            raise ListRefusedError("columns", found=len(row), limit=COLUMN_LIMIT)
        return row


def ends_in_quotation(text: Text, dialect: Dialect, start: int) -> bool:
    """Whether the row that begins at `start` opens a quotation which the file never closes."""
    try:
        next(csv.reader(Lines(text, start), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True))
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False
