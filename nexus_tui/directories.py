"""Where data lives: `--data-dir`, else NEXUS_DATA_DIR, else the platform's folder."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "NEXUS_DATA_DIR"
#: Names the configuration file; see engine/settings/sources.py for where it is looked for otherwise.
CONFIGURATION_VARIABLE = "NEXUS_CONFIG"


def data_directory(given: Path | None) -> Path:
    """The data directory this call works on."""
    if given is not None:
        return given
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_data_path  # 4 ms that --data-dir need not pay

    return user_data_path("nexus")
