"""What a file is, by its content: magic bytes, the names inside a ZIP, the first decisive element of an XML, the
shape of a text.

The file's name is the last hint only. Nothing is parsed here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

import msgspec

from engine.extraction.families import Name, family_of

Kind = Literal["NFE_XML", "CSV", "XLSX", "PDF", "IMAGE", "UNSUPPORTED"]

#: How many bytes of a file `recognise` needs to see; of XML it should see everything, so that a lot is known as one.
HEAD = 65_536

_IMAGES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_HEIC = frozenset({b"heic", b"heix", b"mif1", b"avif", b"msf1"})
_SPREADSHEET_NAMES = (b"xl/workbook", b"xl/worksheets/", b"xl/_rels/", b"opendocument.spreadsheet")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_SHEETS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book", "EncryptedPackage"))
_BIFF = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x10\x00", b"\x09\x08\x08\x00")
_SHEET_SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")

_TAG = re.compile(rb"<([A-Za-z_][\w.-]{0,80}:)?([A-Za-z_][\w.-]{0,80})([^<>]{0,2000})")
_NAMESPACE = re.compile(rb"xmlns(?::([\w.-]+))?\s*=\s*[\"']([^\"']{0,200})[\"']")
_MODEL = re.compile(rb"<(?:[\w.-]+:)?mod>\s*(\d\d)\s*<")
_KEY_MODEL = re.compile(rb"Id\s*=\s*[\"']NFe\d{6}[0-9A-Z]{14}(\d\d)")
_HIDDEN = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"))
_DOCUMENT = re.compile(
    rb"<(?:[\w.-]+:)?(NFe|infNFe|CTe|CTeOS|CTeSimp|MDFe|NFSe|DPS|CompNfse|evento|eventoCTe|eventoMDFe|retEvento|retEventoCTe"
    rb"|retEventoMDFe|procCancNFe|cancNFe|inutNFe|retInutNFe|BPe|NF3e|NFCom|CFe)(?=[\s>])"
)
_MAIL = re.compile(
    rb"^(from|to|subject|received|return-path|mime-version|message-id|delivered-to|date|content-type)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_MAIL_START = re.compile(rb"^(?:From [^\r\n]+\r?\n)?[A-Za-z][A-Za-z0-9-]{0,60}:[ \t]")
_MULTIPART = re.compile(rb"content-type:\s*(?:multipart|message)/", re.IGNORECASE)
_SPED_LINE = re.compile(rb"^\|[0-9A-Z]\d{3}\|")
#: ECD and ECF name themselves; EFD-Contribuições has two more fields before its dates than EFD ICMS/IPI.
_OTHER_SPED = re.compile(rb"\|0000\|(?:LEC[DF]\||[^|\r\n]*\|[^|\r\n]*\|\d?\|[^|\r\n]*\|\d{8}\|\d{8}\|)")
_TEXT_SAMPLE = 20
_MAX_TAGS = 400
_MIN_MAIL_HEADERS = 2
#: A quoted field with its doubled quotes, closed on its line; what stands in it separates nothing.
_QUOTED = re.compile(rb'"[^"]*"')
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f]")


class Recognition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a file is. `kind` travels on the wire, `family` is the appliance's own finer word."""

    kind: Kind
    family: str
    #: True where the file holds, or may hold, several documents: zip, mail, table, an XML lot (family `batch`).
    container: bool = False


UNKNOWN = Recognition(kind="UNSUPPORTED", family="unknown")


def recognise(head: bytes, size: int, name: str) -> Recognition:
    """Recognise a file.

    Args:
        head: The first bytes, `HEAD` of them at least where the file has so many; all of an XML.
        size: Length of the whole file.
        name: The file's name, used only where the content leaves it open.
    """
    if not head:
        return Recognition(kind="NFE_XML", family="unknown") if name.lower().endswith(".xml") else UNKNOWN
    binary = _binary(head, size, name)
    if binary is not None:
        return binary
    text = _as_ascii(head)
    stripped = text.lstrip()
    if (
        stripped[:1] == b"<"
        and _TAG.search(stripped, 0, HEAD)
        and not stripped[:14].lower().startswith((b"<!doctype html", b"<html"))
    ):
        return _xml(stripped)
    if _BINARY.search(text[:4096]):
        return _by_name(name)
    return _text(stripped, complete=len(head) >= size, name=name)


