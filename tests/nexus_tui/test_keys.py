"""One key table: no key means two things in one place, and bindings, footer and help are made from it."""

from __future__ import annotations

from collections import Counter

import pytest
from textual.binding import Binding

from nexus_tui.app import NexusApp
from nexus_tui.keys import APP, EVERY_ROOM, FIELD, KEYS, LIST, SCREEN, Key, bindings, keys_in
from nexus_tui.rooms import ROOMS
from nexus_tui.rooms.document import DocumentScreen
from nexus_tui.rooms.inbox import InboxScreen
from nexus_tui.widgets.field import Field
from nexus_tui.widgets.virtual_table import VirtualTable

PLACES = sorted({key.room for key in KEYS} - {EVERY_ROOM} | {room.name for room in ROOMS})
OWNERS = {APP: (NexusApp,), LIST: (VirtualTable,), FIELD: (Field,), SCREEN: (InboxScreen, DocumentScreen)}


@pytest.mark.parametrize("room", PLACES)
@pytest.mark.parametrize("focus", [SCREEN, LIST, FIELD])
def test_a_key_means_one_thing_in_one_place(room: str, focus: str) -> None:
    names = Counter(name for key in keys_in(room, focus) for name in key.keys.split(","))
    assert [name for name, times in names.items() if times > 1] == []


@pytest.mark.parametrize("room", PLACES)
def test_the_footer_has_one_order(room: str) -> None:
    for focus in (SCREEN, LIST, FIELD):
        ranks = [key.footer for key in keys_in(room, focus) if key.footer is not None]
        assert len(ranks) == len(set(ranks))


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.room}-{key.focus}-{key.keys}")
def test_every_action_exists_on_its_owner(key: Key) -> None:
    name = "action_" + key.action.partition("(")[0]
    owners: tuple[type, ...] = OWNERS[key.focus]
    if key.focus == SCREEN and key.room != EVERY_ROOM:
        owners = (InboxScreen,) if key.room == "inbox" else (DocumentScreen,)
    for owner in owners:
        assert callable(getattr(owner, name, None)), f"{owner.__name__} has no {name}"


def test_in_a_field_no_printable_key_acts() -> None:
    names = {name for key in keys_in("inbox", FIELD) if key.focus == FIELD for name in key.keys.split(",")}
    assert names == {"escape", "enter", "tab"}
    assert all(key.keys.startswith("ctrl+") for key in keys_in("inbox", FIELD) if key.priority)


def test_bindings_are_the_owners_own_rows_only() -> None:
    names = {binding.key for binding in bindings("inbox", SCREEN) if isinstance(binding, Binding)}
    assert "R" in names
    assert "colon" not in names
    assert "comma" not in names


def test_every_room_has_its_digit() -> None:
    digits = {key.keys: key.action for key in keys_in("inbox", SCREEN) if key.keys.isdigit()}
    assert digits == {str(room.number): f"room('{room.name}')" for room in ROOMS}
