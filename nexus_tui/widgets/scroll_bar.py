"""The scrollbar of a bare console, whose font has no eighths of a block: its ends fall on whole rows."""

from __future__ import annotations

from textual.scrollbar import ScrollBarRender


class WholeRows(ScrollBarRender):
    """Draws nothing but full cells."""

    VERTICAL_BARS = [" "] * len(ScrollBarRender.VERTICAL_BARS)
    HORIZONTAL_BARS = [" "] * len(ScrollBarRender.HORIZONTAL_BARS)
