"""The encoding of an XML file is settled before the parser sees it."""

from __future__ import annotations

import pytest

from engine.extraction.encoding import UnknownEncodingError, settle


@pytest.mark.parametrize(
    ("content", "encoding", "recovered"),
    [
        (b"<a/>", "utf-8", False),
        ("<a>ação</a>".encode(), "utf-8", False),
        (b"\xef\xbb\xbf" + "<a>é</a>".encode(), "utf-8", False),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), "iso-8859-1", False),
        ("<?xml version='1.0' encoding='windows-1252'?><a>“é”</a>".encode("cp1252"), "windows-1252", False),
        ("<a>é</a>".encode("latin-1"), "iso-8859-1", True),
        ("<a>“é”</a>".encode("cp1252"), "windows-1252", True),
        ('<?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode("latin-1"), "iso-8859-1", True),
        ('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode(), "utf-8", True),
        ("<a>é</a>".encode("utf-16"), "utf-16", False),
        ("<a>é</a>".encode("utf-16-le"), "utf-16", False),
        ("<a>é</a>".encode("utf-16-be"), "utf-16", False),
    ],
)
def test_encoding_is_told_by_mark_declaration_and_bytes(content: bytes, encoding: str, recovered: bool) -> None:
    text = settle(content)
    assert (text.encoding, text.recovered) == (encoding, recovered)


def test_utf_16_comes_back_as_utf_8() -> None:
    assert settle("<a>é</a>".encode("utf-16")).content == "<a>é</a>".encode()


def test_a_mixture_of_utf_8_and_latin_1_is_refused_with_its_line() -> None:
    with pytest.raises(UnknownEncodingError) as caught:
        settle("<a>\nção\n".encode() + b"\xe9</a>")
    assert caught.value.line == 3


@pytest.mark.parametrize("name", ["utf-7", "cp037", "hex", "no-such-codec"])
def test_unusual_encodings_are_refused(name: str) -> None:
    with pytest.raises(UnknownEncodingError, match=name):
        settle(f'<?xml version="1.0" encoding="{name}"?><a/>'.encode())
