"""Commands in this process, and the distributions of the tree as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import call, nexus
from tests.packaging import building

__all__ = ["call", "nexus"]


@pytest.fixture(scope="session")
def sdist() -> Path:
    """The source distribution."""
    return building.distributions()[0]


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that was built from it."""
    return building.distributions()[1]
