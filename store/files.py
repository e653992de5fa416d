"""How the store creates files and makes them durable, and what the disk says in the store's words.

Files are 0600 whatever the umask says. A new or renamed file is durable only after its folder was synced too.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import IO

from store.errors import DiskFull, StoreError, Unwritable


def create(path: Path) -> IO[bytes]:
    """A new file that only its owner may read; it must not exist."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


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
