"""The official code tables as a value: is a code in force on a day? Built from plain rows; this module opens no file.

A table that was not loaded is empty, and an empty table gives no verdict: rules ask `knows_*` first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

#: (code, first day in force or "", last day in force or ""), days as YYYY-MM-DD.
Row = tuple[str, str, str]
Span = tuple[str, str]

#: When the present Nomenclatura (Gecex 272/2021) began: most codes of the published table start here, so the table cannot tell which codes existed before.
NCM_EPOCH: Final = "2022-04-01"


def _spans(rows: Iterable[Row]) -> dict[str, tuple[Span, ...]]:
    shared: dict[Span, tuple[Span, ...]] = {}
    table: dict[str, tuple[Span, ...]] = {}
    for code, first, last in rows:
        span = (first, last)
        one = shared.setdefault(span, (span,))
        known = table.get(code)
        table[code] = one if known is None else known + one
    return table


def _in_force(spans: tuple[Span, ...] | None, day: str) -> bool:
    return spans is not None and any(first <= day and (not last or day <= last) for first, last in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """NCM, CFOP and tax situation codes with the days they are in force."""

    ncm: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    cfop: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    #: By `tax/code`, e.g. `icms/00`, `icmssn/102`, `pis/01`.
    cst: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    #: First six digits of NCMs that were cut anew after the epoch -> the day of the last such change.
    revised: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def build(cls, *, ncm: Iterable[Row] = (), cfop: Iterable[Row] = (), cst: Iterable[Row] = ()) -> Tables:
        """From rows `(code, valid_from, valid_to)`; open ends are empty text."""
        codes = _spans(ncm)
        revised: dict[str, str] = {}
        for code, spans in codes.items():
            first = spans[-1][0]
            if first > NCM_EPOCH:
                revised[code[:6]] = max(first, revised.get(code[:6], ""))
        return cls(ncm=codes, cfop=_spans(cfop), cst=_spans(cst), revised=revised)

    def ncm_known(self, code: str) -> bool:
        return code in self.ncm

    def ncm_in_force(self, code: str, day: str) -> bool:
        return _in_force(self.ncm.get(code), day)

    def ncm_chapter_known(self, chapter: str) -> bool:
        """Does any NCM begin with these two digits?"""
        return any(code.startswith(chapter) for code in self.ncm)

    def ncm_revised_after(self, code: str, day: str) -> bool:
        """Were the codes of this subheading cut anew after the day? Then one that the table lacks may have existed on it."""
        return self.revised.get(code[:6], "") > day

    def ncm_span(self, code: str) -> Span:
        """First and last day of a known code, as the table has it last."""
        return self.ncm[code][-1]

    def cfop_known(self, code: str) -> bool:
        return code in self.cfop

    def cfop_in_force(self, code: str, day: str) -> bool:
        return _in_force(self.cfop.get(code), day)

    def cst_in_force(self, tax: str, code: str, day: str) -> bool:
        return _in_force(self.cst.get(f"{tax}/{code}"), day)


EMPTY: Final = Tables()
