"""Colours and glyphs: the four themes, and which of them and which glyph set a terminal gets.

State is always told by a glyph or a word as well; colour only helps. The console set keeps to code page 437, whose glyphs every
Linux console font has, and to eight colours, because a framebuffer console does not show the bright ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.theme import Theme


@dataclass(frozen=True, slots=True, kw_only=True)
class Glyphs:
    """The signs that draw a screen. Those with a default are the same everywhere."""

    dot: str
    enter: str
    ellipsis: str
    #: Levels of a rate, lowest first.
    levels: str
    done: str = "■"
    running: str = "►"
    waiting: str = "·"
    failed: str = "x"
    review: str = "?"
    retry: str = "r"
    lock: str = "L"
    notice: str = "!"
    duplicate: str = "="
    cancelled: str = "-"
    cursor: str = "▌"
    mark: str = "√"
    back: str = "«"
    rule: str = "─"
    bar: str = "█"


TERMINAL = Glyphs(dot="●", enter="⏎", ellipsis="…", levels="▁▂▃▄▅▆▇█")
CONSOLE = Glyphs(dot="■", enter="Enter", ellipsis="..", levels="░▒▓█")

CALM = "nexus-calm"
CONTRAST = "nexus-contrast"
LIGHT = "nexus-light"
EIGHT_COLOURS = "nexus-console"

#: Terminals with the fonts and colours of a bare console.
CONSOLES = frozenset({"linux", "vt100", "vt220", "ansi", "cons25"})


def _theme(name: str, *, dark: bool, ground: str, raised: str, text: str, dim: str, line: str, accent: str,
           warn: str, bad: str, good: str, cursor: str, cursor_text: str, ansi: bool = False) -> Theme:  # fmt: skip
    return Theme(
        name=name, dark=dark, ansi=ansi, primary=accent, secondary=accent, accent=accent, warning=warn, error=bad,
        success=good, foreground=text, background=ground, surface=ground, panel=raised, boost=ground,
        variables={
            "nexus-dim": dim, "nexus-line": line, "nexus-cursor": cursor, "nexus-cursor-text": cursor_text,
            "scrollbar": line, "scrollbar-hover": dim, "scrollbar-active": accent, "scrollbar-background": ground,
            "scrollbar-background-hover": ground, "scrollbar-background-active": ground,
            "scrollbar-corner-color": ground, "border": line, "border-blurred": line,
            "block-cursor-background": cursor, "block-cursor-foreground": cursor_text,
            "input-cursor-background": text, "input-cursor-foreground": ground,
            "ansi-background": "ansi_black", "ansi-foreground": "ansi_white",
        },
    )  # fmt: skip


THEMES = (
    _theme(CALM, dark=True, ground="#15181c", raised="#1f242a", text="#d3d7dc", dim="#8b939d", line="#353c45",
           accent="#7fb0d8", warn="#d8b36a", bad="#e5776f", good="#86b58c", cursor="#27303a", cursor_text="#f2f4f6"),
    _theme(CONTRAST, dark=True, ground="#000000", raised="#1a1a1a", text="#ffffff", dim="#d0d0d0", line="#9a9a9a",
           accent="#7fd7ff", warn="#ffd75f", bad="#ff8f87", good="#87ff87", cursor="#ffffff", cursor_text="#000000"),
    _theme(LIGHT, dark=False, ground="#fbfaf7", raised="#efece5", text="#24282d", dim="#646b73", line="#cfcac0",
           accent="#1f5f95", warn="#8a5a00", bad="#b3261e", good="#2f6b3a", cursor="#dfe8f0", cursor_text="#101316"),
    _theme(EIGHT_COLOURS, dark=True, ansi=True, ground="ansi_default", raised="ansi_default", text="ansi_default",
           dim="ansi_default", line="ansi_blue", accent="ansi_cyan", warn="ansi_yellow", bad="ansi_red",
           good="ansi_green", cursor="ansi_blue", cursor_text="ansi_white"),
)  # fmt: skip

#: The order `T` walks.
THEME_NAMES = tuple(theme.name for theme in THEMES)

#: What the stylesheet may name even under a theme that is not ours.
VARIABLE_DEFAULTS = dict(THEMES[0].variables)


def glyphs_for(term: str) -> Glyphs:
    """The glyph set of a terminal, by its TERM."""
    return CONSOLE if term in CONSOLES else TERMINAL


def theme_for(term: str, wanted: str | None) -> str:
    """The theme to start with: a console has only one that it can show."""
    if term in CONSOLES:
        return EIGHT_COLOURS
    return wanted if wanted in THEME_NAMES else CALM
