"""The places behind the digits. A new room is one line here and its module; keys, top line, go-to and palette follow."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nexus_tui.screen import NexusScreen


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """One place: its digit, its name (the mode's name and the message `room.<name>`), and its first screen."""

    number: int
    name: str
    #: `module:class`, imported when the room is first entered: the first frame pays for one room only.
    screen: str

    @property
    def label(self) -> str:
        """The id of the room's name on screen."""
        return f"room.{self.name}"

    def open(self) -> NexusScreen:
        """A new first screen of the room."""
        module, name = self.screen.split(":")
        screen: NexusScreen = getattr(import_module(module), name)()
        return screen


ROOMS = (Room(number=1, name="inbox", screen="nexus_tui.rooms.inbox:InboxScreen"),)
