"""The identity of a note's content: sha256 over the canonical form of infNFe."""

from __future__ import annotations

import copy
import hashlib

from lxml import etree


def canonical(element: etree._Element) -> bytes:
    """Canonical XML of an element as a document of its own, without comments.

    The element is copied out first: canonicalising it in place adds a spurious `xmlns=""` to its grandchildren where
    the default namespace is declared above it. The exclusive form leaves out prefixes that only a wrapper (SOAP, a
    lot) declares, and equals the inclusive one that the signature uses wherever there are none.
    """
    alone = copy.deepcopy(element)
    alone.tail = None
    return etree.tostring(etree.ElementTree(alone), method="c14n", exclusive=True, with_comments=False)


def digest_of(element: etree._Element) -> str:
    """sha256 (hex) of the canonical form."""
    return hashlib.sha256(canonical(element)).hexdigest()
