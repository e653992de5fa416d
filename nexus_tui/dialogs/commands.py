"""Every key of this place with what it does, runnable: the help (`?`) and, with the keyboard in its search line, the palette (`^p`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from nexus_tui.clean import fit
from nexus_tui.keys import APP, LIST, Key
from nexus_tui.look import look
from nexus_tui.widgets.columns import Piece
from nexus_tui.widgets.field import Field
from nexus_tui.widgets.pane import Pane, content_of

#: Headings by focus, in the order they are shown.
GROUPS = {"screen": "help.screen", LIST: "help.list", APP: "help.anywhere"}


class Commands(ModalScreen[Key | None]):
    """Answers with the key whose action is wanted. Keys that cannot act now say why and cannot be chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False),
        Binding("slash", "search", show=False),
        Binding("down", "list", show=False),
    ]

    def __init__(self, keys: Sequence[tuple[Key, str | None]], *, typing: bool) -> None:
        super().__init__()
        self._keys = keys
        self._typing = typing

    def compose(self) -> ComposeResult:
        """Title, search line, list."""
        say = look(self).say
        with Vertical(classes="dialog tall"):
            yield Pane(lambda _: [[("strong", say("help.title")), ("dim", f"   {say('help.hint')}")]], classes="words")
            yield Field(hint=say("help.type"))
            yield OptionList(markup=False, compact=True)

    def on_mount(self) -> None:
        """The palette types, the help reads."""
        self._fill("")
        self.query_one(Field if self._typing else OptionList).focus()

    def _fill(self, text: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        say = look(self).say
        for focus, heading in GROUPS.items():
            rows = [(key, why) for key, why in self._keys if key.focus == focus and _matches(text, say(key.label))]
            if rows:
                options.add_option(Option(content_of([[("dim", say(heading))]]), disabled=True))
            for key, why in rows:
                options.add_option(self._option(key, why))
        options.action_first()

    def _option(self, key: Key, why: str | None) -> Option:
        say = look(self).say
        shown = fit(key.shown.format(enter=look(self).glyphs.enter), 7, "")
        pieces: list[Piece] = [("accent" if why is None else "dim", f"  {shown}")]
        pieces.append(("text" if why is None else "dim", say(key.label)))
        if why is not None:
            pieces.append(("dim", f"  ({say(why)})"))
        return Option(content_of([pieces]), id=f"{key.room}-{key.focus}-{key.action}", disabled=why is not None)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        wanted = event.option_id
        self.dismiss(next(key for key, _ in self._keys if f"{key.room}-{key.focus}-{key.action}" == wanted))

    @on(Field.Left)
    def _left(self) -> None:
        self.action_close()

    def action_close(self) -> None:
        """Nothing is wanted."""
        self.dismiss(None)

    def action_search(self) -> None:
        """Type into the search line."""
        self.query_one(Field).focus()

    def action_list(self) -> None:
        """From the search line into the list."""
        self.query_one(OptionList).focus()


def _matches(text: str, label: str) -> bool:
    """Whether all words typed are in the label, in any order."""
    return all(word in label.casefold() for word in text.casefold().split())
