"""A data directory for each row of the runbook; every command is a real process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nexus_tui.cli.running import Nexus


@pytest.fixture
def nexus(tmp_path: Path) -> Nexus:
    """Commands on a data directory that does not exist yet."""
    return Nexus(tmp_path / "data")
