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
