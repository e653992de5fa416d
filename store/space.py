"""The room on the disk of a data directory: how much is free, how much must stay so, and the ballast, a file that is there to be given up.

A released ballast stays as an empty file: so every process, also after a restart, sees that its room is owed before work that can wait begins
again. Nothing here waits; who does is the engine's business.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from store.errors import StoreError
from store.files import disk_error

MIB = 1024 * 1024
BALLAST = "ballast"
#: What must stay free: the largest file that is taken in still fits below it.
FLOOR = 200 * MIB
#: Of a file system below 1 GB the floor is a fifth, or it could never be used.
SHARE = 5
#: What the ballast holds back where the floor is whole; on smaller file systems it shrinks with the floor.
WEIGHT = 32 * MIB
#: The ballast is made, or made again, with this many floors free besides.
AMPLE = 2
#: A link in the ballast's place is not followed.
WRITING = os.O_WRONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class Capacity(NamedTuple):
    """A file system, in bytes."""

    free: int
    total: int


#: Asks the file system that a folder lies on.
Measure = Callable[[Path], Capacity]


class Room(NamedTuple):
    """What is free, what must stay free, and what a released ballast is owed, in bytes."""

    free: int
    floor: int
    owed: int
    #: Bytes of the whole file system.
    total: int

    @property
    def needed(self) -> int:
        """With less than this free, work that can wait does."""
        return self.floor + self.owed

    @property
    def low(self) -> bool:
        """Whether less is free than is needed."""
        return self.free < self.needed


def measured(directory: Path) -> Capacity:
    """The system's own answer: what is free for others than root."""
    usage = shutil.disk_usage(directory)
    return Capacity(usage.free, usage.total)


def floor_of(total: int) -> int:
    """What must stay free on a file system of `total` bytes."""
    return min(FLOOR, total // SHARE)


def weight_of(total: int) -> int:
    """What the ballast weighs on a file system of `total` bytes."""
    return floor_of(total) * WEIGHT // FLOOR


class Space:
    """The room of one data directory."""

    def __init__(self, directory: Path, measure: Measure = measured) -> None:
        self.directory = directory
        self._measure = measure
        self._ballast = directory / BALLAST

    def look(self) -> Room:
        """Ask the disk once. Raises `Unwritable` if it cannot be asked."""
        return self._room(self._capacity())

    def relieve(self) -> Room:
        """Ask the disk once, and release the ballast if there is too little room. Returns what was found before that."""
        room = self.look()
        if room.low:
            # Whether that worked or not, there is little room, and that is what is told.
            with suppress(OSError):
                self._release()
        return room

    def hold(self) -> bool:
        """Make the ballast if it is not there and there is ample room for it; takes a while. True if it was made now."""
        capacity = self._capacity()
        weight = weight_of(capacity.total)
        if capacity.free < AMPLE * floor_of(capacity.total) + weight or (self._held() or 0) >= weight:
            return False
        known = self._held() is not None
        try:
            self._make(weight)
        except OSError as error:
            with suppress(OSError):
                self._release() if known else self._ballast.unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                # A quota, or others were faster: there is no ample room after all.
                return False
            raise disk_error(error, self.directory) from error
        return True

    def _capacity(self) -> Capacity:
        try:
            return self._measure(self.directory)
        except OSError as error:
            raise self._unknown(error) from error

    def _room(self, capacity: Capacity) -> Room:
        floor, weight = floor_of(capacity.total), weight_of(capacity.total)
        if capacity.free >= floor + weight:
            # Whatever the ballast is owed, there is enough: one question to the disk is all that a file costs.
            return Room(capacity.free, floor, 0, capacity.total)
        held = self._held()
        return Room(capacity.free, floor, 0 if held is None else max(weight - held, 0), capacity.total)

    def _held(self) -> int | None:
        """Bytes that the ballast really occupies; `None` if it was never made."""
        try:
            status = self._ballast.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unknown(error) from error
        return _occupied(status)

    def _make(self, weight: int) -> None:
        handle = os.open(self._ballast, WRITING | os.O_CREAT, 0o600)
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(handle, 0, weight)
            if _occupied(os.fstat(handle)) < weight:
                _fill(handle, weight)
                os.fsync(handle)
        finally:
            os.close(handle)

    def _release(self) -> None:
        os.close(os.open(self._ballast, WRITING | os.O_TRUNC))

    def _unknown(self, error: OSError) -> StoreError:
        return disk_error(error, self.directory)


def _occupied(status: os.stat_result) -> int:
    blocks: int | None = getattr(status, "st_blocks", None)
    return status.st_size if blocks is None else blocks * 512


def _fill(handle: int, weight: int) -> None:
    """Bytes that a compressing file system cannot make smaller."""
    for start in range(0, weight, MIB):
        content = hashlib.shake_128(start.to_bytes(8, "big")).digest(min(MIB, weight - start))
        while content:
            content = content[os.write(handle, content) :]
