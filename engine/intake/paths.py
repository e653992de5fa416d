"""The files below the paths a person named, in a stable order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.errors import BadInput, NoSuchFile, NotReadable


class Found(NamedTuple):
    """A file to take in, or why it cannot be."""

    path: Path
    error: BadInput | None


def files(paths: Sequence[Path]) -> Iterator[Found]:
    """Every regular file, folders walked in the order of their names. What cannot be read is named, never skipped in silence."""
    for path in paths:
        yield from _below(path)


def _below(path: Path) -> Iterator[Found]:
    if path.is_dir():
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            yield Found(path, NotReadable(f"{path}: {error.strerror}."))
            return
        for entry in entries:
            # A link to a folder may lead in a circle.
            if entry.is_symlink() and entry.is_dir():
                continue
            yield from _below(path / entry.name)
    elif path.is_file():
        readable = os.access(path, os.R_OK)
        yield Found(path, None if readable else NotReadable(f"{path} cannot be read."))
    elif path.exists():
        yield Found(path, NotReadable(f"{path} is no regular file."))
    else:
        yield Found(path, NoSuchFile(f"There is no {path}."))
