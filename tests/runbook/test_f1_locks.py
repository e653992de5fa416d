"""F1: two planners want one document; locks are listed and released, and a killed holder is taken over."""

from __future__ import annotations

import json
import signal
import sqlite3
from pathlib import Path
from typing import Any

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until


def requested(nexus: Nexus, doc: str, trace: str) -> dict[str, Any]:
    """The event that plans a document again, under another trace."""
    document = nexus.json("docs", "report", doc).object["documents"][0]["doc"]
    return {
        "name": "evt.pipeline.requested",
        "version": 1,
        "headers": {
            "traceId": trace,
            "docId": trace,
            "idempotencyKey": f"{trace}:pipeline",
            "attempt": 0,
            "timestamp": "2026-01-01T00:00:00Z",
        },
        "payload": {"traceId": trace, "tenantId": "default", "documents": [document], "options": {}},
    }


def test_a_contended_document_is_skipped_and_comes_back(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    doc = nexus.json("process", data / "nfe" / NOTE).object["docId"]
    nexus("queues", "pause", "audit")
    with nexus.running() as service:
        for trace in ("first", "second"):
            file = tmp_path / f"{trace}.json"
            file.write_text(json.dumps(requested(nexus, doc, trace)), encoding="utf-8")
            assert nexus.json("enqueue", "evt.pipeline.requested", "--file", file).object["done"] == 1
            if trace == "first":
                until(lambda: nexus.json("locks", "ls").objects)
        until(lambda: nexus.json("status").object["counters"].get("skipped") == 1)
        [lock] = nexus.json("locks", "ls").objects
        assert lock["name"] == f"lock:doc:{doc}" and lock["owner"] == "first" and lock["alive"] is True
        refused = nexus("locks", "release", lock["name"], code=1)
        assert "--confirm" in refused.err
        # The holder dies; the next engine goes on with what it held.
        service.process.kill()
        service.ended()
    nexus("queues", "resume", "audit")
    with nexus.running() as service:
        until(lambda: nexus.json("status").object["counters"].get("pipeline.finalized") == 2)
        assert nexus.json("locks", "ls").objects == []
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    # The one that was passed over waits for its minute, uncounted, and runs then.
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    waiting = connection.execute("SELECT state, attempts FROM msg WHERE trace='second'").fetchall()
    assert waiting == [(1, 0)]
    # Its minute passes.
    with connection:
        connection.execute("UPDATE msg SET due=1 WHERE trace='second'")
    connection.close()
    with nexus.running():
        until(lambda: nexus.json("status").object["counters"].get("pipeline.finalized") == 3)
    assert nexus.json("docs", "show", doc).object["traceId"] == "second"
    assert nexus.json("locks", "ls").objects == [] and nexus.json("dlq", "ls").objects == []


def test_a_lock_that_nobody_works_under_is_released_by_name(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    doc = nexus.json("process", data / "nfe" / NOTE).object["docId"]
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    with connection:
        connection.execute(
            "INSERT OR REPLACE INTO lock(name,owner,fence,exp,acquired) VALUES(?,'gone',9,9999999999999,0)", (f"lock:doc:{doc}",)
        )
    connection.close()
    assert nexus.json("status").object["checks"]["locks"] == {"status": "warn", "observed": 1}
    assert nexus.json("locks", "release", f"lock:doc:{doc}").object["done"] == 1
    assert nexus.json("locks", "ls").objects == []
    # The fence never goes back.
    nexus("reprocess", doc)
    nexus.json("process", data / "nfe" / NOTE)
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    assert connection.execute("SELECT fence FROM lock WHERE name=?", (f"lock:doc:{doc}",)).fetchone()[0] > 9
    connection.close()
