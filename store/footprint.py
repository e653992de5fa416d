"""How many bytes a data directory's database takes on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from store.store import DATABASE


class Footprint(NamedTuple):
    """In bytes."""

    database: int
    wal: int


def footprint(directory: Path) -> Footprint:
    """Sizes of the files as they are now; one that is not there has none."""
    return Footprint(_size(directory / DATABASE), _size(directory / f"{DATABASE}-wal"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
