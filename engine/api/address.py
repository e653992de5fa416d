"""Where the owner's socket lies. A Unix socket's address holds about a hundred bytes, a data directory may be deeper than that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import BadInput

SOCKET = "nexus.sock"
#: Bytes of an address, the closing zero not counted, on the stingiest system (macOS).
LONGEST = 103


@contextmanager
def address(directory: Path) -> Iterator[str]:
    """The socket's address, valid inside the block. Raises `BadInput` where there is no way to name it."""
    path = os.fspath(directory.absolute() / SOCKET)
    if len(os.fsencode(path)) <= LONGEST:
        yield path
        return
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        through = Path(f"/proc/self/fd/{handle}")
        if not through.exists():
            raise BadInput(f"The path of {directory} is too long for a socket: it may have {LONGEST - len(SOCKET) - 1} bytes.")
        yield os.fspath(through / SOCKET)
    finally:
        os.close(handle)
