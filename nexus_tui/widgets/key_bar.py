"""The footer: the keys that act here and now, the most useful first, whole or not at all; help always stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from nexus_tui.keys import Key
from nexus_tui.look import look
from nexus_tui.widgets.columns import Piece
from nexus_tui.widgets.pane import content_of

GAP = 2


class KeyBar(Widget):
    """Draws `keys()`, best first; a click does what the key does."""

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, key: Key) -> None:
            super().__init__()
            self.key = key

    def __init__(self, keys: Callable[[], Sequence[Key]]) -> None:
        super().__init__()
        self._keys = keys
        self._places: list[tuple[int, int, Key]] = []

    def render(self) -> Content:
        """As many keys as fit; the last one of the list (help) has its place kept."""
        keys = self._keys()
        if not keys:
            return Content("")
        *others, last = keys
        room = self.content_size.width - 1
        reserved = self._cells(last)
        shown: list[Key] = []
        used = 0
        for key in others:
            size = self._cells(key) + GAP
            if used + size + reserved <= room:
                shown.append(key)
                used += size
        pieces: list[Piece] = [("text", " ")]
        self._places = []
        at = 1
        for key in (*shown, last):
            self._places.append((at, at + self._cells(key), key))
            pieces += [("accent", self._shown(key)), ("dim", f" {look(self).say(key.label)}"), ("text", " " * GAP)]
            at += self._cells(key) + GAP
        return content_of([pieces])

    def on_click(self, event: Click) -> None:
        """Find the key under the pointer."""
        for first, behind, key in self._places:
            if first <= event.x < behind:
                self.post_message(self.Pressed(key))

    def _shown(self, key: Key) -> str:
        return key.shown.format(enter=look(self).glyphs.enter)

    def _cells(self, key: Key) -> int:
        return cell_len(self._shown(key)) + 1 + cell_len(look(self).say(key.label))
