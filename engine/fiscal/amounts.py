"""Integer cents straight from a leaf's text: the hot path of ledger and taxes, which read a hundred amounts a note.

`engine.fiscal.money` owns the rounding; this module only skips the Decimal where the text already has two places, as
the layouts demand.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from engine.fiscal.money import cents

#: TDec_1302 holds 13 digits before the point; a longer text is no amount of money (XML-02 says so) and counts as
#: absent.
LONGEST = 13


def leaf_cents(text: str | None) -> int:
    """Cents of a leaf, rounded half away from zero beyond two places; 0 where it is absent or no number."""
    if not text or text == "0.00":
        return 0
    if text[-3:-2] == ".":
        digits = text[:-3] + text[-2:]
        if len(digits) <= LONGEST + 2 and digits.isascii() and digits.isdigit():
            return int(digits)
    try:
        value = Decimal(text)
    except InvalidOperation:
        return 0
    if not value.is_finite() or value.adjusted() >= LONGEST:
        return 0
    return cents(value)
