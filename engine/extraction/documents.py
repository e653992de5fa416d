"""Bytes of one document to an `Extraction`. Total: whatever the bytes, the answer is a value, never an exception."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from lxml import etree

from engine.extraction.facts import facts_of, version_of
from engine.extraction.families import Name, family_of
from engine.extraction.kinds import Recognition, recognise
from engine.extraction.nfe import NOTE_ELEMENT, is_template, note_of
from engine.extraction.nfe.leaves import local_names
from engine.extraction.nfe.note import path_of
from engine.extraction.problems import problem
from engine.extraction.result import Extraction, Problem
from engine.extraction.schemas import schema_remarks
from engine.extraction.xml_parser import ParsedXml, UnreadableError, parse
from engine.extraction.xml_split import count_documents, hollow
from engine.fiscal.note import Remark

#: What an XML without a document is taken for, by its namespace or its wrapper.
_HOLLOW_FAMILIES = ("recognised", "unknown", "event")
_TEMPLATE_MARKS = (b">string<", b">?<")
#: So many placeholders make a template of any family; a real document may hold the word once.
_TEMPLATE_COUNT = 5
_TEMPLATE_SAMPLE = 8192


def extract(content: bytes, name: str) -> Extraction:
    """Read one document.

    Args:
        content: The whole file.
        name: The file's name: a label, and the last hint of what the file is.

    Returns:
        `parsed` with a note for NF-e and NFC-e; `unsupported` with what facts there are for other families and
        templates; `ocr_needed` for PDF and images; `error` (state `unreadable`) with the reason and line for XML that
        cannot be read.
    """
    # What declares itself XML and parses is no other kind: recognising it first would read it twice.
    read = _read(content) if _declares_xml(content, name) else None
    if isinstance(read, Extraction):
        return read
    recognition = recognise(content, len(content), name)
    if recognition.kind in ("PDF", "IMAGE"):
        return Extraction(family=recognition.family, status="ocr_needed", state="ocr_needed")
    if not _is_xml(content, name, recognition):
        return Extraction(family=recognition.family, status="unsupported", state="unsupported")
    if read is None:
        read = _read(content)
    return read if isinstance(read, Extraction) else _unreadable(recognition.family, read)


def _read(content: bytes) -> Extraction | Problem:
    try:
        parsed = parse(content)
    except UnreadableError as error:
        return error.problem
    return _xml(parsed, content)


def _declares_xml(content: bytes, name: str) -> bool:
    """An XML declaration, and nothing that would make `recognise` see a PDF in it."""
    return (
        content.startswith((b"<?xml", b"\xef\xbb\xbf<?xml"))
        and not name.lower().endswith(".pdf")
        and b"%PDF-" not in content[:1024]
    )


def _is_xml(content: bytes, name: str, recognition: Recognition) -> bool:
    if recognition.kind == "NFE_XML":
        return True
    if recognition.family != "unknown":
        return False
    return name.lower().endswith(".xml") or content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml")


def _unreadable(family: str, why: Problem) -> Extraction:
    return Extraction(family=family, status="error", state="unreadable", error=why)


def _xml(parsed: ParsedXml, content: bytes) -> Extraction:
    root = parsed.root
    remarks: list[Remark] = []
    if parsed.recovered:
        remarks.append(Remark(kind="encoding_recovered", found=parsed.encoding, expected="utf-8"))
    family = family_of(_names(root))
    count = count_documents(root)
    if count > 1:
        return Extraction(
            family="batch",
            status="unsupported",
            state="unsupported",
            encoding=parsed.encoding,
            error=problem("several_documents", count=str(count)),
        )
    if not count and family in _HOLLOW_FAMILIES and (empty := hollow(root)) is not None:
        return _unreadable(family, problem("incomplete", element=empty[0], missing=empty[1]))
    if family == "nfe":
        return _note(parsed, content, remarks)
    if _many_placeholders(content):
        return _template(family, parsed.encoding, remarks)
    return Extraction(
        family=family,
        version=version_of(family, root),
        status="unsupported",
        state="unsupported",
        remarks=tuple(remarks),
        facts=facts_of(family, root),
        encoding=parsed.encoding,
    )


def _note(parsed: ParsedXml, content: bytes, remarks: list[Remark]) -> Extraction:
    root = parsed.root
    info = root if local_names[root.tag] == NOTE_ELEMENT else next(root.iter("{*}" + NOTE_ELEMENT))
    note = note_of(info, path_of(info))
    if is_template(note) or _many_placeholders(content):
        return _template(note.family, parsed.encoding, remarks)
    remarks += note.remarks
    remarks += schema_remarks(root, info, note.layout)
    if remarks:
        note = msgspec.structs.replace(note, remarks=tuple(remarks))
    return Extraction(
        family=note.family,
        version=note.layout,
        status="parsed",
        state="done",
        note=note,
        remarks=note.remarks,
        encoding=parsed.encoding,
    )


def _template(family: str, encoding: str, remarks: list[Remark]) -> Extraction:
    return Extraction(
        family=family,
        status="unsupported",
        state="unsupported",
        remarks=(*remarks, Remark(kind="template")),
        encoding=encoding,
    )


def _many_placeholders(content: bytes) -> bool:
    opening = content[:_TEMPLATE_SAMPLE]
    return any(opening.count(mark) >= _TEMPLATE_COUNT for mark in _TEMPLATE_MARKS)


def _names(root: etree._Element) -> Iterator[Name]:
    for element in root.iter():
        namespace, _, local = element.tag.rpartition("}")
        yield Name(namespace[1:], local)
