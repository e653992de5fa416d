"""M2: counters and gauges in Prometheus' text format; a replay does not raise what was finalised."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from benchmarks.notes import write
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import serving


def test_the_metrics_tell_what_happened(nexus: Nexus, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    with serving(nexus) as web:
        web.upload(*((f"{number}.xml", note + f"<!-- {number} -->".encode()) for number in range(5)))
        # The same bytes again: acknowledged, and nothing is done twice.
        web.upload(("0.xml", note + b"<!-- 0 -->"))
        until(lambda: "nexus_pipeline_finalized_total 5\n" in web.client.get("/metrics").text)
        text = web.client.get("/metrics").text
        for line in text.splitlines():
            assert re.fullmatch(r'# (HELP|TYPE) nexus_\w+ .+|nexus_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [0-9.e+-]+', line), line
        names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
        assert len(names) == len(set(names))
        assert 'nexus_queue_ready{queue="audit"} 0\n' in text
        assert 'nexus_documents{state="done"} 1\n' in text and 'nexus_documents{state="duplicate"} 4\n' in text
        assert 'nexus_queue_depth{queue="audit"} 0\n' in text
        assert "nexus_locks_held 0\n" in text
        assert float(re.findall(r"(?m)^nexus_database_bytes (\S+)$", text)[0]) >= 4096


def test_every_message_twice_is_every_document_once(nexus: Nexus, tmp_path: Path) -> None:
    """What a queue may do that delivers at least once, as the deployment's do."""
    write(tmp_path / "in", 20)
    nexus("queues", "pause", "audit")
    nexus("add", tmp_path / "in")
    with nexus.running():
        until(lambda: [one["ready"] for one in nexus.json("queues", "ls").objects if one["name"] == "audit"] == [20])
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    with connection:
        columns = ", ".join(row[1] for row in connection.execute("PRAGMA table_info(msg)") if row[1] != "id")
        [audit] = connection.execute("SELECT id FROM queue WHERE name='audit'").fetchone()
        assert connection.execute(f"INSERT INTO msg({columns}) SELECT {columns} FROM msg WHERE queue=?", (audit,)).rowcount == 20
        connection.execute("UPDATE counter SET n=n+20 WHERE name=?", (f"queue:{audit}:0",))
    connection.close()
    nexus("queues", "resume", "audit")
    with serving(nexus) as web:
        until(lambda: 'nexus_queue_depth{queue="audit"} 0\n' in web.client.get("/metrics").text and not nexus.json("docs", "ls", "state:active").objects)
        text = web.client.get("/metrics").text
    assert "nexus_pipeline_finalized_total 20\n" in text and "nexus_dead_lettered_total 0\n" in text
    deduped = int(re.findall(r"(?m)^nexus_deduped_total (\d+)$", text)[0])
    assert deduped >= 20
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    assert connection.execute("SELECT count(*), count(DISTINCT doc) FROM report").fetchone() == (20, 20)
    connection.close()
