"""Compile the official code tables into the database that ships with the store.

    python packaging/tables/build_tables.py FOLDER [OUTPUT]

FOLDER holds the official files as downloaded; OUTPUT is `store/tables.db` unless said otherwise. The same files give the same bytes: rows are sorted, nothing
depends on the clock, and the version of SQLite is wiped from the header. A table is added by adding a `Table` to `TABLES`.

The file is plain SQLite so that it opens in a millisecond, read-only and in place; every form in which it ships (wheel, archive, package, git) compresses it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from store import driver

#: `nexT` as application id: `file` and the doctor can tell the tables from a data directory.
APPLICATION_ID = 0x6E657854
#: Raised when the shape of the tables changes.
FORMAT = 1
#: Where SQLite writes its own version into the header of a file.
VERSION_IN_HEADER = slice(96, 100)

#: CFOP has four digits since Ajuste SINIEF 07/01. Codes added later carry the same day: the annex in force does not say when each entered.
CFOP_EPOCH = "2003-01-01"
#: Fuels taxed once, in force with Convênio ICMS 199/22; the published list of CST ends before them.
MONOPHASIC = (("02", "2023-05-01"), ("15", "2023-05-01"), ("53", "2023-05-01"), ("61", "2023-05-01"))

NCM_SOURCE = "https://portalunico.siscomex.gov.br/classif/api/publico/nomenclatura/download/json"

Rows = Iterator[tuple[str, ...]]

_MARKUP = re.compile(r"</?\w+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One official table: where it is published, in which file, and how it becomes rows."""

    name: str
    file: str
    source: str
    #: Day from which the file says it is in force; empty where it says nothing.
    published: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    rows: Callable[[Path], Rows]


def _day(written: str) -> str:
    """`31/12/9999` is no end; `01/04/2022` -> `2022-04-01`."""
    day, month, year = written.split("/")
    return "" if year == "9999" else f"{year}-{month}-{day}"


def _ncm_nodes(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    for node in json.loads(path.read_text(encoding="utf-8"))["Nomenclaturas"]:
        yield node["Codigo"].replace(".", ""), node


def _ncm(path: Path) -> Rows:
    for code, node in _ncm_nodes(path):
        if len(code) == 8:
            yield code, _day(node["Data_Inicio"]), _day(node["Data_Fim"])


def _ncm_descriptions(path: Path) -> Rows:
    """Codes and their headings (four digits), which tell what a code called merely "Outros" is about."""
    for code, node in _ncm_nodes(path):
        if len(code) in (4, 8):
            yield code, _MARKUP.sub("", node["Descricao"]).lstrip("- ").rstrip(":. ")


def _cfop(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            yield row["code"], CFOP_EPOCH, "", row["legal_name"].strip()


def _cst(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            yield row["tax"], row["code"], "", "", row["use"]
    for code, first in MONOPHASIC:
        yield "icms", code, first, "", "all"


TABLES = (
    Table(
        name="ncm",
        file="siscomex_ncm.json",
        source=NCM_SOURCE,
        published="2026-08-13",
        columns=("code", "valid_from", "valid_to"),
        key=("code", "valid_from"),
        rows=_ncm,
    ),
    Table(
        name="ncm_description",
        file="siscomex_ncm.json",
        source=NCM_SOURCE,
        published="2026-08-13",
        columns=("code", "description"),
        key=("code",),
        rows=_ncm_descriptions,
    ),
    Table(
        name="cfop",
        file="cfop_codes.tsv",
        source="https://www.confaz.fazenda.gov.br/legislacao/ajustes/sinief/cfop_cvsn_70_vigente",
        published="",
        columns=("code", "valid_from", "valid_to", "description"),
        key=("code", "valid_from"),
        rows=_cfop,
    ),
    Table(
        name="cst",
        file="cst_codes.tsv",
        source="https://www.confaz.fazenda.gov.br/legislacao/convenios/convenio-s-n-1970",
        published="",
        columns=("tax", "code", "valid_from", "valid_to", "direction"),
        key=("tax", "code", "valid_from"),
        rows=_cst,
    ),
)


def build(folder: Path, output: Path) -> None:
    """Write `output` anew from the files in `folder`."""
    output.unlink(missing_ok=True)
    with closing(driver.connect(str(output))) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {FORMAT}")
        database.execute("BEGIN")
        database.execute(
            "CREATE TABLE source (name TEXT PRIMARY KEY, file TEXT NOT NULL, url TEXT NOT NULL, published TEXT NOT NULL, "
            "sha256 TEXT NOT NULL, rows INTEGER NOT NULL) WITHOUT ROWID, STRICT"
        )
        for table in TABLES:
            path = folder / table.file
            rows = sorted(table.rows(path))
            columns = ", ".join(f"{column} TEXT NOT NULL" for column in table.columns)
            database.execute(
                f"CREATE TABLE {table.name} ({columns}, PRIMARY KEY ({', '.join(table.key)})) WITHOUT ROWID, STRICT"
            )
            marks = ", ".join("?" * len(table.columns))
            database.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            database.execute(
                "INSERT INTO source VALUES (?, ?, ?, ?, ?, ?)",
                (table.name, table.file, table.source, table.published, digest, len(rows)),
            )
        database.execute("COMMIT")
        database.execute("VACUUM")
    content = bytearray(output.read_bytes())
    content[VERSION_IN_HEADER] = bytes(4)
    output.write_bytes(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder with the official files")
    parser.add_argument("output", type=Path, nargs="?", default=REPOSITORY / "store" / "tables.db")
    chosen = parser.parse_args()
    build(chosen.folder, chosen.output)
    print(f"{chosen.output}: {chosen.output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
