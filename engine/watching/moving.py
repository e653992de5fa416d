"""Moving a file that was taken in out of its watched folder. It never replaces another, and is never the only copy that is removed.

Runs in a thread.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from engine.errors import NotMoved
from engine.intake.identity import document_id
from engine.intake.paths import told
from engine.watching.scan import Face, face_of, whole
from store.files import create, sync, sync_file

#: Names tried for one file.
MOST_NAMES = 10_000
CHUNK = 1024 * 1024


def move(directory: bytes, name: bytes, face: Face, target: bytes, tenant: str, doc: str) -> Path | None:
    """Move `name` below `target`, at the same place below it. `None` if it changed since it was taken in: then it stays.

    Raises `NotMoved`.
    """
    source = whole(directory, name)
    wanted = whole(target, name)
    try:
        if not _unchanged(source, face):
            return None
        _make(wanted.parent, like=Path(os.fsdecode(directory)))
        if os.path.realpath(wanted.parent) != str(wanted.parent):
            raise NotMoved(f"{told(source)} cannot be moved to {told(wanted.parent)}: it leads through a link.")
        place = _reserve(wanted)
    except OSError as error:
        raise _failed(source, wanted.parent, error) from error
    try:
        try:
            source.replace(place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _across(source, face, place, tenant, doc)
        sync(place.parent)
    except OSError as error:
        # What was reserved is empty; once the file is there it is not touched.
        with suppress(OSError):
            if place.stat().st_size == 0 and face.size and source.exists():
                place.unlink()
        raise _failed(source, wanted.parent, error) from error
    return place


def _across(source: Path, face: Face, place: Path, tenant: str, doc: str) -> None:
    """To another file system: the copy is durable, and its bytes read back are those that were taken in, before the source goes."""
    partial = place.with_name(f".{place.name[:200]}.nexus-move")
    partial.unlink(missing_ok=True)
    try:
        with source.open("rb") as reading, create(partial) as writing:
            shutil.copyfileobj(reading, writing, CHUNK)
            sync_file(writing)
        shutil.copystat(source, partial)
        with partial.open("rb") as copied:
            digest = hashlib.file_digest(copied, "sha256").digest()
        if document_id(tenant, digest) != doc or not _unchanged(source, face):
            raise OSError(errno.EIO, "the copy differs from what was taken in")
        partial.replace(place)
        sync(place.parent)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    source.unlink()


def _unchanged(source: Path, face: Face) -> bool:
    try:
        return face_of(source.lstat())[:3] == face[:3]
    except FileNotFoundError:
        return False


def _make(folder: Path, like: Path) -> None:
    """The folder with those above it, open to those who may use the watched one."""
    missing: list[Path] = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        shutil.copymode(like, one)


def _reserve(wanted: Path) -> Path:
    """An empty file of that name, or with a number where there is one already."""
    for name in _names(wanted):
        try:
            create(name).close()
        except FileExistsError:
            continue
        return name
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(wanted))


def _names(wanted: Path) -> Iterator[Path]:
    yield wanted
    for number in range(2, MOST_NAMES):
        yield wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")


def _failed(source: Path, folder: Path, error: OSError) -> NotMoved:
    return NotMoved(f"{told(source)} cannot be moved to {told(folder)}: {error.strerror}.")
