"""Which document bytes are: the same file is the same document on every box."""

from __future__ import annotations

import hashlib
import re

from engine.fiscal.identifiers import AccessKey

#: `Id` of an NF-e, CT-e or MDF-e as every layout writes it.
_IDENTIFIER = re.compile(rb"""\bId\s*=\s*["'](?:NFe|CTe|MDFe)([0-9A-Z]{44})["']""")


def document_id(tenant: str, sha: bytes) -> str:
    """First 32 hex digits of sha256(tenant, 0x00, sha256 of the bytes)."""
    return hashlib.sha256(tenant.encode() + b"\0" + sha).hexdigest()[:32]


def part_id(tenant: str, container: bytes, part: str) -> str:
    """A note inside one file (lot, list): `part` is its access key or its index."""
    return hashlib.sha256(tenant.encode() + b"\0" + container + b"\0" + part.encode()).hexdigest()[:32]


def claimed_key(head: bytes) -> str | None:
    """The access key an XML claims, seen before it is parsed, so that duplicates are known in the order of acknowledgement."""
    # Without its zeros the ASCII part of UTF-16 is ASCII.
    found = _IDENTIFIER.search(head.replace(b"\0", b"") if b"\0" in head[:8] else head)
    return None if found is None else found[1].decode()


def number_key(access_key: str | None) -> str | None:
    """Issuer, model, series and number, as the key holds them."""
    parsed = AccessKey.parse(access_key)
    return None if parsed is None else parsed.number_identity
