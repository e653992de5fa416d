"""F4: a report that is missing says why, and comes back with `nexus reprocess` under the same id and another trace."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import serving


def test_a_deleted_report_is_made_again(nexus: Nexus, data: Path) -> None:
    first = nexus.json("process", data / "nfe" / NOTE).object
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    with connection:
        connection.execute("DELETE FROM report WHERE doc=?", (first["docId"],))
    connection.close()
    with serving(nexus) as web:
        missing = web.client.get(f"/api/reports/{first['docId']}")
        assert missing.status_code == 404
        assert missing.json() == {"message": "Report not found", "jobStatus": "report_ready", "stage": 10}
        assert nexus.json("jobs", "show", first["traceId"]).object["documents"][first["docId"]]["status"] == "done"
        assert nexus.json("reprocess", first["docId"]).object["done"] == 1
        until(lambda: web.client.get(f"/api/reports/{first['docId']}").status_code == 200)
        report = web.client.get(f"/api/reports/{first['docId']}").json()
        assert report["docId"] == first["docId"] and report["traceId"] != first["traceId"]


def test_what_a_report_failed_of_is_told_where_it_is_looked_for_and_in_one_screen(nexus: Nexus, data: Path) -> None:
    failed = nexus.json("add", data / "nfe" / NOTE).object
    sha = nexus.json("docs", "show", failed["docId"]).object["sha256"]
    blob = nexus.directory / "blobs" / sha[:2] / sha[2:]
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + b"?")
    nexus("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5")
    with serving(nexus) as web:
        until(lambda: nexus.json("dlq", "ls").objects)
        missing = web.client.get(f"/api/reports/{failed['docId']}")
        assert missing.status_code == 404
        told = missing.json()
        assert (told["message"], told["jobStatus"], told["stage"]) == ("Report not found", "dead_lettered", 1)
        assert "does not match its hash" in told["lastError"]
        shown = nexus("jobs", "show", failed["jobId"]).out
        assert all(word in shown for word in (failed["docId"], "dead_lettered", "does not match its hash"))
        blob.write_bytes(content)
        assert nexus.json("reprocess", failed["docId"]).object["done"] == 1
        until(lambda: web.client.get(f"/api/reports/{failed['docId']}").status_code == 200)
