"""A data directory for each row of the runbook; every command is a real process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nexus_tui.cli.running import Nexus
from tests.runbook.test_l3_serve import serving
from tests.runbook.wire import Wire, wire


@pytest.fixture
def nexus(tmp_path: Path) -> Nexus:
    """Commands on a data directory that does not exist yet."""
    return Nexus(tmp_path / "data")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """One service for all tests of a module, which only try what must leave nothing behind."""
    nexus = Nexus(tmp_path_factory.mktemp("bad") / "data")
    with serving(nexus) as web:
        yield wire(nexus, web.address)
