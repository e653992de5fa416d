"""docs/performance.md on the disk: written from the last whole run and the last figures of the appliance at work."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import operations, report

RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"


def write() -> None:
    """Write it again."""
    PAGE.write_text(report.markdown(json.loads(RESULTS.read_text("utf-8")), operations.kept()), "utf-8")
