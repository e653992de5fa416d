"""In which encoding the text of an XML file is written: BOM, then declaration, then strict UTF-8, then the one safe
recovery.

libxml2 reads Latin-1 bytes without a declaration silently, and a broken declared encoding not at all; so the question
is settled here, before the parser, and a recovery is said aloud.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

#: What a Brazilian issuer's software writes. Other codecs are refused: some (UTF-7, EBCDIC) would hide a DOCTYPE from
#: us.
ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "iso-8859-1",
    "iso8859-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "latin-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "cp1252": "windows-1252",
    "ansi": "windows-1252",
    "utf-16": "utf-16",
    "utf-16le": "utf-16",
    "utf-16be": "utf-16",
}
_DECLARATION = re.compile(rb"^<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([^\"'>]{1,40})[\"']")
_C1 = re.compile(rb"[\x80-\x9f]")


class Text(NamedTuple):
    """Bytes and the encoding they were found in; those found in UTF-16 are handed on as UTF-8."""

    content: bytes
    encoding: str
    #: True where the bytes were not in the encoding they claimed and were read as Latin-1.
    recovered: bool


class UnknownEncodingError(Exception):
    """No encoding explains the bytes beyond doubt; the argument is the encoding that was claimed."""

    def __init__(self, claimed: str, line: int | None = None) -> None:
        super().__init__(claimed)
        self.claimed = claimed
        self.line = line


def settle(content: bytes) -> Text:
    """Decide the encoding of XML bytes.

    Bytes in UTF-16 come back as UTF-8. Bytes that are not the UTF-8 they claim (or do not declare anything) are taken
    as Latin-1 only when they hold no valid UTF-8 sequence at all: a mixture would turn good accents into rubbish.

    Raises:
        UnknownEncodingError: The declared encoding is unknown or does not explain the bytes.
    """
    if content.startswith(codecs.BOM_UTF8):
        content = content[3:]
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or content[:2] in (b"<\0", b"\0<"):
        return _from_utf16(content)
    match = _DECLARATION.match(content)
    claimed = match.group(1).decode("latin-1") if match else "utf-8"
    encoding = ENCODINGS.get(claimed.lower())
    if encoding is None or encoding == "utf-16":
        # "utf-16" in single-byte text is what .NET writes into files it then saves as UTF-8.
        if encoding is None or not _is_utf8(content):
            raise UnknownEncodingError(claimed, 1)
        return Text(content, "utf-8", recovered=True)
    if encoding != "utf-8":
        return Text(content, encoding, recovered=False)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            # A file that was cut inside a character is cut, not in another encoding: the parser will find it incomplete.
            return Text(content[: error.start], "utf-8", recovered=False)
        return _recover(content, claimed)
    return Text(content, "utf-8", recovered=False)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _recover(content: bytes, claimed: str) -> Text:
    escaped = content.decode("utf-8", "surrogateescape")
    if any("\x7f" < letter < "\ud800" or letter > "\udfff" for letter in escaped):
        first = next(index for index, letter in enumerate(escaped) if "\ud800" <= letter <= "\udfff")
        raise UnknownEncodingError(claimed, escaped.count("\n", 0, first) + 1)
    if _C1.search(content):
        try:
            content.decode("windows-1252")
        except UnicodeDecodeError as error:
            raise UnknownEncodingError(claimed, content.count(b"\n", 0, error.start) + 1) from error
        return Text(content, "windows-1252", recovered=True)
    return Text(content, "iso-8859-1", recovered=True)


def _from_utf16(content: bytes) -> Text:
    codec = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(content[:2], "utf-16")
    try:
        return Text(content.decode(codec).encode("utf-8"), "utf-16", recovered=False)
    except UnicodeError as error:
        raise UnknownEncodingError("utf-16") from error
