"""H1: how long keys live is configured by prefix, and what is written from the next start on lives that long."""

from __future__ import annotations

import time
from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus

WANTED = {"job": 300, "ingest": 240, "report": 120, "assistant": 180}
DEFAULTS = {"job": 604_800, "ingest": 3_600, "report": 604_800, "assistant": 604_800}


def left(nexus: Nexus) -> dict[str, list[float]]:
    """Seconds that keys still live, by prefix."""
    found: dict[str, list[float]] = {}
    for one in nexus.json("kv", "ls").objects:
        found.setdefault(one["key"].partition(":")[0], []).append(one["expires_ms"] / 1000 - time.time())
    return found


def test_keys_live_as_long_as_is_configured(nexus: Nexus, data: Path) -> None:
    note = data / "nfe" / NOTE
    doc = nexus.json("process", note).object["docId"]
    for prefix, seconds in left(nexus).items():
        assert all(abs(one - DEFAULTS[prefix]) < 60 for one in seconds), (prefix, seconds)
    for prefix, lives in WANTED.items():
        nexus("config", "set", f"kv.ttl_s.{prefix}", str(lives))
    with nexus.running():
        # Running again writes every key once more, under a job that no upload opened.
        assert nexus.json("reprocess", doc).object["done"] == 1
        renewed = None
        for _ in range(200):
            renewed = left(nexus)
            if all(any(one < WANTED[prefix] + 1 for one in seconds) for prefix, seconds in renewed.items()):
                break
            time.sleep(0.05)
    assert renewed is not None and set(renewed) == set(WANTED)
    for prefix, lives in WANTED.items():
        newest = min(renewed[prefix])
        assert lives - 60 < newest <= lives, (prefix, renewed)
