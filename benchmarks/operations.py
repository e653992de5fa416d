"""The figures of the appliance at work, each measured by a command of its own and kept in operations.json, from where docs/performance.md shows them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "operations.json"


def kept() -> dict[str, Any]:
    """By name of the measurement; each with the moment and the load of the machine it was taken under."""
    return dict(json.loads(RESULTS.read_text("utf-8"))) if RESULTS.exists() else {}


def keep(name: str, figures: dict[str, Any]) -> None:
    """Print the figures and put them in the place of the last ones of that name."""
    print(json.dumps(figures, indent=1))
    taken = {"at": datetime.now(UTC).isoformat(timespec="minutes"), "load": round(os.getloadavg()[0], 2), **figures}
    RESULTS.write_text(json.dumps(kept() | {name: taken}, indent=1) + "\n", "utf-8")
