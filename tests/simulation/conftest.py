"""The simulation, opened once for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.simulate import Simulation


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """What all seeds share: a template database and notes, in memory."""
    opened = Simulation()
    yield opened
    opened.close()
