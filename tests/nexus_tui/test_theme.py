"""A bare console gets eight colours and glyphs of code page 437; every theme defines what the stylesheet names."""

from __future__ import annotations

from dataclasses import fields

import pytest

from nexus_tui.theme import (
    CALM,
    CONSOLE,
    EIGHT_COLOURS,
    LIGHT,
    TERMINAL,
    THEMES,
    VARIABLE_DEFAULTS,
    glyphs_for,
    theme_for,
)

#: Signs of code page 437 that Python's codec maps to control characters instead.
LOW_CP437 = "►◄↑↓"
EIGHT = {"ansi_default"} | {
    f"ansi_{name}" for name in ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
}


def test_console_glyphs_are_in_code_page_437() -> None:
    for field in fields(CONSOLE):
        for letter in getattr(CONSOLE, field.name):
            assert letter in LOW_CP437 or letter.encode("cp437"), field.name


def test_the_console_theme_has_eight_colours() -> None:
    theme = next(theme for theme in THEMES if theme.name == EIGHT_COLOURS)
    colours = [theme.primary, theme.warning, theme.error, theme.success, theme.foreground, theme.background]
    assert set(colours) | set(theme.variables.values()) <= EIGHT


@pytest.mark.parametrize(("term", "wanted", "theme"), [
    ("linux", LIGHT, EIGHT_COLOURS),
    ("xterm-256color", None, CALM),
    ("xterm-256color", LIGHT, LIGHT),
    ("tmux-256color", "no-such-theme", CALM),
])  # fmt: skip
def test_the_terminal_decides_before_the_setting(term: str, wanted: str | None, theme: str) -> None:
    assert theme_for(term, wanted) == theme


def test_glyphs_follow_the_terminal() -> None:
    assert glyphs_for("linux") is CONSOLE
    assert glyphs_for("xterm") is TERMINAL


def test_signs_of_state_differ_without_colour() -> None:
    signs = [TERMINAL.done, TERMINAL.running, TERMINAL.waiting, TERMINAL.failed, TERMINAL.review, TERMINAL.retry,
             TERMINAL.lock, TERMINAL.notice, TERMINAL.duplicate, TERMINAL.cancelled]  # fmt: skip
    assert len(signs) == len(set(signs))


def test_every_theme_defines_the_same_variables() -> None:
    for theme in THEMES:
        assert set(theme.variables) == set(VARIABLE_DEFAULTS)
