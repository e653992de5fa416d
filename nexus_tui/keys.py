"""The one key table. Bindings, footer, help, palette and the user guide are made from it, so they cannot disagree.

A key belongs to a room (or to every room) and to a focus: `screen` keys act whatever is focused inside, `list` keys while a list
is, `field` keys while text is typed. In a field every printable key is text. UPPER CASE that changes data asks first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from nexus_tui.rooms import ROOMS

EVERY_ROOM = "*"

APP, SCREEN, LIST, FIELD = "app", "screen", "list", "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One row of the table."""

    #: Textual's names of the keys that do it, comma separated; the first is the one shown.
    keys: str
    #: The action method that does it, on the app, the screen, the list or the field, by `focus`.
    action: str
    #: Message id of the verb.
    label: str
    #: How the key is written, `{enter}` being the terminal's own glyph for it.
    shown: str
    focus: str = SCREEN
    room: str = EVERY_ROOM
    #: Place in the footer, lowest first; None keeps it to the help.
    footer: int | None = None
    #: Acts even while a field has the focus.
    priority: bool = False


def _rooms() -> Iterator[Key]:
    for room in ROOMS:
        yield Key(
            keys=str(room.number), action=f"room('{room.name}')", label=room.label, shown=str(room.number), focus=APP
        )


KEYS: tuple[Key, ...] = (
    # the inbox
    Key(keys="a", action="add", label="key.add", shown="a", room="inbox", footer=10),
    Key(keys="r", action="requeue", label="key.requeue", shown="r", room="inbox", footer=40),
    Key(keys="R", action="reprocess", label="key.reprocess", shown="R", room="inbox", footer=70),
    Key(keys="X", action="cancel", label="key.cancel", shown="X", room="inbox", footer=75),
    Key(keys="slash", action="filter", label="key.filter", shown="/", room="inbox", footer=50),
    Key(keys="s", action="sort", label="key.sort", shown="s", focus=LIST, footer=85),
    Key(keys="y", action="copy", label="key.copy", shown="y", room="inbox"),
    Key(keys="Y", action="copy_json", label="key.copy_json", shown="Y", room="inbox"),
    # one document
    Key(keys="r", action="requeue", label="key.requeue", shown="r", room="document", footer=12),
    Key(keys="R", action="reprocess", label="key.reprocess", shown="R", room="document", footer=14),
    Key(keys="X", action="cancel", label="key.cancel", shown="X", room="document", footer=16),
    Key(keys="y", action="copy", label="key.copy", shown="y", room="document", footer=42),
    Key(keys="Y", action="copy_json", label="key.copy_json", shown="Y", room="document"),
    Key(keys="comma", action="neighbour(-1)", label="key.previous", shown=",", room="document", footer=52),
    Key(keys="full_stop", action="neighbour(1)", label="key.next", shown=".", room="document", footer=53),
    # any list
    Key(keys="enter", action="open", label="key.open", shown="{enter}", focus=LIST, footer=20),
    Key(keys="space", action="mark", label="key.mark", shown="space", focus=LIST, footer=30),
    Key(keys="A", action="mark_all", label="key.mark_all", shown="A", focus=LIST, footer=80),
    Key(keys="up,k", action="cursor(-1)", label="key.up", shown="k", focus=LIST),
    Key(keys="down,j", action="cursor(1)", label="key.down", shown="j", focus=LIST),
    Key(keys="pageup,ctrl+u", action="cursor_page(-1)", label="key.page_up", shown="PgUp", focus=LIST),
    Key(keys="pagedown,ctrl+d", action="cursor_page(1)", label="key.page_down", shown="PgDn", focus=LIST),
    Key(keys="g,home", action="cursor_first", label="key.first", shown="g", focus=LIST),
    Key(keys="G,end", action="cursor_last", label="key.last", shown="G", focus=LIST),
    # any field
    Key(keys="enter", action="submit", label="key.apply", shown="{enter}", focus=FIELD, footer=15),
    Key(keys="escape", action="leave", label="key.leave_field", shown="esc", focus=FIELD, footer=20),
    Key(keys="tab", action="complete", label="key.complete", shown="tab", focus=FIELD, footer=10),
    # any screen
    Key(keys="escape", action="back", label="key.back", shown="esc", footer=55),
    Key(keys="left_square_bracket", action="tab(-1)", label="key.tab_previous", shown="[", room="document"),
    Key(keys="right_square_bracket", action="tab(1)", label="key.tab_next", shown="]", room="document"),
    # anywhere
    *_rooms(),
    Key(keys="colon", action="go_to", label="key.go_to", shown=":", focus=APP, footer=60),
    Key(keys="ctrl+p", action="palette", label="key.palette", shown="^p", focus=APP, footer=62, priority=True),
    Key(keys="question_mark", action="help", label="key.help", shown="?", focus=APP, footer=99),
    Key(keys="L", action="language", label="key.language", shown="L", focus=APP),
    Key(keys="T", action="theme", label="key.theme", shown="T", focus=APP),
    Key(keys="ctrl+z", action="suspend_viewer", label="key.suspend", shown="^z", focus=APP, priority=True),
    Key(keys="q,ctrl+q", action="leave_nexus", label="key.quit", shown="q", focus=APP, footer=64),
    Key(keys="ctrl+c", action="interrupt", label="key.interrupt", shown="^c", focus=APP, priority=True),
)


def keys_in(room: str, focus: str) -> tuple[Key, ...]:
    """Every key that acts in `room` while `focus` (`list`, `field` or `screen`) has the keyboard, the nearest first."""
    near = {LIST: (LIST, SCREEN, APP), SCREEN: (SCREEN, APP), FIELD: (FIELD,)}[focus]
    found = [key for key in KEYS if key.room in (room, EVERY_ROOM) and key.focus in near]
    if focus == FIELD:
        found += [key for key in KEYS if key.priority]
    return tuple(sorted(found, key=lambda key: near.index(key.focus) if key.focus in near else len(near)))


def bindings(room: str, focus: str) -> list[BindingType]:
    """The bindings of the node that owns `focus` in `room`: only its own rows of the table."""
    rows = (key for key in KEYS if key.focus == focus and key.room in (room, EVERY_ROOM))
    return [
        Binding(name, key.action, show=False, priority=key.priority or name == "ctrl+q")
        for key in rows
        for name in key.keys.split(",")
    ]
