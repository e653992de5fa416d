"""What every test stands on: the optional sample folder, and a guard that keeps the suite off the network."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLES = Path(os.environ.get("NEXUS_SAMPLES", REPOSITORY.parent / "shared" / "samples"))
DATA = REPOSITORY / "tests" / "data"

LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real documents with independent truth; tests that need it skip where it is absent."""
    if not SAMPLES.is_dir():
        pytest.skip(f"no samples at {SAMPLES}")
    return SAMPLES


@pytest.fixture(scope="session")
def data() -> Path:
    """Fixtures that ship with the project."""
    return DATA


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves the machine, so that no test can pass thanks to a network."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and address[0] not in LOOPBACK:
            raise AssertionError(f"a test reached for the network: {address!r}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[assignment,method-assign]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]
