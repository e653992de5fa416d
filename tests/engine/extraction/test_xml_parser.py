"""XML is parsed without trust: what cannot be read safely is refused with its reason and line."""

from __future__ import annotations

import time

import pytest

from engine.extraction.problems import MESSAGES, english
from engine.extraction.xml_parser import MAX_DEPTH, UnreadableError, parse


def refused(content: bytes) -> tuple[str, int | None]:
    with pytest.raises(UnreadableError) as caught:
        parse(content)
    reason = caught.value.problem
    assert reason.message
    assert english(reason)
    return reason.code, reason.line


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "empty", None),
        (b" \r\n\t", "empty", None),
        (b"\xef\xbb\xbf", "empty", None),
        (b"%PDF-1.4 not xml", "not_xml", 1),
        (b"<!DOCTYPE a><a/>", "doctype", 1),
        (b'<?xml version="1.0"?>\n<!-- c -->\n<!DOCTYPE a SYSTEM "x.dtd"><a/>', "doctype", 3),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "doctype", 1),
        (b"<a>\n<b>\n</a>", "tag_mismatch", 3),
        (b'<a xmlns:p="u">\n<p:b></b></a>', "prefix_mismatch", 2),
        (b"<a>\n<b>", "truncated", 2),
        ("<a>\n<b>José".encode()[:-1], "truncated", 2),
        (b"<a>\n<b c='", "unfinished", 2),
        (b"<a>\n<b>Silva & Filhos</b></a>", "raw_ampersand", 2),
        (b"<a>&nbsp;</a>", "raw_ampersand", 1),
        (b"<a>\x01</a>", "invalid_character", 1),
        (b"<x:a/>", "prefix", 1),
        (b'\n<?xml version="1.0"?><a/>', "declaration", 2),
        (b"<a/><b/>", "trailing_content", 1),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "encoding", 1),
    ],
)
def test_a_refusal_has_a_reason_and_a_line(content: bytes, code: str, line: int | None) -> None:
    assert refused(content) == (code, line)


def test_depth_is_bounded() -> None:
    def nested(depth: int) -> bytes:
        return b"<a>" * depth + b"</a>" * depth

    assert parse(nested(MAX_DEPTH)).root.tag == "a"
    assert refused(nested(MAX_DEPTH + 1))[0] == "too_deep"
    assert refused(nested(5000))[0] == "too_deep"


@pytest.mark.quiet
def test_an_entity_bomb_costs_nothing() -> None:
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "x">{levels}]><a>&e11;</a>'.encode()
    started = time.perf_counter()
    assert refused(bomb) == ("doctype", 1)
    assert time.perf_counter() - started < 0.1


def test_comments_and_instructions_do_not_split_text() -> None:
    assert parse(b"<a>on<!-- c -->e<?p q?>!</a>").root.text == "one!"


def test_recovered_text_is_said() -> None:
    parsed = parse("<a>ação</a>".encode("latin-1"))
    assert (parsed.root.text, parsed.encoding, parsed.recovered) == ("ação", "iso-8859-1", True)


def test_messages_exist_in_both_languages() -> None:
    for code, (portuguese, own) in MESSAGES.items():
        assert portuguese
        assert own
        assert portuguese.count("{") == own.count("{"), code
