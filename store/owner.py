"""One process owns a data directory: an OS file lock, and `owner.json` that says who.

The lock is the truth (the kernel drops it when the process dies, however it dies); the file is information for whoever is refused.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

from store.errors import Owned, Unwritable
from store.files import create, disk_error

LOCK_FILE = "nexus.lock"
OWNER_FILE = "owner.json"
#: A process that only asks whether the directory is owned holds the lock for an instant; a taker tries again that often, that far apart.
TRIES = 5
PAUSE_S = 0.02


class Ownership:
    """Held from `take` to `release`."""

    def __init__(self, directory: Path, handle: int, *, cut_off: bool = False) -> None:
        self._directory = directory
        self._handle = handle
        #: Whether the owner before this one ended without a word.
        self.cut_off = cut_off

    @classmethod
    def take(cls, directory: Path) -> Ownership:
        """Own `directory`, which is created (0700) if need be. Raises `Owned` with the holder's pid."""
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise disk_error(error, directory) from error
        try:
            if not _lock(handle):
                holder = read_owner(directory)
                who = f"process {holder['pid']}" if holder else "another process"
                raise Owned(f"{directory} is in use by {who}.")
            # What a killed owner left would name the wrong process until this one announces itself.
            cut_off = (directory / OWNER_FILE).exists()
            (directory / OWNER_FILE).unlink(missing_ok=True)
        except OSError as error:
            os.close(handle)
            raise Unwritable(f"{directory} cannot be locked: {error.strerror}.") from error
        except Owned:
            os.close(handle)
            raise
        return cls(directory, handle, cut_off=cut_off)

    def announce(self, owner: dict[str, Any]) -> None:
        """Write `owner.json`: pid, boot, version, schema, socket, http. Raises `DiskFull` or `Unwritable`."""
        temporary = self._directory / f"{OWNER_FILE}.tmp"
        try:
            temporary.unlink(missing_ok=True)
            with create(temporary) as file:
                file.write(json.dumps(owner).encode())
            temporary.rename(self._directory / OWNER_FILE)
        except OSError as error:
            raise disk_error(error, self._directory) from error

    def withdraw(self) -> None:
        """Say that this owner takes nothing more and will end. It writes nothing, so it works on a full disk."""
        (self._directory / OWNER_FILE).unlink(missing_ok=True)

    def release(self) -> None:
        """Give the directory up."""
        (self._directory / OWNER_FILE).unlink(missing_ok=True)
        os.close(self._handle)


def _lock(handle: int) -> bool:
    """Lock the open file. False if another process holds it."""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_S)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def read_owner(directory: Path) -> dict[str, Any] | None:
    """What the owner says of itself, `None` if nothing readable is there."""
    try:
        owner = json.loads((directory / OWNER_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return owner if isinstance(owner, dict) and "pid" in owner else None


def is_owned(directory: Path) -> bool:
    """Whether some process holds the directory right now."""
    try:
        handle = os.open(directory / LOCK_FILE, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
