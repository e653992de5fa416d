"""The files below the paths a person named, in a stable order."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from engine.errors import BadInput, NoSuchFile, NotAFile, NotReadable


class Found(NamedTuple):
    """A file to take in, or why it cannot be."""

    path: Path
    error: BadInput | None
    #: Bytes, as the folder said when it was found.
    size: int = 0


def told(path: Path) -> str:
    """A path as text that can be stored and sent: bytes of a name that are no UTF-8 are shown as a replacement character."""
    return os.fsencode(path).decode("utf-8", "replace")


def shown(path: bytes) -> str:
    """A path as the file system has it, as text."""
    return told(Path(os.fsdecode(path)))


def files(paths: Sequence[Path]) -> Iterator[Found]:
    """Every regular file, folders walked in the order of their names. What cannot be read is named, never skipped in silence."""
    ahead = list(reversed(paths))
    named = len(ahead)
    while ahead:
        path = ahead.pop()
        inside = len(ahead) >= named
        named = min(named, len(ahead))
        try:
            status = path.stat()
            if stat.S_ISDIR(status.st_mode) and not (inside and path.is_symlink()):
                ahead += sorted(path.iterdir(), key=lambda one: one.name, reverse=True)
                continue
        except (FileNotFoundError, NotADirectoryError):
            yield Found(path, NoSuchFile(f"There is no {path}."))
        except (OSError, ValueError) as error:
            yield Found(path, unreadable(path, error))
        else:
            yield Found(path, refusal(path, status.st_mode), status.st_size)


def refusal(path: Path, mode: int) -> BadInput | None:
    """Why what the path leads to, of this mode, is not taken in."""
    if stat.S_ISDIR(mode):
        # It may lead in a circle; one that a person named is meant, and was entered.
        return NotAFile(f"{path} is a link to a folder and is not followed.")
    if not stat.S_ISREG(mode):
        return NotAFile(f"{path} is no regular file.")
    return None if os.access(path, os.R_OK) else NotReadable(f"{path} cannot be read.")


def unreadable(path: Path, error: OSError | ValueError) -> BadInput:
    """Why a path leads to nothing that can be read."""
    if isinstance(error, OSError) and error.errno == errno.ELOOP:
        return NotAFile(f"{path} is a link that leads in a circle.")
    return NotReadable(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.")
