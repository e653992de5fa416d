"""A note from its infNFe element, in whatever wrapper, namespace prefix or layout (1.10 to 4.00) it stands."""

from __future__ import annotations

import re
from typing import Literal

from lxml import etree

from engine.extraction.nfe.digest import digest_of
from engine.extraction.nfe.items import item_of
from engine.extraction.nfe.leaves import Reader, local_name, local_names
from engine.extraction.nfe.parties import absent, party_of
from engine.extraction.nfe.sections import sections_of
from engine.fiscal.note import Group, Item, Note, Party, Protocol

NOTE_ELEMENT = "infNFe"
_PREFIX = "NFe"
_PLACEHOLDERS = frozenset({"string", "?", "NFestring", "NFe?"})
_ZEROS = re.compile(r"(?:NFe)?0+")
_REFERENCES = re.compile(r"NFref(?:\[\d+\])?/(?:refNFe|refCTe|refNFeSig)(?:\[\d+\])?")
_PARTIES = frozenset({"avulsa", "retirada", "entrega"})


def path_of(element: etree._Element) -> str:
    """Readable path of an element from the root, by local names."""
    names = [local_name(element), *(local_name(above) for above in element.iterancestors())]
    return "/" + "/".join(reversed(names))


def note_of(info: etree._Element, path: str) -> Note:
    """Build the note. `info` is infNFe, `path` its readable path; what the document lacks is `None` or an empty
    group.
    """
    reader = Reader()
    identification = Group(path=f"{path}/ide")
    issuer, recipient = absent(f"{path}/emit"), absent(f"{path}/dest")
    others: dict[str, Party] = {}
    items: list[Item] = []
    totals: dict[str, Group] = {}
    sections: dict[str, Group] = {}
    for child in info:
        name = local_names[child.tag]
        below = f"{path}/{name}"
        if name == "det":
            items.append(item_of(child, len(items) + 1, f"{below}[{len(items) + 1}]", reader))
            reader.item = None
        elif name == "ide":
            identification = reader.group(child, below)
        elif name == "emit":
            issuer = party_of(child, below, reader)
        elif name == "dest":
            recipient = party_of(child, below, reader)
        elif name == "total":
            _totals(child, below, reader, totals)
        elif name in _PARTIES:
            others[name] = party_of(child, below, reader)
        elif name == "autXML":
            count = reader.ordinal(below)
            others[f"{name}[{count}]"] = party_of(child, f"{below}[{count}]", reader)
        else:
            sections_of(child, name, path, reader, sections, others)
    identifier = (info.get("Id") or "").strip() or None
    access_key = identifier.removeprefix(_PREFIX) if identifier else None
    return Note(
        family=_family(identification.text("mod"), access_key),
        medium="xml",
        layout=(info.get("versao") or "").strip() or None,
        access_key=access_key,
        identifier=identifier,
        identification=identification,
        issuer=issuer,
        recipient=recipient,
        others=others,
        items=tuple(items),
        totals=totals,
        sections=sections,
        references=tuple(text for key, text in identification.values.items() if text and _REFERENCES.fullmatch(key)),
        protocol=_protocol(info, access_key, reader),
        digest=digest_of(info),
        signature_digest=_beside(info, path, reader, sections),
        remarks=tuple(reader.remarks),
    )


def _beside(info: etree._Element, path: str, reader: Reader, sections: dict[str, Group]) -> str | None:
    """Read what stands beside infNFe: infNFeSupl becomes a section, of the signature the DigestValue is the answer."""
    sheet = info.getparent()
    digest = None
    for sibling in sheet if sheet is not None else ():
        name = local_names[sibling.tag]
        if name == "Signature":
            digest = sibling.findtext("{*}SignedInfo/{*}Reference/{*}DigestValue")
        elif name == "infNFeSupl":
            sections[name] = reader.group(sibling, f"{path.rpartition('/')[0]}/{name}")
    return digest.strip() if digest else None


def is_template(note: Note) -> bool:
    """True for a layout's template: `string` or `?` where identifiers belong, a key or an issuer made of zeros."""
    marks = (note.identifier, note.layout, note.issuer.id, note.number, note.issued_at)
    if any(mark in _PLACEHOLDERS for mark in marks):
        return True
    return any(mark and _ZEROS.fullmatch(mark) for mark in (note.identifier, note.issuer.id))


def _family(model: str | None, access_key: str | None) -> Literal["nfe", "nfce"]:
    if model is None and access_key is not None:
        model = access_key[20:22]
    return "nfce" if model == "65" else "nfe"


def _totals(total: etree._Element, path: str, reader: Reader, totals: dict[str, Group]) -> None:
    direct: dict[str, str] = {}
    for child in total:
        name = local_names[child.tag]
        if len(child):
            totals.setdefault(name, reader.group(child, f"{path}/{name}"))
        else:
            reader.leaf(child, name, path, direct)
    if direct:
        totals["total"] = Group(path=path, values=direct)


def _protocol(info: etree._Element, access_key: str | None, reader: Reader) -> Protocol | None:
    """The infProt that speaks of this key, else the first one of the file."""
    first: Protocol | None = None
    for sheet in info.getroottree().iter("{*}protNFe"):
        for element in sheet:
            if local_names[element.tag] != "infProt":
                continue
            protocol = Protocol(group=reader.group(element, path_of(element)))
            if protocol.group.text("chNFe") == access_key:
                return protocol
            first = first or protocol
    return first
