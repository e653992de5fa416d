"""What a note says besides parties, items and totals: payment, billing, transport, additional information."""

from __future__ import annotations

from lxml import etree

from engine.extraction.nfe.leaves import Reader, local_names
from engine.extraction.nfe.parties import party_of
from engine.fiscal.note import Group, Party

#: Elements the layout lets repeat: their keys always carry an index, `cobr/dup[1]`; others get one from the second on.
_REPEATABLE = frozenset(
    {"dup", "detPag", "vol", "reboque", "lacres", "obsCont", "obsFisco", "procRef", "forDia", "deduc"}
)


def sections_of(
    element: etree._Element,
    name: str,
    path: str,
    reader: Reader,
    sections: dict[str, Group],
    others: dict[str, Party],
    prefix: str = "",
) -> None:
    """Add one group for each element with leaves, keyed by its path below infNFe."""
    count = reader.ordinal(f"{path}/{name}")
    name = f"{name}[{count}]" if count > 1 or name in _REPEATABLE else name
    key, below = prefix + name, f"{path}/{name}"
    values: dict[str, str] = {}
    if not len(element):
        if element.text and element.text.strip():
            reader.leaf(element, name, path, values)
            sections[key] = Group(path=path, values=values)
        return
    for attribute, value in element.items():
        values[f"@{attribute!s}"] = str(value)
    sections[key] = Group(path=below, values=values)
    for child in element:
        child_name = local_names[child.tag]
        if not len(child):
            reader.leaf(child, child_name, below, values)
        elif child_name == "transporta":
            others[child_name] = party_of(child, f"{below}/{child_name}", reader)
        else:
            sections_of(child, child_name, below, reader, sections, others, f"{key}/")
    if not values:
        del sections[key]
