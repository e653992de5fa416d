"""Asks before something that cannot be taken back: scope and count in the sentence, the verb on the button."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button

from nexus_tui.look import look
from nexus_tui.widgets.pane import Pane


class Confirm(ModalScreen[bool]):
    """Enter does it, esc does not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer(False)", show=False),
        Binding("left,right", "app.focus_next", show=False),
    ]

    def __init__(self, question: str, scope: str, consequence: str, button: str) -> None:
        super().__init__()
        self._question = question
        self._scope = scope
        self._consequence = consequence
        self._button = button

    def compose(self) -> ComposeResult:
        """Question, scope, consequence, the two buttons."""
        with Vertical(classes="dialog"):
            yield Pane(
                lambda _: [
                    [("strong", self._question)],
                    [("accent", self._scope)],
                    [("text", self._consequence)],
                ],
                classes="words",
            )
            with Horizontal(classes="buttons"):
                yield Button(Content(self._button), compact=True, id="yes")
                yield Button(Content(f"esc {look(self).say('dialog.cancel')}"), compact=True, id="no")

    def on_mount(self) -> None:
        """Enter is the verb."""
        self.query_one("#yes", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, answer: bool) -> None:
        """Answer by key."""
        self.dismiss(answer)
