"""A finding in the reader's language: the template of its rule, filled with the numbers of the finding."""

from __future__ import annotations

import re
from typing import Final

from engine.fiscal.findings import Finding
from engine.fiscal.money import Language, formatted
from engine.fiscal.rules.model import Text
from engine.fiscal.rules.registry import BY_CODE

#: Amounts inside a formula; not the digits of dates, codes and identifiers.
_AMOUNT: Final = re.compile(r"(?<![\w.,/-])-?\d+\.\d+(?![\w.,/-]*\d)")
#: Parties by the name of their element.
PARTIES: Final = {
    "emit": Text("emitente", "issuer"),
    "dest": Text("destinatário", "recipient"),
    "transporta": Text("transportador", "carrier"),
    "retirada": Text("local de retirada", "place of withdrawal"),
    "entrega": Text("local de entrega", "place of delivery"),
    "autXML": Text("autorizado a ver o XML", "party authorised to see the XML"),
    "avulsa": Text("órgão emitente", "issuing office"),
}
#: What stands where a finding of another version brought no argument.
MISSING: Final = "?"


class _Value(str):
    """Text of a finding with the format specifications that templates use."""

    __slots__ = ("language",)
    language: Language

    def __format__(self, specification: str) -> str:
        match specification:
            case "money":
                return formatted(str(self), self.language)
            case "party":
                party = PARTIES.get(str(self))
                return party.into(self.language) if party else str(self)
            case "numbers":
                return _AMOUNT.sub(lambda amount: formatted(amount[0], self.language), str(self))
        return str(self)


class _Values(dict[str, _Value]):
    def __missing__(self, name: str) -> _Value:
        return _value(MISSING, "en")


def _value(text: str, language: Language) -> _Value:
    value = _Value(text)
    value.language = language
    return value


def render(finding: Finding, language: Language) -> str:
    """The sentence of a finding. A code this version has no rule for is shown as code and values."""
    known = {"found": finding.found, "expected": finding.expected, "delta": finding.delta, "path": finding.path}
    if finding.item is not None:
        known["item"] = str(finding.item)
    known |= finding.arguments
    rule = BY_CODE.get(finding.code)
    template = rule.messages.get(finding.arguments.get("case", "")) if rule else None
    if template is None:
        return " ".join([finding.code, *(f"{name}={text}" for name, text in known.items() if text)])
    values = _Values({name: _value(text, language) for name, text in known.items() if text is not None})
    return template.into(language).format_map(values)


def describe(code: str, language: Language) -> str:
    """Title of a rule; the code itself where this version has no such rule."""
    rule = BY_CODE.get(code)
    return rule.title.into(language) if rule else code


def legal(code: str) -> str | None:
    """What the rule rests on."""
    rule = BY_CODE.get(code)
    return rule.legal if rule else None
