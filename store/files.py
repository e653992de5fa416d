"""How the store creates files and makes them durable, and what the disk says in the store's words.

Files are 0600 whatever the umask says. A new or renamed file is durable only after its folder was synced too.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO

from store.errors import DiskFull, StoreError, Unwritable


def create(path: Path) -> IO[bytes]:
    """A new file that only its owner may read; it must not exist."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def open_regular(path: Path, *, links: bool = True) -> IO[bytes]:
    """A file to read. A pipe that took its place since it was looked at would keep its reader waiting for ever: it is refused.

    Without `links` no link is followed in any part of the path, which is then absolute: whoever writes into one of its folders could have it lead anywhere.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags) if links else _open_without_links(path, flags)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "No regular file", str(path))
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _open_without_links(path: Path, flags: int) -> int:
    """Folder by folder, each opened from the one above: what is looked at cannot be exchanged for what is opened."""
    root, *folders, name = path.parts
    enter = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    above = os.open(root, enter)
    try:
        for folder in folders:
            below = os.open(folder, enter, dir_fd=above)
            os.close(above)
            above = below
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=above)
    finally:
        os.close(above)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def state_of(file: IO[bytes]) -> tuple[int, int]:
    """Differs from an earlier state of the open file if someone wrote to it in between."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def sync_file(file: IO[bytes]) -> None:
    """Bring an open file's content to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync(path: Path) -> None:
    """Bring a file's content, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def disk_error(error: OSError, folder: Path) -> StoreError:
    """What the operating system said about writing into `folder`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"No space left in {folder}.")
    return Unwritable(f"{folder} cannot be written: {error.strerror}.")
