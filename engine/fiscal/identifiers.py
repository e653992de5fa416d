"""CNPJ, CPF and the access key: check digits, parts, masks.

All identifiers are text: since July 2026 a CNPJ may carry letters in its first twelve places (IN RFB 2.229/2024), and with it the key.
Every check digit is modulo 11 over `ord(character) - 48`, which leaves digits as they are and makes 'A' 17 … 'Z' 42.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle, islice
from operator import mul

from engine.fiscal.note import IdentifierKind
from engine.fiscal.states import BY_CODE

CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}", re.ASCII)
CPF = re.compile(r"[0-9]{11}", re.ASCII)
ACCESS_KEY = re.compile(r"[0-9]{6}[0-9A-Z]{12}[0-9]{26}", re.ASCII)
#: A published identifier keeps only its middle (`***.165.104-**`).
MASKED = re.compile(r"[0-9.*/-]*\*{2,}[0-9.*/-]*", re.ASCII)

_PUNCTUATION = str.maketrans("", "", " .-/\t")


def bare(text: str) -> str:
    """The identifier without punctuation, letters in upper case."""
    return text.translate(_PUNCTUATION).upper()


@lru_cache(maxsize=16)
def _weights(length: int, largest: int) -> tuple[int, ...]:
    """2 … `largest` again and again from the right, for a body of so many characters."""
    return tuple(islice(cycle(range(2, largest + 1)), length))[::-1]


def _check_digit(body: str, largest_weight: int) -> str:
    """Modulo 11 with weights 2 … `largest_weight` from the right; a rest of 0 or 1 gives 0."""
    weights = _weights(len(body), largest_weight)
    # The 48 that every character stands too high is taken off once.
    rest = (sum(map(mul, map(ord, body), weights)) - 48 * sum(weights)) % 11
    return "0" if rest < 2 else str(11 - rest)


def cnpj_check_digits(body: str) -> str:
    """The two check digits of twelve letters or digits."""
    first = _check_digit(body, 9)
    return first + _check_digit(body + first, 9)


def cpf_check_digits(body: str) -> str:
    """The two check digits of nine digits."""
    first = _check_digit(body, 10)
    return first + _check_digit(body + first, 11)


def cnpj_valid(text: str) -> bool:
    """Fourteen places, right check digits, not the same character throughout. No punctuation allowed: see `bare`."""
    return bool(CNPJ.fullmatch(text)) and len(set(text)) > 1 and cnpj_check_digits(text[:12]) == text[12:]


def cpf_valid(text: str) -> bool:
    """Eleven digits, right check digits, not the same digit throughout. No punctuation allowed: see `bare`."""
    return bool(CPF.fullmatch(text)) and len(set(text)) > 1 and cpf_check_digits(text[:9]) == text[9:]


def is_masked(text: str) -> bool:
    """Was the identifier published with parts of it hidden?"""
    return bool(MASKED.fullmatch(text))


def kind_of(text: str) -> IdentifierKind | None:
    """What an identifier looks like by its shape alone; `None` where it looks like none (a foreign one may look like anything)."""
    if is_masked(text):
        return "masked"
    written = bare(text)
    if CNPJ.fullmatch(written):
        return "cnpj"
    return "cpf" if CPF.fullmatch(written) else None


def mask(text: str) -> str:
    """How a CPF is shown to third parties: `12316510499` -> `***.165.104-**`. A CNPJ is public and passes unchanged, as does anything else."""
    written = bare(text)
    return f"***.{written[3:6]}.{written[6:9]}-**" if CPF.fullmatch(written) else text


def same_under_mask(masked: str, whole: str) -> bool:
    """Could the masked identifier be this one? Only the places it shows are compared."""
    shown, full = bare(masked), bare(whole)
    return len(shown) == len(full) and all(a in ("*", b) for a, b in zip(shown, full, strict=True))


def punctuated(text: str) -> str:
    """A CNPJ or CPF as people write it; anything else unchanged."""
    if CNPJ.fullmatch(text):
        return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"
    if CPF.fullmatch(text):
        return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"
    return text


def key_check_digit(body: str) -> str:
    """The last digit of an access key, from its first 43 places."""
    return _check_digit(body, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """The 44 places of the key, cut. Well formed is all it promises: see `check_digit_right` and `problems`."""

    text: str

    @classmethod
    def parse(cls, text: str | None) -> AccessKey | None:
        """The key, `None` where the text has not the shape of one."""
        return cls(text=text) if text and ACCESS_KEY.fullmatch(text) else None

    @property
    def uf_code(self) -> str:
        """cUF, two digits."""
        return self.text[:2]

    @property
    def uf(self) -> str | None:
        """Abbreviation of the unit that authorised it."""
        return BY_CODE.get(self.text[:2])

    @property
    def year_month(self) -> str:
        """AAMM of the emission."""
        return self.text[2:6]

    @property
    def issuer(self) -> str:
        """CNPJ, or a CPF filled to fourteen places with zeros."""
        return self.text[6:20]

    @property
    def model(self) -> str:
        return self.text[20:22]

    @property
    def series(self) -> str:
        """Three digits, zeros kept."""
        return self.text[22:25]

    @property
    def number(self) -> str:
        """Nine digits, zeros kept."""
        return self.text[25:34]

    @property
    def emission(self) -> str:
        """tpEmis; part of the code in layout 1.10."""
        return self.text[34]

    @property
    def code(self) -> str:
        """cNF, eight digits."""
        return self.text[35:43]

    @property
    def check_digit(self) -> str:
        return self.text[43]

    @property
    def number_identity(self) -> str:
        """Issuer, model, series and number: what no two documents may share (28 places)."""
        return self.text[6:34]

    @property
    def check_digit_right(self) -> bool:
        return key_check_digit(self.text[:43]) == self.text[43]

    @property
    def is_avulsa(self) -> bool:
        """Series 890-899: issued by the tax office for somebody else, whose identifier is not in the key."""
        return self.series.startswith("89")

    @property
    def issuer_is_cpf(self) -> bool:
        """Series 910-969: issued by a person, whose CPF stands in the key filled with zeros."""
        return "910" <= self.series <= "969"
