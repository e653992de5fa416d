"""One look at a folder: the files below it and what they look like. Nothing is opened and no link followed: who may write into the folder could have it
lead to files that only Nexus may read.

Runs in a thread. Paths are bytes below the folder, as the file system has them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine.errors import BadInput, NotAFile, WatchGone, WatchReplaced, WatchUnreadable
from engine.intake.paths import refusal, told, unreadable


class Face(NamedTuple):
    """What a file looks like from outside; times are nanoseconds of the file system."""

    inode: int
    size: int
    mtime: int
    ctime: int


class Found(NamedTuple):
    """A regular file, or what cannot be taken and why."""

    face: Face
    error: BadInput | None = None


class Scan(NamedTuple):
    """What a look showed; `identity` is the folder's device and inode."""

    identity: tuple[int, int]
    files: dict[bytes, Found]


def face_of(status: os.stat_result) -> Face:
    """A file's face."""
    return Face(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def whole(directory: bytes, name: bytes) -> Path:
    """The path of a file of the folder."""
    return Path(os.fsdecode(directory + b"/" + name))


def scan(directory: bytes, passed_over: Callable[[bytes], bool], apart: bytes | None = None) -> Scan:
    """All files below `directory` but in `apart`; what cannot be read below it is among them. `directory` was free of links when it was named.

    Raises `WatchGone`, `WatchReplaced` or `WatchUnreadable`.
    """
    root = Path(os.fsdecode(directory))
    if os.path.realpath(directory) != directory:
        raise WatchReplaced(f"{told(root)} leads through a link to {told(root.resolve())}.")
    try:
        status = root.stat()
        os.scandir(directory).close()
    except (FileNotFoundError, NotADirectoryError):
        raise WatchGone(f"{told(root)} is not there.") from None
    except OSError as error:
        raise WatchUnreadable(f"{told(root)} cannot be read: {error.strerror}.") from error
    files: dict[bytes, Found] = {}
    folders = [b""]
    while folders:
        below = folders.pop()
        try:
            with os.scandir(directory + b"/" + below) as entries:
                for entry in entries:
                    name = below + b"/" + entry.name if below else entry.name
                    if passed_over(entry.name) or directory + b"/" + name == apart:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(name)
                    elif (found := look(directory, name)) is not None:
                        files[name] = found
        except OSError as error:
            # Gone since its parent was read, or closed to us.
            path = whole(directory, below)
            if below and path.is_dir():
                files[below] = Found(face_of(path.lstat()), unreadable(path, error))
    return Scan((status.st_dev, status.st_ino), files)


def look(directory: bytes, name: bytes) -> Found | None:
    """A file of the folder as it is now; `None` if there is nothing of that name any more."""
    path = whole(directory, name)
    try:
        status = path.lstat()
    except OSError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return Found(face_of(status), NotAFile(f"{told(path)} is a link; in a watched folder none is followed."))
    # Whether we may read it is asked once, when it is ripe.
    return Found(face_of(status), None if stat.S_ISREG(status.st_mode) else refusal(path, status.st_mode))
