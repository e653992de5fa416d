"""In which encoding a list is written: BOM or UTF-16, then strict UTF-8 over the whole file, then windows-1252.

A sample will not do: one late byte decides. The text is not built here; a list may be large and is decoded line by
line.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

CHUNK = 1 << 20
SAMPLE = 1 << 12


class Text(NamedTuple):
    """A list's bytes and the codec that reads any of its lines; line ends are single bytes in it."""

    content: bytes
    codec: str
    #: As reported: utf-8, utf-16 or windows-1252.
    encoding: str


def settle(content: bytes) -> Text:
    """Decide the encoding; UTF-16 comes back as UTF-8. Total: any bytes have an answer, and unreadable places become
    U+FFFD.
    """
    codec = _utf16(content)
    if codec is not None:
        return Text(content.decode(codec, "replace").encode("utf-8"), "utf-8", "utf-16")
    content = content.removeprefix(codecs.BOM_UTF8)
    if _is_utf8(content):
        return Text(content, "utf-8", "utf-8")
    return Text(content, "windows-1252", "windows-1252")


def _utf16(content: bytes) -> str | None:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = content[:SAMPLE]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    # Western text in UTF-16 has a zero in nearly every second byte, stray NULs have no such rhythm.
    if 2 * max(even, odd) > len(sample) // 2 and 8 * min(even, odd) <= max(even, odd):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _is_utf8(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(content)
    try:
        for start in range(0, len(view), CHUNK):
            decoder.decode(view[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
