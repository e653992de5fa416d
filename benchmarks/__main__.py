"""`python -m benchmarks` measures everything, writes benchmarks/results.json and docs/performance.md, and prints the table.

`--quick` is the smoke run of CI (under 30 s, no page written), `--only PREFIX` measures what begins so, `--page` writes the page again from the JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine, page, report, suite


def main() -> int:
    """Exit code 0 if everything was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run")
    parser.add_argument("--only", default="", metavar="PREFIX", help="measurements whose name begins so")
    parser.add_argument("--page", action="store_true", help="write the page again from the last results")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the results go instead")
    arguments = parser.parse_args()
    if arguments.page:
        page.write()
        return 0
    extent = suite.QUICK_RUN if arguments.quick else suite.FULL_RUN
    run = measure(extent, arguments.only, "quick" if arguments.quick else "full")
    whole = not (arguments.quick or arguments.only)
    target = arguments.json or (page.RESULTS if whole else None)
    if target is not None:
        target.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if whole and arguments.json is None:
        page.write()
    print(report.table_text(run))
    return 1 if run["failed"] else 0


def measure(extent: suite.Extent, only: str, mode: str) -> dict[str, Any]:
    """A whole run as JSON values."""
    facts = machine.facts()
    began = time.perf_counter()
    results, failed = suite.execute(extent, only, lambda line: print(line, file=sys.stderr, flush=True))
    facts["load_after"] = os.getloadavg()[0]
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "mode": mode,
        "rounds": extent.rounds,
        "seconds": time.perf_counter() - began,
        "machine": facts,
        "results": results,
        "failed": failed,
    }


if __name__ == "__main__":
    sys.exit(main())
