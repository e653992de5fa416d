"""The 4 KB of JSON that every hop reads, changes and passes on, here and at the peers. The codec is msgspec on both sides."""

from __future__ import annotations

from typing import Any

import msgspec

#: Hops of one document.
HOPS = 11
#: The body of a small message, for rows about single calls: an envelope without rows.
SMALL = b'{"docId":"%032x","padding":"%s"}' % (7, b"0123456789abcdef" * 12)
#: Documents on their way at once in the chain.
IN_FLIGHT = 64

encode = msgspec.json.encode
decode = msgspec.json.Decoder().decode


ITEMS = [
    {"item": place, "description": f"PARAFUSO SEXTAVADO M{place:02d} ZINCADO 8.8", "ncm": "73181500", "cfop": "5102", "total": f"{place * 17}.90"}
    for place in range(1, 38)
]


def payload(number: int) -> dict[str, Any]:
    """A fresh payload of 4 KB of JSON, like a note's rows."""
    return {"docId": f"{number:032x}", "hop": 0, "total": "1234.56", "digest": "", "items": ITEMS}


def changed(before: dict[str, Any]) -> dict[str, Any]:
    """What every hop does: read two fields, set two."""
    hop = before["hop"] + 1
    return {**before, "hop": hop, "digest": f"{hop}:{before['items'][hop]['total']}"}
