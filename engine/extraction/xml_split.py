"""A file that holds several documents becomes one file for each: lots, SOAP answers, a note bundled with its events.

Text is never touched: a child is a copy of its element with the namespaces in force, so that digests stay computable.
"""

from __future__ import annotations

import copy
from typing import cast

import msgspec
from lxml import etree

from engine.extraction.families import ELEMENT_FAMILIES
from engine.extraction.nfe.leaves import local_names
from engine.extraction.xml_parser import parse

#: Elements that are one document each, with all they hold.
_DOCUMENTS = frozenset(
    "NFe CTe CTeOS CTeSimp GTVe MDFe NFSe DPS CompNfse BPe NF3e NFCom CFe CFeCanc DCe procCancNFe procCancCTe"
    " inutNFe inutCTe procInutNFe procInutCTe procEventoNFe procEventoCTe procEventoMDFe cancNFe cancCTe".split()
)
#: Requests and answers of events: an answer belongs to the request before it that it repeats.
_REQUESTS = frozenset({"evento", "eventoCTe", "eventoMDFe"})
_ANSWERS = frozenset({"retEvento", "retEventoCTe", "retEventoMDFe"})
#: What goes with a document in a wrapper of its own.
_PROTOCOLS = {
    "protNFe": "NFe",
    "protCTe": "CTe",
    "protCTeOS": "CTeOS",
    "protMDFe": "MDFe",
    "retInutNFe": "inutNFe",
    "retCancNFe": "cancNFe",
}
#: Elements that exist for the documents in them, and what of each must be there.
_WRAPPERS = {
    **dict.fromkeys(("enviNFe", "nfeProc"), "infNFe"),
    **dict.fromkeys(("enviCTe", "cteProc"), "CTe"),
    **dict.fromkeys(("enviMDFe", "mdfeProc"), "MDFe"),
    "envEvento": "evento",
}
_KEYS = ("chNFe", "chCTe", "chMDFe")


class SplitDocument(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One document of a batch as a well-formed file."""

    #: Place in the batch, from 1, in document order.
    index: int
    content: bytes
    family: str


class _Unit:
    """The elements of one document and the wrapper they share."""

    __slots__ = ("elements", "wrapper")

    def __init__(self, element: etree._Element, wrapper: etree._Element | None) -> None:
        self.elements = [element]
        self.wrapper = wrapper


def count_documents(root: etree._Element) -> int:
    """How many known documents the tree holds."""
    return len(_units(root))


def hollow(root: etree._Element) -> tuple[str, str] | None:
    """The wrapper and the element that is missing in it, of a tree without a known document; `None` where no wrapper asks for one."""
    return next(
        ((name, _WRAPPERS[name]) for element in root.iter() if (name := local_names[element.tag]) in _WRAPPERS), None
    )


def split_documents(content: bytes) -> list[SplitDocument]:
    """Split an XML file into its documents, in document order.

    A file with one document (or none that is known) comes back whole. An event's request and answer are one document;
    a note and its protocol inside nfeProc stay together.

    Raises:
        UnreadableError: The bytes are no XML that may be read.
    """
    root = parse(content).root
    units = _units(root)
    if len(units) <= 1:
        family = _family(units[0].elements[0]) if units else "unknown"
        return [SplitDocument(index=1, content=content, family=family)]
    return [
        SplitDocument(index=index, content=_serialised(unit), family=_family(unit.elements[0]))
        for index, unit in enumerate(units, start=1)
    ]


def _units(root: etree._Element) -> list[_Unit]:
    collector = _Collector()
    stack: list[tuple[etree._Element, etree._Element | None]] = [(root, None)]
    while stack:
        element, above = stack.pop()
        name = local_names[element.tag]
        if name in _REQUESTS:
            collector.request(element, above)
        elif name in _DOCUMENTS and _holds_document(element, name):
            collector.document(element, name, above)
        elif name in _ANSWERS:
            collector.answer(element, above)
        elif name in _PROTOCOLS:
            collector.protocol(element, _PROTOCOLS[name], above)
        else:
            stack.extend((child, element) for child in reversed(element))
    return collector.units


class _Collector:
    """Gathers units in document order. All pairing goes through dictionaries: a hostile file may hold thousands of
    halves.
    """

    def __init__(self) -> None:
        self.units: list[_Unit] = []
        self._documents: dict[tuple[str, str], _Unit] = {}
        self._latest: dict[tuple[str, etree._Element | None], _Unit] = {}
        self._requests: dict[tuple[etree._Element | None, _EventIdentity], _Unit] = {}

    def document(self, element: etree._Element, name: str, above: etree._Element | None) -> None:
        unit = self._add(element, above)
        core = next(iter(element), None)
        self._latest[name, above] = unit
        if core is not None and (identifier := core.get("Id")):
            self._documents.setdefault((name, identifier[-_KEY_LENGTH:]), unit)

    def request(self, element: etree._Element, above: etree._Element | None) -> None:
        self._requests[above, _event_identity(element)] = self._add(element, above)

    def answer(self, element: etree._Element, above: etree._Element | None) -> None:
        """Give an answer to the request beside it that it repeats; alone it is a document of its own."""
        unit = self._requests.pop((above, _event_identity(element)), None)
        if unit is None:
            self._add(element, above)
        else:
            unit.elements.append(element)

    def protocol(self, element: etree._Element, name: str, above: etree._Element | None) -> None:
        """Give a protocol to the document whose key it repeats, else to the latest one beside it that has none."""
        key = next((text for field in _KEYS if (text := _first_text(element, field))), "")
        unit = self._documents.pop((name, key), None) or self._latest.get((name, above))
        if unit is not None and len(unit.elements) == 1:
            unit.elements.append(element)

    def _add(self, element: etree._Element, above: etree._Element | None) -> _Unit:
        unit = _Unit(element, above)
        self.units.append(unit)
        return unit


def _first_text(element: etree._Element, field: str) -> str | None:
    """Text of the first element of that name; `findtext` with a path costs several times as much."""
    found = next(element.iter("{*}" + field), None)
    return None if found is None else found.text


_KEY_LENGTH = 44
_EventIdentity = tuple[str | None, str | None, str | None]


def _holds_document(element: etree._Element, name: str) -> bool:
    """São Paulo's service note is called NFe too; ours has an infNFe."""
    return name != "NFe" or any(local_names[child.tag] == "infNFe" for child in element)


def _event_identity(event: etree._Element) -> _EventIdentity:
    info = next(event.iter("{*}infEvento"), None)
    if info is None:
        return (None, None, None)
    key = next((text for name in _KEYS if (text := info.findtext("{*}" + name))), None)
    return (key, info.findtext("{*}tpEvento"), info.findtext("{*}nSeqEvento"))


def _serialised(unit: _Unit) -> bytes:
    if len(unit.elements) == 1 or unit.wrapper is None:
        alone = copy.deepcopy(unit.elements[0])
        alone.tail = None
        return _bytes(alone)
    namespaces = cast("dict[str, str]", unit.wrapper.nsmap)
    wrapper = etree.Element(unit.wrapper.tag, nsmap=namespaces)
    for name, value in unit.wrapper.attrib.items():
        wrapper.set(name, value)
    for element in unit.elements:
        child = copy.deepcopy(element)
        child.tail = None
        wrapper.append(child)
    return _bytes(wrapper)


def _bytes(element: etree._Element) -> bytes:
    return etree.tostring(element, encoding="utf-8", xml_declaration=True)


def _family(element: etree._Element) -> str:
    for inner in element.iter():
        family = ELEMENT_FAMILIES.get(local_names[inner.tag])
        if family is not None:
            return family
    return "unknown"
