"""The identity of a note's content: sha256 over the canonical form of infNFe."""

from __future__ import annotations

import copy
import hashlib
import re

from lxml import etree

#: The start tag of infNFe alone in the default namespace.
_START = re.compile(rb'<infNFe xmlns="([^"&]*)"((?: (?:Id|versao)="[^"&]*")*)')
_ATTRIBUTE = re.compile(rb' \w+="[^"]*"')
_EMPTY = re.compile(rb"<([^<> /]+)((?: [^<>]*)?)/>")
#: What may stand otherwise in canonical form: comments and instructions (a lone mark of theirs is found faster than
#: with its bracket), further namespaces, other references than `&amp;`, several attributes of one element.
_MARKS = (b"!", b"?", b"xmlns")
_DEPARTURES = (re.compile(rb"&(?!amp;)"), re.compile(rb'" [^<>" ]+="'))


def canonical(element: etree._Element) -> bytes:
    """Canonical XML of an element as a document of its own, without comments.

    The exclusive form leaves out prefixes that only a wrapper (SOAP, a lot) declares, and equals the inclusive one that
    the signature uses wherever there are none.
    """
    return _as_it_stands(element) or _canonicalised(element)


def digest_of(element: etree._Element) -> str:
    """sha256 (hex) of the canonical form."""
    return hashlib.sha256(canonical(element)).hexdigest()


def _as_it_stands(element: etree._Element) -> bytes | None:
    """The element as libxml2 writes it, at a third of the cost, where that differs from the canonical form by the order
    of infNFe's attributes and by empty elements only: true of nearly every note.
    """
    start, _, rest = etree.tostring(element, encoding="utf-8", with_tail=False).partition(b">")
    opening = _START.fullmatch(start)
    if opening is None or any(mark in rest for mark in _MARKS) or any(other.search(rest) for other in _DEPARTURES):
        return None
    if b"/>" in rest:
        rest = _EMPTY.sub(rb"<\1\2></\1>", rest)
    attributes = b"".join(sorted(_ATTRIBUTE.findall(opening[2])))
    return b'<infNFe xmlns="%b"%b>%b' % (opening[1], attributes, rest)


def _canonicalised(element: etree._Element) -> bytes:
    """The element is copied out first: canonicalising it in place adds a spurious `xmlns=""` to its grandchildren where
    the default namespace is declared above it.
    """
    alone = copy.deepcopy(element)
    alone.tail = None
    return etree.tostring(etree.ElementTree(alone), method="c14n", exclusive=True, with_comments=False)
