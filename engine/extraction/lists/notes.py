"""A note from what lists say of it: the header's slice, the items' slice, or either alone."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from engine.extraction.lists.half import Half, Line
from engine.extraction.lists.parties import party
from engine.extraction.lists.reading import usable_key
from engine.extraction.lists.slices import SCHEMA
from engine.extraction.problems import problem
from engine.extraction.result import Extraction
from engine.fiscal.identifiers import AccessKey
from engine.fiscal.note import Group, Item, Note, Remark

TAXES = ("ICMS", "PIS", "COFINS", "ISSQN")
NCM_PLACES = 8
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def note_from_slices(header: bytes | None, items: bytes | None) -> Extraction:
    """Build the note. Total: bytes that are no slices, and nothing at all, are `unreadable`.

    Where both halves say something of the note as a whole, the header is believed. Without a header the total of the
    note is absent, unless the list of items carries it.
    """
    try:
        halves = {half.content.role: half for half in map(Half, filter(None, (header, items)))}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _unreadable()
    half = halves.get("header") or halves.get("items")
    if half is None or not half.lines:
        return _unreadable()
    note = _note(half, halves.get("header"), halves.get("items"))
    return Extraction(
        family=note.family,
        status="parsed",
        state="done",
        note=note,
        remarks=note.remarks,
        encoding=half.content.encoding,
    )


def _note(half: Half, header: Half | None, items: Half | None) -> Note:
    line = half.lines[0]
    remarks: list[Remark] = []
    issuer = party(half, line, "emit", "enderEmit", remarks)
    recipient = party(half, line, "dest", "enderDest", remarks)
    key = _key(line)
    identification = Group(path=line.path, values=line.group("ide"))
    goods = _items(items, remarks)
    total = line.group("total")
    if header is None and not total:
        remarks.append(Remark(kind="unpaired_items", path=line.path, arguments={"source": half.content.source}))
    if items is None:
        remarks.append(Remark(kind="unpaired_header", path=line.path, arguments={"source": half.content.source}))
    event = line.group("evento")
    note = Note(
        family="nfce" if _model(identification, key) == "65" else "nfe",
        medium="list",
        access_key=key,
        identification=identification,
        issuer=issuer,
        recipient=recipient,
        items=goods,
        totals={"ICMSTot": Group(path=line.path, values=total)} if total else {},
        sections={"evento": Group(path=line.path, values=event)} if event else {},
        remarks=tuple(remarks),
    )
    return msgspec.structs.replace(note, digest=_digest(note))


def _key(line: Line) -> str | None:
    written = line.values.get("chave")
    return usable_key(written or "") or written


def _model(identification: Group, key: str | None) -> str | None:
    parsed = AccessKey.parse(key)
    return identification.text("mod") or (parsed.model if parsed else None)


def _items(half: Half | None, remarks: list[Remark]) -> tuple[Item, ...]:
    """Items by number, so that the order of rows in the list is of no consequence; without numbers they are counted."""
    if half is None:
        return ()
    numbered = [(_number(line, place), line) for place, line in enumerate(half.lines, start=1)]
    return tuple(_item(number, line, remarks) for number, line in sorted(numbered, key=lambda pair: pair[0]))


def _number(line: Line, place: int) -> int:
    written = line.values.get("det/nItem", "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= 6 else place


def _item(number: int, line: Line, remarks: list[Remark]) -> Item:
    product = line.group("prod")
    ncm = product.get("NCM", "")
    if ncm.isascii() and ncm.isdecimal() and len(ncm) == NCM_PLACES - 1:
        product["NCM"] = ncm.zfill(NCM_PLACES)
        remarks.append(
            Remark(
                kind="leading_zeros_restored", path=f"{line.path}/NCM", item=number, found=ncm, expected=product["NCM"]
            )
        )
    if "CFOP" in product:
        product["CFOP"] = product["CFOP"].replace(".", "")
    taxes = {tax: Group(path=line.path, values=leaves) for tax in TAXES if (leaves := line.group(tax))}
    return Item(number=number, product=Group(path=line.path, values=product), taxes=taxes, path=line.path)


def _digest(note: Note) -> str:
    """The note's identity across the forms a list can take: numbers by value, text by its letters, the date without
    its time.
    """
    core = (
        note.access_key,
        note.series,
        note.number,
        note.issue_date,
        note.issuer.id,
        note.recipient.id,
        [(item.number, list(_canonical(item))) for item in note.items],
    )
    return hashlib.sha256(msgspec.json.encode(core)).hexdigest()


def _canonical(item: Item) -> Iterable[str]:
    for leaf in ("xProd", "NCM", "CFOP", "uCom"):
        yield " ".join(unicodedata.normalize("NFC", item.product.values.get(leaf, "")).split())
    for leaf in ("qCom", "vUnCom", "vProd"):
        text = item.product.values.get(leaf, "")
        yield f"{Decimal(text).normalize():f}" if PLAIN_NUMBER.fullmatch(text) else text


def _unreadable() -> Extraction:
    return Extraction(
        family="unknown",
        status="error",
        state="unreadable",
        error=problem("incomplete", element=SCHEMA, missing="linha"),
    )
