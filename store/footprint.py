"""How many bytes a data directory's database takes on the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from store.files import size_of
from store.store import BLOBS, DATABASE


class Footprint(NamedTuple):
    """In bytes."""

    database: int
    wal: int


def footprint(directory: Path) -> Footprint:
    """Sizes of the files as they are now; one that is not there has none."""
    return Footprint(size_of(directory / DATABASE), size_of(directory / f"{DATABASE}-wal"))


class Stored(NamedTuple):
    """What lies in the blob folder, the trash apart, in bytes."""

    files: int
    bytes: int
    trash: int


def stored(directory: Path) -> Stored:
    """Sizes of the blobs as they are now; about a second for 200,000."""
    files = size = trash = 0
    for folder in _entries(directory / BLOBS):
        for entry in _entries(folder):
            try:
                found = entry.stat().st_size
            except FileNotFoundError:
                continue
            if folder.name == "trash":
                trash += found
            else:
                files, size = files + 1, size + found
    return Stored(files, size, trash)


def _entries(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
