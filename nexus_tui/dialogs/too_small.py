"""Stands over everything while the terminal is too small to be read; the engine goes on underneath."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from nexus_tui.look import look
from nexus_tui.widgets.pane import Pane

LEAST_WIDTH, LEAST_HEIGHT = 60, 16


class TooSmall(ModalScreen[None]):
    """Asks for more room. Only quitting works."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,ctrl+q,ctrl+c", "app.leave_nexus", show=False)]

    def compose(self) -> ComposeResult:
        """One sentence."""
        yield Pane(
            lambda _: [
                [("strong", look(self).say("small.title"))],
                [("text", look(self).say("small.wanted", width=LEAST_WIDTH, height=LEAST_HEIGHT))],
                [("dim", look(self).say("small.engine"))],
            ]
        )
