"""What a person gets out of a world, without the times and ids that every run has of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from store import driver
from store.records.documents import Document

Outcome = Mapping[str, Any]

#: Columns that tell when and under which job.
OWN = ("seq", "added", "finished", "job", "trace", "run", "planned")
#: What happened on the way, which faults change.
ON_THE_WAY = ("deduped", "cached", "retried", "dead_lettered", "skipped", "lock_contended")
MOMENT = re.compile(rb'"20\d\d-\d\d-\d\dT[^"]*Z"|"job-\d+"')
TABLES = ("item", "finding", "ledger", "tax")


def outcome(connection: driver.Connection) -> Outcome:
    """Documents, their reports and rows, what can be searched, and the totals."""
    result: dict[str, Any] = {}
    for row in connection.execute(f"SELECT {', '.join(Document._fields)} FROM document").fetchall():
        document = Document._make(row)
        told = {name: value for name, value in document._asdict().items() if name not in OWN}
        told["report"] = _content(connection, "SELECT val FROM report WHERE doc=?", document.doc)
        for table in TABLES:
            rows = connection.execute(f"SELECT * FROM {table} WHERE doc=? ORDER BY place", (document.doc,)).fetchall()
            told[table] = [cells[1:] if table == "finding" else cells for cells in rows]
        told["search"] = connection.execute("SELECT * FROM search WHERE rowid=?", (document.seq,)).fetchone()
        told["stages"] = sorted(row[0] for row in connection.execute("SELECT DISTINCT stage FROM step WHERE doc=? AND status=1", (document.doc,)))
        result[document.doc] = told
    counters = connection.execute("SELECT name, n FROM counter WHERE n<>0 AND name NOT LIKE 'queue:%'").fetchall()
    result["counters"] = {name: count for name, count in counters if name not in ON_THE_WAY}
    result["keys"] = sorted(re.sub(r"job-\d+", "JOB", row[0]) for row in connection.execute("SELECT key FROM kv WHERE key NOT LIKE 'job:%'"))
    return result


def _content(connection: driver.Connection, statement: str, doc: str) -> bytes | None:
    row = connection.execute(statement, (doc,)).fetchone()
    return None if row is None or row[0] is None else MOMENT.sub(b'"THEN"', row[0])
