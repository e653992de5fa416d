"""The items (det) of a note: product, and one group for each tax."""

from __future__ import annotations

from lxml import etree

from engine.extraction.nfe.leaves import Reader, local_names
from engine.fiscal.note import Group, Item

#: Taxes whose leaves stand in one element that names the case (ICMS00, PISAliq, IPITrib …).
_WITH_VARIANT = frozenset({"ICMS", "IPI", "PIS", "COFINS"})
_MAX_DIGITS = 9


def number_of(det: etree._Element, position: int) -> int:
    """nItem; the position (from 1) stands in for one that is missing or no number."""
    written = det.get("nItem", "")
    return int(written) if written.isascii() and written.isdigit() and len(written) <= _MAX_DIGITS else position


def item_of(det: etree._Element, position: int, path: str, reader: Reader) -> Item:
    """One item; `position` counts from 1."""
    number = number_of(det, position)
    reader.item = number
    product: Group | None = None
    taxes: dict[str, Group] = {}
    variants: dict[str, str] = {}
    own: dict[str, str] = {}
    for child in det:
        name = local_names[child.tag]
        if name == "prod" and product is None:
            product = reader.group(child, f"{path}/prod")
        elif name == "imposto":
            _taxes(child, f"{path}/imposto", reader, taxes, variants)
        elif name == "impostoDevol":
            taxes["impostoDevol"] = reader.group(child, f"{path}/impostoDevol")
        elif len(child):
            reader.collect(child, f"{path}/{name}", f"{name}/", own)
        else:
            own[name] = (child.text or "").strip()
    if own:
        taxes["det"] = Group(path=path, values=own)
    return Item(
        number=number,
        product=product or Group(path=f"{path}/prod"),
        taxes=taxes,
        variants=variants,
        path=path,
    )


def _taxes(
    imposto: etree._Element, path: str, reader: Reader, taxes: dict[str, Group], variants: dict[str, str]
) -> None:
    direct: dict[str, str] = {}
    for tax in imposto:
        name = local_names[tax.tag]
        if not len(tax):
            if tax.text and tax.text.strip():
                reader.leaf(tax, name, path, direct)
            continue
        below = f"{path}/{name}"
        values: dict[str, str] = {}
        if name in _WITH_VARIANT:
            below = _variant(tax, name, below, reader, values, variants)
        else:
            reader.collect(tax, below, "", values)
        if name not in taxes:
            taxes[name] = Group(path=below, values=values)
    if direct:
        taxes["imposto"] = Group(path=path, values=direct)


def _variant(
    tax: etree._Element, name: str, path: str, reader: Reader, values: dict[str, str], variants: dict[str, str]
) -> str:
    """Read a tax with its variant; the answer is the path of the leaves."""
    below = path
    for child in tax:
        if not len(child):
            reader.leaf(child, local_names[child.tag], path, values)
        elif name not in variants:
            variants[name] = local_names[child.tag]
            below = f"{path}/{variants[name]}"
            reader.collect(child, below, "", values)
        else:
            extra = local_names[child.tag]
            reader.collect(child, path, f"{extra}/", values)
    return below
