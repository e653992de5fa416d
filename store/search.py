"""The full-text index over documents: who, what, which codes, which findings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from store import driver
from store.transaction import Transaction


class Hit(NamedTuple):
    """A document that matches, best first; `snippet` marks the words found with « and »."""

    seq: int
    doc: str
    name: str
    snippet: str


class Text(NamedTuple):
    """What of a document can be found."""

    title: str
    parties: str
    items: str
    findings: str
    codes: str


def index(tx: Transaction, doc: str, text: Text) -> None:
    """Put a document into the index, in place of what was there."""
    row = tx.row("SELECT seq FROM document WHERE doc=?", (doc,))
    if row is not None:
        tx.execute("INSERT OR REPLACE INTO search(rowid,title,parties,items,findings,codes) VALUES(?,?,?,?,?,?)", (row[0], *text))


def find(connection: Transaction | driver.Connection, expression: str, where: str, parameters: Sequence[Any], limit: int) -> list[Hit]:
    """Documents that match an expression of `match_expression` and a condition over `document`, best first."""
    rows = connection.execute(
        "SELECT document.seq, document.doc, document.name, snippet(search, -1, '«', '»', '…', 12) FROM search "
        f"JOIN document ON document.seq=search.rowid WHERE search MATCH ? AND {where} ORDER BY rank, document.seq LIMIT ?",
        (expression, *parameters, limit),
    ).fetchall()
    return [Hit._make(row) for row in rows]


def match_expression(query: str) -> str:
    """The query as FTS5 wants it: each word quoted, so that nothing of it is an operator, and open at its end."""
    return " ".join(f'"{word}"*' for word in re.findall(r"\w+", query))
