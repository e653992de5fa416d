"""The official code tables that ship with Nexus (`tables.db`), as plain rows. Read-only and in place; the store does not know what a code means."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final, Literal, NamedTuple

from store import driver

PATH: Final = Path(__file__).with_name("tables.db")

Row = tuple[str, str, str]
Table = Literal["ncm", "cfop"]

_DESCRIPTIONS: Final[dict[Table, str]] = {
    "ncm": "SELECT description FROM ncm_description WHERE code = ?",
    "cfop": "SELECT description FROM cfop WHERE code = ? ORDER BY valid_from DESC LIMIT 1",
}


class Source(NamedTuple):
    """Where a table comes from: file and address as published, day from which it says it is in force, sha256 of the file, number of rows."""

    name: str
    file: str
    url: str
    published: str
    sha256: str
    rows: int


def _open() -> driver.Connection:
    return driver.connect(f"{PATH.as_uri()}?mode=ro&immutable=1", uri=True)


def audit_rows() -> dict[str, list[Row]]:
    """What the audit needs at once: `(code, valid_from, valid_to)` of the tables ncm, cfop and cst; open ends are empty text and CST codes are `tax/code`.

    About 10 ms: once a process.
    """
    with closing(_open()) as tables:
        return {
            "ncm": tables.execute("SELECT code, valid_from, valid_to FROM ncm").fetchall(),
            "cfop": tables.execute("SELECT code, valid_from, valid_to FROM cfop").fetchall(),
            "cst": tables.execute("SELECT tax || '/' || code, valid_from, valid_to FROM cst").fetchall(),
        }


def descriptions(table: Table, codes: Iterable[str]) -> dict[str, str]:
    """What the codes mean, of those that the table knows. A heading of the NCM (four digits) has a description like its codes (eight)."""
    found: dict[str, str] = {}
    with closing(_open()) as tables:
        for code in codes:
            row = tables.execute(_DESCRIPTIONS[table], (code,)).fetchone()
            if row is not None:
                found[code] = row[0]
    return found


def sources() -> list[Source]:
    """Provenance of every table, by name."""
    with closing(_open()) as tables:
        return [
            Source(*row)
            for row in tables.execute("SELECT name, file, url, published, sha256, rows FROM source ORDER BY name")
        ]
