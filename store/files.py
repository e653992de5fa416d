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


def open_regular(path: Path) -> IO[bytes]:
    """A file to read. A pipe that took its place since it was looked at would keep its reader waiting for ever: it is refused."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
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
