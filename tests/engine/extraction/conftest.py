"""Real notes by file name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Document = Callable[[str], bytes]


@pytest.fixture(scope="session")
def document(data: Path) -> Document:
    """Bytes of a fixture in `tests/data/nfe`."""
    return lambda name: (data / "nfe" / name).read_bytes()
