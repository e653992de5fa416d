"""Strings that a stranger wrote cannot move the cursor, change colours, hide or reorder text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from nexus_tui.clean import fit, plain, shorten


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07name.xml", "name.xml"),
        ("\x1b]52;c;ZXZpbA==\x1b\\x", "x"),
        ("\x9b2Jgone", "gone"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("a\x00b\x08c\x7fd", "abcd"),
        ("two\r\nlines\there", "two lines here"),
        ("invoice\u202elmx.exe", "invoicelmx.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("[bold red]markup[/]", "[bold red]markup[/]"),
        ("Comércio & Indústria Ltda.", "Comércio & Indústria Ltda."),
    ],
)
def test_hostile_text_becomes_one_harmless_line(hostile: str, harmless: str) -> None:
    assert plain(hostile) == harmless


@given(st.text())
def test_nothing_left_is_a_control_character(text: str) -> None:
    left = plain(text)
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) <= 0x9F for letter in left)
    assert plain(left) == left


@given(st.text(), st.integers(0, 40), st.booleans())
def test_fitted_text_has_exactly_the_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(plain(text), width, "…", right=right)) == width


@given(st.text(), st.integers(0, 40))
def test_shortened_text_never_exceeds_the_width(text: str, width: int) -> None:
    assert cell_len(shorten(plain(text), width, "…")) <= width


def test_shortening_keeps_both_ends() -> None:
    assert shorten("nfe-35260911000000000417.xml", 15, "…") == "nfe-352…417.xml"
