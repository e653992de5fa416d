"""Amounts: how they are read, rounded, compared and written. Decimal only; a float here is a bug.

This module owns the rounding (half away from zero, two places) and the tolerance policy of the audit. It knows no document.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from engine.fiscal.findings import Severity

Language = Literal["pt", "en"]

ZERO = Decimal(0)
CENT = Decimal("0.01")

#: Differences up to this much are rounding and pass in silence.
ROUNDING = CENT
#: Differences up to this much are worth a look; some authorisers tolerate them on the total of the note.
LENIENCE = Decimal("0.50")

#: Wide enough that quantity (11.4) x unit value (11.10) is exact before it is rounded once. It traps nothing: a hostile exponent ends
#: as NaN, which fails every comparison, and not as an exception in the middle of an audit.
WIDE = Context(prec=60, rounding=ROUND_HALF_UP, traps=[])

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?")


def parse_decimal(text: str) -> Decimal | None:
    """Read an amount as people and systems write it: `1234.56`, `1.234,56`, `R$ 1.234,56`, `-0,5`, `5.22E+2`.

    Where both separators occur the last one is the decimal one; one kind repeated groups thousands. A lone dot is decimal, as in the official layouts, and a lone comma too, as in
    Brazilian sheets. `None` for anything else.
    """
    digits = text.strip().removeprefix("R$").replace("\xa0", "").replace(" ", "")
    dots, commas = digits.count("."), digits.count(",")
    if dots and commas:
        grouping, decimal = (".", ",") if digits.rindex(",") > digits.rindex(".") else (",", ".")
        if digits.count(decimal) > 1:
            return None
        digits = digits.replace(grouping, "").replace(decimal, ".")
    elif dots > 1 or commas > 1:
        digits = digits.replace(".", "").replace(",", "")
    else:
        digits = digits.replace(",", ".")
    if not (digits.isascii() and _PLAIN.fullmatch(digits)):
        return None
    value = Decimal(digits)
    return Decimal(f"{value:f}") if "e" in digits.lower() else value


def rounded(value: Decimal) -> Decimal:
    """To two places, halves away from zero; NaN where the value has more than 58 digits."""
    return value.quantize(CENT, context=WIDE)


def product(quantity: Decimal, unit: Decimal) -> Decimal:
    """quantity x unit, exact, then rounded once: the value of an item."""
    return rounded(WIDE.multiply(quantity, unit))


def percentage(base: Decimal, rate: Decimal) -> Decimal:
    """`rate` % of `base`, rounded once: the value of a tax."""
    return rounded(WIDE.multiply(base, rate).scaleb(-2, context=WIDE))


def cents(value: Decimal) -> int:
    """Integer cents, rounded like `rounded`.

    Raises:
        ValueError: the value is not finite or has more than 58 digits.
    """
    exact = rounded(value)
    if not exact.is_finite():
        raise ValueError(f"no amount of money: {value}")
    return int(exact.scaleb(2))


def from_cents(amount: int) -> Decimal:
    """Cents as an amount with two places."""
    return Decimal(amount).scaleb(-2)


def verdict(difference: Decimal) -> Severity | None:
    """What a difference of money deserves: nothing up to 0.01, ALERTA up to 0.50, ERRO above."""
    if not difference:
        return None
    size = abs(difference)
    if size <= ROUNDING:
        return None
    return Severity.ALERTA if size <= LENIENCE else Severity.ERRO


def plain(value: Decimal) -> str:
    """The amount with a dot and at least two places, as findings store it."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > WIDE.prec:
        return str(value)
    return f"{value:f}" if exponent <= -2 else f"{value:.2f}"


def formatted(value: Decimal | str, language: Language) -> str:
    """The amount for a reader, thousands grouped: `1.234,56` in Portuguese, `1,234.56` in English. Text that is no number passes unchanged."""
    number = value if isinstance(value, Decimal) else parse_decimal(value)
    if number is None or not number.is_finite() or abs(number.adjusted()) > WIDE.prec:
        return str(value)
    written = f"{Decimal(plain(number)):,f}"
    return written.translate(_PORTUGUESE) if language == "pt" else written


_PORTUGUESE = str.maketrans({",": ".", ".": ","})
