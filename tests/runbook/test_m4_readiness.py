"""M4: ready, and why not; only a local failure is a 503."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest

from benchmarks.notes import write
from tests.nexus_tui.cli.running import Nexus, until
from tests.nexus_tui.cli.test_full_disk import MIB, disk, filled
from tests.runbook.test_l3_serve import serving

__all__ = ["disk"]


def test_every_part_is_checked_and_a_pause_is_a_warning(nexus: Nexus) -> None:
    with serving(nexus) as web:
        ready = web.client.get("/readyz")
        assert ready.status_code == 200 and ready.headers["content-type"] == "application/health+json"
        assert ready.json()["status"] == "pass"
        parts = {"kv_state", "kv_locks", "d1", "queues", "scheduler", "disk", "alarms", "replication", "cloud"}
        assert set(ready.json()["checks"]) == parts
        nexus("queues", "pause", "audit")
        until(lambda: web.client.get("/readyz").json()["status"] == "warn")
        warned = web.client.get("/readyz")
        assert warned.status_code == 200
        assert warned.json()["checks"]["queues"][0]["status"] == "warn"


def test_a_full_disk_is_not_ready_and_recovers(disk: Path) -> None:
    nexus = Nexus(disk / "data")
    with serving(nexus) as web:
        with filled(disk, MIB // 4):
            until(lambda: web.client.get("/readyz").status_code == 503)
            failed = web.client.get("/readyz")
            assert failed.json()["status"] == "fail"
            [check] = failed.json()["checks"]["disk"]
            assert check["code"] == "NX-E20" and check["hint"]
            assert web.client.get("/healthz").json()["status"] == "pass"
        until(lambda: web.client.get("/readyz").status_code == 200)


@pytest.mark.quiet
def test_it_answers_quickly_under_load(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", 400)
    with serving(nexus) as web:
        nexus("queues", "pause", "parse")
        nexus.json("add", tmp_path / "in")
        nexus("queues", "resume", "parse")
        took = []
        for _ in range(30):
            began = time.perf_counter()
            assert web.client.get("/readyz").status_code == 200
            took.append(time.perf_counter() - began)
        assert nexus.json("status").object["counters"].get("pipeline.finalized", 0) < 400, "it was measured under load"
        assert statistics.median(took) < 0.05
