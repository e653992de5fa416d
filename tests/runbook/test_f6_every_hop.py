"""F6: the process dies by kill -9 at each of eleven points, the work done and nothing of it committed; the next one ends with one report.

The points are the intake, a file durable and no row naming it, and the ten hops of a document (A2 shares the hop of A3). Four of them in the
suite; `NEXUS_SLOW=1` dies at all.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, environment

#: The program as it is; only that result is never heard of.
DYING = """
import os, runpy, signal, sys
from engine.runtime import chain
from store.blobs import Blobs
stage, known = sys.argv.pop(1), chain.Hop
def hop(event, agent, *rest):
    if agent.stage == stage:
        os.kill(os.getpid(), signal.SIGKILL)
    return known(event, agent, *rest)
chain.Hop = hop
if stage == "intake":
    Blobs.confirm = lambda self, sha: os.kill(os.getpid(), signal.SIGKILL)
runpy.run_module("nexus_tui", run_name="__main__", alter_sys=True)
"""
POINTS = ("intake", "A0", "A1", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10")
SHORT = ("intake", "A1", "A6", "A10")


@pytest.mark.parametrize("stage", POINTS if os.environ.get("NEXUS_SLOW") else SHORT)
def test_a_death_at_any_point_ends_in_one_report(nexus: Nexus, data: Path, stage: str) -> None:
    line = [sys.executable, "-c", DYING, stage, "process", str(data / "nfe" / NOTE), "--data-dir", str(nexus.directory)]
    died = subprocess.run(line, env=environment(), capture_output=True, timeout=30, check=False)
    assert died.returncode == -9, (died.stdout[-300:], died.stderr)
    done = nexus.json("process", data / "nfe" / NOTE).object
    assert done["state"] == "done" and done.get("already", False) is (stage != "intake")
    [document] = nexus.json("docs", "ls").objects
    counters = nexus.json("status").object["counters"]
    assert counters["pipeline.finalized"] == counters["documents"] == 1
    assert nexus.json("docs", "report", document["docId"]).object["docId"] == document["docId"]
    connection = sqlite3.connect(f"file:{nexus.directory / 'nexus.db'}?mode=ro", uri=True)
    try:
        assert connection.execute("SELECT count(*) FROM report").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM msg").fetchone() == (0,)
        entries = connection.execute("SELECT count(*) FROM ledger").fetchone()[0]
    finally:
        connection.close()
    assert entries == done["ledger"]["entries"] and nexus.json("dlq", "ls").objects == []