def _binary(head: bytes, size: int, name: str) -> Recognition | None:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip(head, name)
    if (
        head.startswith(_IMAGES)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in _HEIC)
    ):
        return Recognition(kind="IMAGE", family="image")
    if head[:2] == b"BM" and len(head) > 26 and head[6:10] == b"\0\0\0\0":
        return Recognition(kind="IMAGE", family="image")
    if _is_pdf(head, size, name):
        return Recognition(kind="PDF", family="pdf")
    if head.startswith(_OLE):
        is_sheet = any(stream in head for stream in _OLE_SHEETS) or name.lower().endswith(_SHEET_SUFFIXES)
        return Recognition(kind="XLSX", family="xlsx", container=True) if is_sheet else UNKNOWN
    if head.startswith(_BIFF):
        return Recognition(kind="XLSX", family="xlsx", container=True)
    if head.startswith((b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")):
        return UNKNOWN
    return None


def _is_pdf(head: bytes, size: int, name: str) -> bool:
    """The header within the first KiB, though not in a scrap without one object; a file that lost it must be called
    .pdf.
    """
    if b"%PDF-" in head[:1024]:
        return size > 1024 or b"obj" in head
    return name.lower().endswith(".pdf") and (b" obj" in head or b"startxref" in head)


def _zip(head: bytes, name: str) -> Recognition:
    """A ZIP, unless the names inside say spreadsheet (or another office document, which holds nothing for us)."""
    if any(mark in head for mark in _SPREADSHEET_NAMES):
        return Recognition(kind="XLSX", family="xlsx", container=True)
    if b"[Content_Types].xml" in head:
        if name.lower().endswith(_SHEET_SUFFIXES):
            return Recognition(kind="XLSX", family="xlsx", container=True)
        if b"word/" in head or b"ppt/" in head:
            return UNKNOWN
    return Recognition(kind="UNSUPPORTED", family="zip", container=True)


def _as_ascii(head: bytes) -> bytes:
    """Text bytes in an ASCII-compatible encoding, without a byte order mark."""
    if head.startswith(b"\xef\xbb\xbf"):
        return head[3:]
    if head.startswith(b"\xff\xfe") or head[:2] == b"<\0":
        return head.decode("utf-16-le", "replace").lstrip("\ufeff").encode()
    if head.startswith(b"\xfe\xff") or head[:2] == b"\0<":
        return head.decode("utf-16-be", "replace").lstrip("\ufeff").encode()
    return head


def _xml(text: bytes) -> Recognition:
    # The lone mark is found twenty times faster than the openings, and most documents have none.
    if b"!" in text and any(opening in text for opening, _ in _HIDDEN):
        text = _visible(text)
    family = family_of(_names(text))
    if family == "unknown":
        return Recognition(kind="UNSUPPORTED", family=family)
    if _documents(text) > 1:
        return Recognition(kind="NFE_XML", family="batch", container=True)
    if family == "nfe":
        model = _MODEL.search(text) or _KEY_MODEL.search(text)
        family = "nfce" if model is not None and model.group(1) == b"65" else "nfe"
    return Recognition(kind="NFE_XML", family=family)


def _visible(text: bytes) -> bytes:
    """Text without comments and CDATA; a lazy regex would take quadratic time over openings that never close."""
    for opening, closing in _HIDDEN:
        parts: list[bytes] = []
        position = 0
        while (start := text.find(opening, position)) >= 0:
            parts.append(text[position:start])
            end = text.find(closing, start)
            position = len(text) if end < 0 else end + len(closing)
        text = b"".join([*parts, text[position:]])
    return text


def _names(text: bytes) -> Iterator[Name]:
    """Names of the first elements with the namespaces declared on the way."""
    namespaces: dict[bytes, str] = {}
    for position, match in enumerate(_TAG.finditer(text)):
        if position == _MAX_TAGS:
            return
        if b"xmlns" in match.group(3):
            for declaration in _NAMESPACE.finditer(match.group(3)):
                namespaces[declaration.group(1) or b""] = declaration.group(2).decode("latin-1")
        yield Name(namespaces.get((match.group(1) or b"").rstrip(b":"), ""), match.group(2).decode("latin-1"))


def _documents(text: bytes) -> int:
    """How many documents an XML holds; request and answer of an event count as one, a DPS inside its NFS-e as none.

    Counts start tags: `xml_split` is the exact word, this decides whether to ask it.
    """
    if text.count(b"<NFe") == 1:
        # The common case: only what stands around the one note is looked through, a tenth of the cost.
        start, end = text.find(b"<NFe"), text.rfind(b"</NFe>")
        text = text[: start + 5] + text[max(end, start + 5) :]
    found = Counter(match.group(1) for match in _DOCUMENT.finditer(text))
    if not found:
        return 1
    events = max(
        found[b"evento"] + found[b"eventoCTe"] + found[b"eventoMDFe"],
        found[b"retEvento"] + found[b"retEventoCTe"] + found[b"retEventoMDFe"],
    )
    transport = found[b"CTe"] + found[b"CTeOS"] + found[b"CTeSimp"] + found[b"MDFe"]
    notes = found[b"NFe"] or (0 if transport or found[b"NFSe"] or found[b"CompNfse"] else min(found[b"infNFe"], 1))
    return (
        notes
        + transport
        + (found[b"NFSe"] or found[b"DPS"])
        + found[b"CompNfse"]
        + events
        + (found[b"procCancNFe"] or found[b"cancNFe"])
        + max(found[b"inutNFe"], found[b"retInutNFe"])
        + found[b"BPe"]
        + found[b"NF3e"]
        + found[b"NFCom"]
        + found[b"CFe"]
    )


def _text(text: bytes, *, complete: bool, name: str) -> Recognition:
    if _SPED_LINE.match(text):
        return Recognition(kind="UNSUPPORTED", family="sped_other" if _OTHER_SPED.match(text) else "efd")
    headers = text[:8192].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    if _MAIL_START.match(headers) and (
        _MULTIPART.match(headers) or len({header.lower() for header in _MAIL.findall(headers)}) >= _MIN_MAIL_HEADERS
    ):
        return Recognition(kind="UNSUPPORTED", family="eml", container=True)
    if name.lower().endswith((".xml", ".html", ".htm", ".json")) or text[:1] in (b"{", b"[", b"<"):
        return UNKNOWN
    if _is_table(text, complete=complete):
        return Recognition(kind="CSV", family="csv", container=True)
    return _by_name(name)


def _by_name(name: str) -> Recognition:
    """The last hint, for content that says nothing: a damaged table is refused by the reader of tables, with its
    reasons.
    """
    lowered = name.lower()
    if lowered.endswith(_SHEET_SUFFIXES):
        return Recognition(kind="XLSX", family="xlsx", container=True)
    if lowered.endswith((".csv", ".tsv")):
        return Recognition(kind="CSV", family="csv", container=True)
    return UNKNOWN


def _is_table(text: bytes, *, complete: bool) -> bool:
    """True where most of the first lines hold the same number of one delimiter outside quotes."""
    lines = [line for line in text[:HEAD].splitlines() if line.strip()]
    if not complete and len(lines) > 1:
        lines.pop()
    lines = [_QUOTED.sub(b"", line) for line in lines[:_TEXT_SAMPLE]]
    if len(lines) < 2:
        return False
    for delimiter in (b";", b"\t", b",", b"|"):
        count, times = Counter(line.count(delimiter) for line in lines).most_common(1)[0]
        if count and times * 2 > len(lines):
            return True
    return False
