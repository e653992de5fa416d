"""Masking: taxpayers' numbers and secrets never reach the log, whatever a sentence quotes.

A CNPJ (the alphanumeric one too) and a CPF are masked with and without punctuation, an access key where it holds its issuer's number. Numbers of 14
or 11 digits are masked whether their check digits fit or not: a misread CNPJ is still one. Ids of documents and traces are hexadecimal and longer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MASK = "***"
#: Secrets shorter than this would mask ordinary words.
SHORTEST_SECRET = 6

_KEY = re.compile(r"(?<![0-9A-Za-z])(\d{6})([0-9A-Z]{12}\d{2})(\d{24})(?!\d)")
_CNPJ = re.compile(r"(?<![0-9A-Za-z])([0-9A-Z]{2})\.([0-9A-Z]{3})\.([0-9A-Z]{3})/([0-9A-Z]{4})-(\d{2})(?!\d)")
_CPF = re.compile(r"(?<!\d)(\d{3})\.(\d{3})\.(\d{3})-(\d{2})(?!\d)")
# Bare: twelve characters, digits among them, and two digits.
_BARE = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Z]*\d[0-9A-Z]*\d\d)([0-9A-Z]{12}\d{2}|\d{11})(?![0-9A-Za-z])")
_BEARER = re.compile(r"(?i)\b(bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{6,}")
_ASSIGNED = re.compile(r"(?i)\b([a-z_-]*(?:token|secret|password|passwd|api[_-]?key|dsn)[a-z_-]*)(\s*[=:]\s*)[^\s,;&\"']+")
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@]+@")


class Redaction:
    """Masks text; `secrets` are values that must not be told even where nothing shows what they are."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: list[str] = []
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str) -> None:
        """Mask this too from now on."""
        if len(secret) >= SHORTEST_SECRET and secret not in self._secrets:
            self._secrets = sorted([*self._secrets, secret], key=len, reverse=True)

    def text(self, text: str) -> str:
        """The text with nothing in it that names a taxpayer or opens a door."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        text = _USERINFO.sub(rf"\1{MASK}@", text)
        text = _BEARER.sub(rf"\1 {MASK}", text)
        text = _ASSIGNED.sub(rf"\1\2{MASK}", text)
        text = _KEY.sub(rf"\1{MASK}\3", text)
        text = _CNPJ.sub(rf"**.{MASK}.\3/\4-**", text)
        text = _CPF.sub(rf"{MASK}.\2.{MASK}-**", text)
        return _BARE.sub(lambda found: f"{MASK}{found[1][-2:]}", text)

    def value(self, value: Any) -> Any:
        """A JSON value with every text in it masked, names of fields included; what JSON has no kind for, as text."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(one) for one in value]
        return value if value is None or isinstance(value, bool | int | float) else self.text(str(value))
