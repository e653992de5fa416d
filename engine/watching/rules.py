"""Which folders may be watched: none that would take in what another one, or Nexus itself, has written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from engine.errors import NoSuchFile, NotReadable, NotWatchable
from engine.intake.paths import told
from engine.watching.options import WatchOptions, decoded
from store.driver import Connection
from store.records import watches
from store.records.watches import Watch
from store.transaction import Transaction


def check(directory: bytes, options: WatchOptions, data_directory: Path, others: Iterable[Watch]) -> None:
    """Raise `NotWatchable`, `NoSuchFile` or `NotReadable` unless the folder may be watched beside the `others`."""
    folder = _path(directory)
    if not folder.is_absolute():
        raise NotWatchable(f"{told(folder)} must be named from the root.")
    if not folder.exists():
        raise NoSuchFile(f"There is no {told(folder)}.")
    if not folder.is_dir():
        raise NotWatchable(f"{told(folder)} is no folder.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise NotReadable(f"{told(folder)} cannot be read.")
    moved = None if options.move_to is None else _path(options.move_to)
    if moved is not None:
        _check_target(moved, folder, data_directory)
    if _cross(folder, data_directory):
        raise NotWatchable(f"{told(folder)} crosses the data directory, whose files are no documents.")
    for other in others:
        if other.directory != directory:
            _check_beside(folder, moved, other)


def led_to(path: bytes) -> bytes:
    """Where a path leads at this moment, itself free of links."""
    return os.path.realpath(path)


def named(connection: Transaction | Connection, directory: bytes) -> Watch | None:
    """The watched folder that somebody names: by its path as it is, or by where its links lead."""
    return watches.find(connection, directory) or watches.find(connection, led_to(directory))


def _check_target(moved: Path, folder: Path, data_directory: Path) -> None:
    if not moved.is_absolute():
        raise NotWatchable(f"{told(moved)} must be named from the root.")
    if moved.exists() and not moved.is_dir():
        raise NotWatchable(f"{told(moved)} is no folder.")
    if _real(moved) == _real(folder):
        raise NotWatchable(f"Files cannot be moved to {told(moved)}: it is the watched folder itself.")
    if _within(moved, data_directory):
        raise NotWatchable(f"Files cannot be moved to {told(moved)}: it lies in the data directory.")


def _check_beside(folder: Path, moved: Path | None, other: Watch) -> None:
    watched, theirs = _path(other.directory), decoded(other.options).move_to
    if _cross(folder, watched):
        raise NotWatchable(f"{told(folder)} crosses {told(watched)}, which is watched already.")
    if moved is not None and _within(moved, watched):
        raise NotWatchable(f"Files cannot be moved to {told(moved)}: {told(watched)} is watched.")
    if theirs is not None and _within(_path(theirs), folder):
        raise NotWatchable(f"{told(folder)} holds {told(_path(theirs))}, where files of {told(watched)} are moved to.")


def _path(path: bytes) -> Path:
    return Path(os.fsdecode(path))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _within(inner: Path, outer: Path) -> bool:
    return _real(inner).is_relative_to(_real(outer))


def _cross(one: Path, other: Path) -> bool:
    return _within(one, other) or _within(other, one)
