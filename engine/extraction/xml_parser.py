"""Bytes to an lxml tree, safely: no entities, no network, no DTD, no repair, bounded depth. Every refusal is typed
and has a line.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from lxml import etree

from engine.extraction.encoding import UnknownEncodingError, settle
from engine.extraction.problems import problem
from engine.extraction.result import Problem

MAX_DEPTH = 100

#: What may stand before the root element. A DOCTYPE is looked for here, before libxml2 sees it.
_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
#: True where an element lies deeper than the limit; 8 microseconds, since the steps run empty at the document's real
#: depth.
_TOO_DEEP = etree.XPath("boolean(" + "/*" * (MAX_DEPTH + 1) + ")")
_MISMATCH = re.compile(r"mismatch: ([^\s,]+) line \d+ and ([^\s,]+)")
_UNFINISHED = re.compile(r"in tag ([^\s,]+)")
_CODES = {
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: "tag_mismatch",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "truncated",
    etree.ErrorTypes.ERR_NAME_REQUIRED: "raw_ampersand",
    etree.ErrorTypes.ERR_ENTITYREF_SEMICOL_MISSING: "raw_ampersand",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "raw_ampersand",
    etree.ErrorTypes.ERR_INVALID_CHAR: "invalid_character",
    etree.ErrorTypes.ERR_INVALID_CHARREF: "invalid_character",
    etree.ErrorTypes.ERR_INVALID_ENCODING: "invalid_character",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "prefix",
    etree.ErrorTypes.ERR_RESERVED_XML_NAME: "declaration",
    etree.ErrorTypes.ERR_DOCUMENT_END: "trailing_content",
    etree.ErrorTypes.ERR_RESOURCE_LIMIT: "too_large",
}


class ParsedXml(NamedTuple):
    """A tree without comments and processing instructions, and how its text was read."""

    root: etree._Element
    encoding: str
    #: True where bytes of another encoding than the declared one were read as Latin-1.
    recovered: bool


class UnreadableError(Exception):
    """The bytes are no XML that may be read; `problem` says why and where."""

    def __init__(self, reason: Problem) -> None:
        super().__init__(reason.message)
        self.problem = reason


def parse(content: bytes) -> ParsedXml:
    """Parse one XML document.

    Raises:
        UnreadableError: Empty, not XML, malformed, truncated, with a DOCTYPE, too deep or in no sure encoding.
    """
    if not content.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise UnreadableError(problem("empty"))
    try:
        text = settle(content)
    except UnknownEncodingError as error:
        raise UnreadableError(problem("encoding", line=error.line, encoding=error.claimed)) from error
    prolog = _PROLOG.match(text.content)
    start = prolog.end() if prolog else 0
    if text.content[start : start + 9].upper() == b"<!DOCTYPE":
        raise UnreadableError(problem("doctype", line=_line(text.content, start)))
    if text.content[start : start + 1] != b"<":
        raise UnreadableError(problem("not_xml", line=_line(text.content, start)))
    # A parser for each document: a shared one keeps the errors of earlier files, and making one costs a microsecond.
    parser = etree.XMLParser(
        encoding="utf-8" if text.encoding == "utf-16" else text.encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.content, parser)
    except etree.XMLSyntaxError as error:
        raise UnreadableError(_reason(error, text.content)) from error
    except (ValueError, LookupError) as error:
        raise UnreadableError(problem("malformed")) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableError(problem("doctype"))
    if _TOO_DEEP(root):
        raise UnreadableError(problem("too_deep", limit=str(MAX_DEPTH)))
    return ParsedXml(root, text.encoding, text.recovered)


def _line(content: bytes, offset: int) -> int:
    return content.count(b"\n", 0, offset) + 1


def _reason(error: etree.XMLSyntaxError, content: bytes) -> Problem:
    message = error.msg or ""
    code = _CODES.get(getattr(error, "code", 0), "malformed")
    line = error.lineno or None
    if "depth" in message:
        return problem("too_deep", line=line, limit=str(MAX_DEPTH))
    if code == "tag_mismatch" and (names := _MISMATCH.search(message)):
        opened, closed = names.groups()
        # libxml2 leaves the prefixes out.
        return problem("prefix_mismatch", line=line, element=opened) if opened == closed else problem(code, line=line, opened=opened, closed=closed)
    if code == "truncated" and (name := _UNFINISHED.search(message)):
        return problem(code, line=line, element=name.group(1))
    if code in ("tag_mismatch", "truncated"):
        code = "malformed"
    if code == "malformed" and _is_at_end(error, content):
        code = "unfinished"
    return problem(code, line=line)


def _is_at_end(error: etree.XMLSyntaxError, content: bytes) -> bool:
    line, column = error.position
    last_line = content[content.rfind(b"\n") + 1 :]
    return line == content.count(b"\n") + 1 and column >= len(last_line)
