"""F2: a replayed evt.doc.ingested is answered from the cache, and the report is reached all the same."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until


def test_a_replay_parses_nothing_and_reaches_the_report(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    first = nexus.json("process", data / "nfe" / NOTE).object
    document = nexus.json("docs", "report", first["docId"]).object["documents"][0]["doc"]
    event = {
        "name": "evt.doc.ingested",
        "version": 1,
        "headers": {
            "traceId": first["traceId"],
            "docId": first["docId"],
            "idempotencyKey": f"{first['docId']}:ingested",
            "attempt": 0,
            "timestamp": "2026-01-01T00:00:00Z",
        },
        "payload": document,
    }
    file = tmp_path / "event.json"
    file.write_text(json.dumps(event), encoding="utf-8")
    assert nexus.json("enqueue", "evt.doc.ingested", "--file", file).object["done"] == 1
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    made = connection.execute("SELECT made FROM report").fetchone()[0]
    connection.close()
    with nexus.running() as service:
        until(lambda: nexus.json("status").object["counters"]["pipeline.finalized"] == 2)
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    [told] = [one for one in nexus.json("trace", "logs", "--trace", first["traceId"]).objects if "cached" in one["fields"]]
    assert told["fields"] == {"cached": True} and (told["docId"], told["agent"]) == (first["docId"], "A1")
    assert nexus.json("docs", "show", first["docId"]).object["state"] == "done"
    counters = nexus.json("status").object["counters"]
    assert counters["cached"] == 1 and counters["pipeline.finalized"] == 2
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    assert connection.execute("SELECT count(*), max(made) FROM report").fetchone()[0] == 1
    assert connection.execute("SELECT made FROM report").fetchone()[0] > made
    connection.close()
