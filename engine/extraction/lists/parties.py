"""Issuer and recipient of a list's note: identifiers whose leading zeros a spreadsheet dropped are made whole where
check digits agree.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.extraction.lists.half import Half, Line
from engine.extraction.lists.values import whole
from engine.fiscal.identifiers import bare, cnpj_valid, cpf_valid, is_masked, kind_of
from engine.fiscal.note import Group, IdentifierKind, Party, Remark

#: How the lists of the Portal da Transparência write that a registration is not informed.
NOT_INFORMED = "-1"


class Identifier(NamedTuple):
    """An identifier, what it is, and the text it was made whole from (`None` where it was whole)."""

    text: str
    kind: IdentifierKind | None
    found: str | None = None


def identify(cell: str, *, only_companies: bool) -> Identifier:
    """Read a CNPJ or CPF; `only_companies` where the column is for CNPJ alone, which settles what eleven digits are.

    Zeros are put back only if the check digits then fit. What fits nothing stays as found.
    """
    if is_masked(cell):
        return Identifier(cell, "masked")
    if cell.startswith("-"):
        return Identifier(cell, None)
    digits = bare(whole(cell))
    if not (digits.isascii() and digits.isdecimal()) or len(digits) >= 14:
        return Identifier(digits, kind_of(digits)) if kind_of(digits) else Identifier(cell, None)
    company, person = digits.zfill(14), digits.zfill(11)
    readings: list[Identifier] = []
    if cnpj_valid(company):
        readings.append(Identifier(company, "cnpj", digits))
    if len(digits) <= 11 and cpf_valid(person):
        readings.append(Identifier(person, "cpf", digits if person != digits else None))
    if not readings:
        return Identifier(digits, kind_of(digits))
    return readings[0] if only_companies else readings[-1]


def party(half: Half, line: Line, name: str, address: str, remarks: list[Remark]) -> Party:
    """The party of one element (`emit`, `dest`) and its address (`enderEmit`, `enderDest`); remarks are added to the
    list.
    """
    leaves = line.group(name)
    written = leaves.pop("id", None)
    identifier = Identifier("", None)
    if written is not None:
        only_companies = half.only_companies(f"{name}/id")
        identifier = identify(written, only_companies=only_companies)
        leaf = "CPF" if identifier.kind == "cpf" or (identifier.kind == "masked" and not only_companies) else "CNPJ"
        leaves = {leaf: identifier.text, **leaves}
        if identifier.found is not None:
            remarks.append(
                Remark(
                    kind="leading_zeros_restored",
                    path=f"{line.path}/{leaf}",
                    found=identifier.found,
                    expected=identifier.text,
                )
            )
    place = line.group(address)
    registration = leaves.get("IE")
    return Party(
        id=identifier.text or None,
        id_kind=identifier.kind,
        name=leaves.get("xNome"),
        uf=place.get("UF"),
        state_registration=None if registration == NOT_INFORMED else registration,
        group=Group(path=line.path, values=leaves),
        address=Group(path=line.path, values=place),
    )
