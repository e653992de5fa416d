"""Parts of a report that look beyond its own document: comparisons across documents, and hints of a language model."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from engine.contract.fields import Wire


class AIFinding(Wire, frozen=True, kw_only=True):
    """A hint of a language model; never part of the audit."""

    category: Literal["Eficiência Operacional", "Risco Fiscal", "Oportunidade de Otimização", "Anomalia de Dados"]
    description: str
    severity: Literal["INFO", "BAIXA", "MÉDIA", "ALTA"]
    evidence: list[str]


class Place(Wire, frozen=True, kw_only=True):
    """A document in a comparison."""

    name: str
    internal_path: str | UnsetType = UNSET


class Discrepancy(Wire, frozen=True, kw_only=True):
    """Two documents that say different things."""

    value_a: Any
    doc_a: Place
    value_b: Any
    doc_b: Place


class DeterministicCrossValidation(Wire, frozen=True, kw_only=True):
    """One attribute compared across documents."""

    comparison_key: str
    attribute: str
    description: str
    discrepancies: list[Discrepancy]
    severity: Literal["ALERTA", "INFO"]
