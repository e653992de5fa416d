"""Lines of toned text: the widget every still part of a screen is made of, and how tones become colours there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from nexus_tui.look import look
from nexus_tui.widgets.columns import Piece, Tone, clip

#: The theme's colour of each tone, as a style of `Content`; nothing here is parsed out of the text.
STYLES: dict[Tone, str] = {
    "text": "",
    "dim": "$nexus-dim",
    "strong": "bold",
    "accent": "$accent",
    "good": "$success",
    "warn": "$warning",
    "bad": "$error",
}

Line = Sequence[Piece]


def content_of(lines: Sequence[Line]) -> Content:
    """The lines as something Textual draws; text is taken literally."""
    return Content("\n").join(Content.assemble(*((text, STYLES[tone]) for tone, text in line)) for line in lines)


class Pane(Widget):
    """Draws whatever `lines(width)` says at the moment of drawing, so a change of language or theme needs a refresh only."""

    def __init__(
        self, lines: Callable[[int], Sequence[Line]], *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines = lines

    def render(self) -> Content:
        """The lines, for the present width. Where they do not wrap they are cut with the terminal's own sign for it."""
        width = self.content_size.width
        lines = self._lines(width)
        if self.styles.text_wrap == "nowrap" and not self.styles.is_auto_width:
            lines = [line if _size(line) <= width else clip(line, width, look(self).glyphs.ellipsis) for line in lines]
        return content_of(lines)


def _size(line: Line) -> int:
    return sum(cell_len(text) for _, text in line)
