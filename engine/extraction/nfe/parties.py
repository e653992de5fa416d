"""Issuer, recipient and the other parties of a note."""

from __future__ import annotations

from lxml import etree

from engine.extraction.nfe.leaves import Reader, local_name
from engine.fiscal.note import Group, IdentifierKind, Party

_IDENTIFIERS: tuple[tuple[str, IdentifierKind], ...] = (("CNPJ", "cnpj"), ("CPF", "cpf"), ("idEstrangeiro", "foreign"))
_ADDRESSES = frozenset({"enderEmit", "enderDest"})


def absent(path: str) -> Party:
    """A party the document does not have."""
    return Party(group=Group(path=path), address=Group(path=path))


def party_of(element: etree._Element, path: str, reader: Reader) -> Party:
    """A party from its element.

    emit and dest keep their address in an element of its own; for transporta, retirada and entrega the address leaves
    stand in the element itself, so `group` holds them and `address` is empty.
    """
    values: dict[str, str] = {}
    address = Group(path=path)
    nested = next((child for child in element if local_name(child) in _ADDRESSES), None)
    if nested is not None:
        address = reader.group(nested, f"{path}/{local_name(nested)}")
    reader.collect(element, path, "", values, without=nested)
    group = Group(path=path, values=values)
    place = address or group
    identifier, kind = _identifier(group)
    return Party(
        id=identifier,
        id_kind=kind,
        name=group.text("xNome") or group.text("xOrgao"),
        uf=place.text("UF"),
        city=place.text("cMun"),
        state_registration=group.text("IE"),
        group=group,
        address=address,
    )


def _identifier(group: Group) -> tuple[str | None, IdentifierKind | None]:
    for leaf, kind in _IDENTIFIERS:
        if text := group.text(leaf):
            return text, kind
    return None, None
