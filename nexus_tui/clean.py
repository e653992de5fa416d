"""Makes text that came from a document safe to draw: no control character, no escape sequence, no invisible reordering.

Every string a stranger could have written (file names, company names, messages that quote a document) passes through here once
before it becomes a Segment or a Text. Nothing here knows markup: drawn text is never parsed for it.
"""

from __future__ import annotations

import re

from rich.cells import cell_len, set_cell_size

#: Whole escape sequences first (CSI, OSC and its kin up to BEL or ST, two-character ones), so that their letters go too.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_BLANKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
#: C0, DEL, C1, zero-width characters, bidirectional overrides and isolates, byte order mark, lone surrogates.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def plain(text: str) -> str:
    """Return `text` as one harmless line."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub("", _BLANKS.sub(" ", _ESCAPES.sub("", text)))


def shorten(text: str, width: int, ellipsis: str) -> str:
    """Cut the middle out of `text` so that it takes at most `width` cells: both ends of a file name tell something."""
    if cell_len(text) <= width:
        return text
    room = width - cell_len(ellipsis)
    if room < 2:
        return set_cell_size(text, max(width, 0)).rstrip()
    tail = room // 2
    end = text[-tail:]
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(text, room - cell_len(end)) + ellipsis + end


def fit(text: str, width: int, ellipsis: str, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells, cut at its end or padded."""
    if width <= 0:
        return ""
    size = cell_len(text)
    if size > width:
        return set_cell_size(set_cell_size(text, max(width - cell_len(ellipsis), 0)).rstrip() + ellipsis, width)
    padding = " " * (width - size)
    return padding + text if right else text + padding
