"""What became of the documents of a call: objects for programs, a table with totals for people, files for `--out`."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from nexus_tui.appliance import Appliance
from nexus_tui.clean import plain
from nexus_tui.cli import output
from nexus_tui.cli.output import amount
from nexus_tui.cli.session import Session
from nexus_tui.cli.words import Language, word

FAILED = ("dead_lettered", "unreadable")
FORMATS = ("json", "csv")
#: Ids as intake makes them. Lower case only: two names never differ in case alone, which some file systems take for one.
SAFE = re.compile("[0-9a-f]{32}")
FORMULA = frozenset("=+-@")
CSV_COLUMNS = (
    "docId",
    "file",
    "family",
    "accessKey",
    "number",
    "series",
    "issuedAt",
    "total",
    "operation",
    "state",
    "status",
    "risk",
)


def tell(objects: list[dict[str, Any]], refused: list[dict[str, Any]], session: Session) -> int:
    """Print one row or object a document, and the totals. Returns the exit code."""
    if session.as_json:
        seen: set[str] = set()
        for value in objects:
            output.emit({**value, "already": True} if value["docId"] in seen else value)
            seen.add(value["docId"])
        for told in refused:
            output.emit(_refused_object(told))
    else:
        if objects or not refused:
            _table(objects, session.language)
        for told in refused:
            session.refused(told)
    if refused and not objects:
        return output.USAGE
    return output.SOME_FAILED if refused or any(value["state"] in FAILED for value in objects) else output.DONE


def _refused_object(told: dict[str, Any]) -> dict[str, Any]:
    """A file that was not taken in still yields its object."""
    error = {name: told["error"][name] for name in ("code", "message", "hint")}
    return {
        "docId": None,
        "file": told["file"],
        "family": "unknown",
        "state": "refused",
        "findings": [],
        "error": error,
    }


def _table(objects: list[dict[str, Any]], spoken: Language) -> None:
    rows = []
    documents = [value for value in objects if "members" not in value]
    for value in documents:
        counts = {"ERRO": 0, "ALERTA": 0, "INFO": 0}
        for finding in value["findings"]:
            counts[finding["severity"]] += 1
        rows.append(
            (
                Path(value["file"].partition("!")[0]).name + ("!" + value["file"].partition("!")[2] if "!" in value["file"] else ""),
                value["family"], value["number"], value["state"], value["status"], counts["ERRO"] or "", counts["ALERTA"] or "", amount(value["total"], spoken),
                amount(value["ledger"]["debits"], spoken), amount(value["ledger"]["credits"], spoken),
            )
        )  # fmt: skip
    names = ("file", "family", "number", "state", "status", "errors", "alerts", "total", "debits", "credits")
    output.table([word(name, spoken) for name in names], rows, right=(2, 5, 6, 7, 8, 9))
    # The same bytes under several paths are one document.
    once = list({value["docId"]: value for value in documents}.values())
    totals = [sum((Decimal(value["ledger"][side]) for value in once), Decimal(0)) for side in ("debits", "credits")]
    # A file that adds to a known key, such as a list's row of a note, is no duplicate; the note is counted once all the same.
    notes: dict[str, Decimal] = {}
    for value in once:
        if value["total"] and value["state"] != "duplicate":
            notes.setdefault(value["accessKey"] or value["docId"], Decimal(value["total"]))
    whole = sum(notes.values(), Decimal(0))
    balance = word("balanced" if totals[0] == totals[1] else "unbalanced", spoken)
    errors = sum(finding["severity"] == "ERRO" for value in documents for finding in value["findings"])
    output.line()
    output.line(
        f"{len(documents)} {word('documents', spoken)}, {errors} {word('errors', spoken)}, {word('total', spoken)} {amount(whole, spoken)}, "
        f"{word('debits', spoken)} {amount(totals[0], spoken)}, {word('credits', spoken)} {amount(totals[1], spoken)} ({balance})"
    )
    if documents and all(value["role"] in (None, "third") for value in documents):
        output.line(word("no_company", spoken))


async def write_reports(nexus: Appliance, objects: list[dict[str, Any]], out: Path, formats: list[str]) -> None:
    """Write what `--formats` asks for into `--out`."""
    if "json" in formats:
        for value in objects:
            content = await nexus.engine.documents.report(value["docId"])
            if content is not None:
                output.write_file(out / f"{file_stem(value['docId'])}.json", content)
    if "csv" in formats:
        file = io.StringIO(newline="")
        writer = csv.writer(file)
        writer.writerow(CSV_COLUMNS)
        for value in objects:
            writer.writerow([_cell(value.get(column)) for column in CSV_COLUMNS])
        output.write_file(out / "documents.csv", file.getvalue().encode("utf-8", "backslashreplace"))


def file_stem(doc_id: str) -> str:
    """The name, without its ending, of a file about a document: its id, or a hash of an id that is not safe as a name."""
    return doc_id if SAFE.fullmatch(doc_id) else hashlib.sha256(doc_id.encode("utf-8", "surrogatepass")).hexdigest()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula and no terminal for a command."""
    text = "" if value is None else plain(str(value))
    return f"'{text}" if text.lstrip()[:1] in FORMULA else text
