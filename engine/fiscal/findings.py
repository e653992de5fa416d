"""What an audit rule says: one finding, stored as code and arguments, rendered in the reader's language."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class Severity(StrEnum):
    """How much a finding weighs; the values are the wire's own."""

    #: The document breaks a rule of the law or of the layout.
    ERRO = "ERRO"
    #: Worth a person's look; legal exceptions exist.
    ALERTA = "ALERTA"
    #: Said so that nothing is silent.
    INFO = "INFO"


Status = Literal["OK", "ALERTA", "ERRO"]

#: Points of risk a finding adds (the deployment's own weights); an unreadable document stands at UNREADABLE_RISK.
RISK = {Severity.ERRO: 10, Severity.ALERTA: 2, Severity.INFO: 0}
UNREADABLE_RISK = 99


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One statement about one place of one document.

    `found`, `expected` and `delta` are the document's own text or amounts with a dot. `arguments` feed the message templates
    of the rule (`engine.fiscal.rules.render`).
    """

    code: str
    severity: Severity
    item: int | None = None
    path: str | None = None
    found: str | None = None
    expected: str | None = None
    delta: str | None = None
    arguments: dict[str, str] = {}
    #: SEFAZ rejection code, where the rule has one.
    cstat: str | None = None


def risk(findings: list[Finding] | tuple[Finding, ...]) -> int:
    """Sum of the weights; stays local, the wire carries the score."""
    return sum(RISK[finding.severity] for finding in findings)


def status(findings: list[Finding] | tuple[Finding, ...]) -> Status:
    """OK, ALERTA or ERRO: the worst severity that counts."""
    severities = {finding.severity for finding in findings}
    if Severity.ERRO in severities:
        return "ERRO"
    return "ALERTA" if Severity.ALERTA in severities else "OK"
