"""Asks for one line of text, with completion."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input

from nexus_tui.look import look
from nexus_tui.widgets.field import Field
from nexus_tui.widgets.pane import Pane


class Ask(ModalScreen[str | None]):
    """Enter answers with the text, esc with None."""

    def __init__(self, question: str, hint: str, suggester: Suggester) -> None:
        super().__init__()
        self._question = question
        self._hint = hint
        self._suggester = suggester

    def compose(self) -> ComposeResult:
        """Question, the line, how it is used."""
        with Vertical(classes="dialog"):
            yield Pane(lambda _: [[("strong", self._question)]], classes="words")
            yield Field(suggester=self._suggester)
            yield Pane(lambda _: [[("dim", self._hint.format(enter=look(self).glyphs.enter))]], classes="words")

    def on_mount(self) -> None:
        """One types at once."""
        self.query_one(Field).focus()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)

    @on(Field.Left)
    def _left(self) -> None:
        self.dismiss(None)
