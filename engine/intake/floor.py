"""The floor of free space: below it no file is begun, so that what was acknowledged can be finished.

Waiting ends by itself. The disk cannot say when there is room again, so it is asked once in a while.
"""

from __future__ import annotations

import asyncio

from engine.errors import NoSpace
from store.space import MIB, Room, Space

#: Seconds between two questions while a job waits.
LOOK_S = 1.0


class Floor:
    """Says whether a file may be begun. Without a `space` the disk is not asked."""

    def __init__(self, space: Space | None) -> None:
        self._space = space
        #: Why intake waits, while it does.
        self.lack: NoSpace | None = None

    def check(self, begun: int = 0) -> NoSpace | None:
        """Why no further file may be begun, if so; `begun` bytes are being written. The ballast is released where the disk itself says so."""
        if self._space is None:
            return None
        room = self._space.relieve()
        self.lack = lacking(self._space, room, begun)
        return self.lack

    async def back(self) -> None:
        """Return when there is room."""
        while self.check() is not None:  # noqa: ASYNC110  # there is no event of the disk to wait for
            await asyncio.sleep(LOOK_S)


def lacking(space: Space, room: Room, begun: int = 0) -> NoSpace | None:
    """Why intake waits in this room, if it does."""
    free = room.free - begun
    if free >= room.needed:
        return None
    return NoSpace(f"{space.directory} has {max(free, 0) // MIB} MB free; intake waits below {-(-room.needed // MIB)} MB.")
