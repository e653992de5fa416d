"""A line to type into: printable keys are always text, esc leaves, tab takes the suggestion."""

from __future__ import annotations

from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from nexus_tui.keys import EVERY_ROOM, FIELD, bindings


class Field(Input):
    """A one-line input with the keys of the table."""

    BINDINGS = bindings(EVERY_ROOM, FIELD)

    class Left(Message):
        """Esc: the keyboard goes back to where it was."""

    def __init__(
        self, value: str = "", *, suggester: Suggester | None = None, hint: str = "", id: str | None = None
    ) -> None:
        super().__init__(value, placeholder=hint, suggester=suggester, id=id, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def action_leave(self) -> None:
        """Leave the text as it is."""
        self.post_message(self.Left())

    def action_complete(self) -> None:
        """Take the suggestion, if there is one; never move the focus away from a half-typed line."""
        self.action_end()
        self.action_cursor_right()
