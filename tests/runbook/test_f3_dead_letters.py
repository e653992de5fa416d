"""F3: a poison document is tried exactly as often as its agent allows, its neighbours end, and after the fix it ends once."""

from __future__ import annotations

import re
import signal
import sqlite3
from pathlib import Path

from benchmarks.notes import write
from engine.contract import events
from tests.nexus_tui.cli.running import Nexus, until


def finalized(nexus: Nexus) -> int:
    """Asked of the database: a command a look would take the processor from the engine that is waited for."""
    connection = sqlite3.connect(f"file:{nexus.directory / 'nexus.db'}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT coalesce(max(n),0) FROM counter WHERE name='pipeline.finalized'").fetchone()[0])
    finally:
        connection.close()


def test_a_poison_document_and_its_healthy_neighbours(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", 1000)
    nexus.json("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5")
    acknowledged = nexus.json("add", tmp_path / "in").objects
    poison = acknowledged[500]["docId"]
    sha = nexus.json("docs", "show", poison).object["sha256"]
    blob = nexus.directory / "blobs" / sha[:2] / sha[2:]
    content = blob.read_bytes()
    blob.write_bytes(content[:-1] + b"?")
    with nexus.running() as service:
        until(lambda: finalized(nexus) == 999, within_s=60)
        until(lambda: nexus.json("dlq", "ls").objects)
        [letter] = nexus.json("dlq", "ls").objects
        assert letter["docId"] == poison
        assert letter["attempts"] == events.A1.max_attempts == len(letter["history"])
        issue = nexus("dlq", "issue", str(letter["id"])).out
        assert issue.startswith("# ") and letter["traceId"] in issue and letter["error"]["code"] in issue
        assert letter["fingerprint"] in issue
        note = content.decode()
        for private in (*re.findall(r"<(?:xNome|CNPJ|CPF|xFant)>([^<]+)<", note), acknowledged[500]["file"]):
            assert private not in issue
        # The fix: the bytes are as they were.
        blob.write_bytes(content)
        assert nexus.json("dlq", "requeue", str(letter["id"])).object["done"] == 1
        until(lambda: finalized(nexus) == 1000)
        assert nexus.json("docs", "show", poison).object["state"] in ("done", "needs_review")
        assert nexus.json("dlq", "ls").objects == []
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    assert connection.execute("SELECT count(*), count(DISTINCT doc) FROM report").fetchone() == (1000, 1000)
    assert connection.execute("SELECT count(*) FROM step WHERE doc=? AND status=1 AND stage='A8'", (poison,)).fetchone()[0] <= 1
    connection.close()
