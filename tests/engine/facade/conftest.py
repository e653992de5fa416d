"""Houses for the tests of the facade."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.facade.house import House, MakeHouse, house


@pytest.fixture
def build(tmp_path: Path, data: Path) -> MakeHouse:
    """Builds a house in this test's folder."""

    def built(**options: Any) -> Any:
        return house(tmp_path / "data", data, **options)

    return built


@pytest.fixture
async def working(build: MakeHouse) -> AsyncIterator[House]:
    """A house at work."""
    async with build() as one:
        yield one


@pytest.fixture
async def idle(build: MakeHouse) -> AsyncIterator[House]:
    """A house that takes in and answers, where nothing is processed."""
    async with build(work=False) as one:
        yield one
