"""The amounts of a note by operation: totals where it is all one operation, sums of the items where it is mixed.

Owns which leaf counts as what. Names are the official ones of ICMSTot, ISSQNtot and retTrib; everything is integer
cents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from engine.fiscal.amounts import leaf_cents
from engine.fiscal.note import Group, Item, Note
from engine.fiscal.operations import Treatment

_TOTALS: Final = (
    (
        "ICMSTot",
        (
            "vProd",
            "vDesc",
            "vFrete",
            "vSeg",
            "vOutro",
            "vICMSDeson",
            "vICMS",
            "vFCP",
            "vST",
            "vFCPST",
            "vIPI",
            "vIPIDevol",
        ),
    ),
    ("ICMSTot", ("vII", "vPIS", "vCOFINS", "vFCPUFDest", "vICMSUFDest", "vICMSUFRemet", "vICMSMono", "vICMSMonoReten")),
    ("ISSQNtot", ("vServ", "vISS", "vPIS", "vCOFINS", "vISSRet")),
    ("retTrib", ("vRetPIS", "vRetCOFINS", "vRetCSLL", "vIRRF", "vRetPrev")),
)
#: Totals of the reform, whose leaves lie below sub-groups: (group, leaf) -> name.
_REFORM: Final = (("IBSCBSTot", "gIBS/vIBS", "vIBS"), ("IBSCBSTot", "gCBS/vCBS", "vCBS"), ("ISTot", "vIS", "vIS"))

#: Leaves of an item's tax groups and the total they belong to.
_ITEM_TAXES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "ICMS": (
        ("vICMS", "vICMS"),
        ("vICMSST", "vST"),
        ("vFCP", "vFCP"),
        ("vFCPST", "vFCPST"),
        ("vICMSDeson", "vICMSDeson"),
        ("vICMSMono", "vICMSMono"),
        ("vICMSMonoReten", "vICMSMonoReten"),
    ),
    "ICMSUFDest": (("vICMSUFDest", "vICMSUFDest"), ("vFCPUFDest", "vFCPUFDest"), ("vICMSUFRemet", "vICMSUFRemet")),
    "IPI": (("vIPI", "vIPI"),),
    "impostoDevol": (("IPI/vIPIDevol", "vIPIDevol"), ("vIPIDevol", "vIPIDevol")),
    "II": (("vII", "vII"),),
    "PIS": (("vPIS", "vPIS"),),
    "COFINS": (("vCOFINS", "vCOFINS"),),
    "ISSQN": (("vISSQN", "vISS"), ("vISSRet", "vISSRet")),
    "IS": (("vIS", "vIS"),),
    "IBSCBS": (("gIBSCBS/vIBS", "vIBS"), ("gIBSCBS/gCBS/vCBS", "vCBS")),
}
_CHARGES: Final = ("vDesc", "vFrete", "vSeg", "vOutro")
#: Substitution taxes that count in vNF only where the item says so (indSomaPISST, indSomaCOFINSST).
_SUBSTITUTED: Final = (
    ("PISST", "vPIS", "indSomaPISST", "vPISST"),
    ("COFINSST", "vCOFINS", "indSomaCOFINSST", "vCOFINSST"),
)

#: What vNF holds besides the price of goods and services.
_ADDED: Final = ("vST", "vFCPST", "vIPI", "vIPIDevol", "vII", "vICMSMonoReten", "vPISST", "vCOFINSST")


class Components(dict[str, int]):
    """Cents by official name; an absent one is zero."""

    def __missing__(self, name: str) -> int:
        return 0

    def add(self, name: str, cents: int) -> None:
        """Add to a component."""
        if cents:
            self[name] = self[name] + cents

    @property
    def price(self) -> int:
        """Goods and services after discount, with what is charged for delivery."""
        return (
            self["vProd"]
            + self["vServ"]
            - self["vDesc"]
            + self["vFrete"]
            + self["vSeg"]
            + self["vOutro"]
            - self["vRelief"]
        )

    @property
    def gross(self) -> int:
        """What vNF must be (MOC W16-10)."""
        return self.price + sum(self[name] for name in _ADDED)

    @property
    def landed(self) -> int:
        """What imported goods cost with all taxes settled at customs.

        Import notes follow no formula for vNF. Importers often put ICMS, PIS and COFINS into vOutro so that vNF holds
        them; what fits there is not added twice.
        """
        contributions = self["vPIS"] + self["vCOFINS"]
        inside = next((taxes for taxes in (contributions + self["vICMS"], contributions) if taxes <= self["vOutro"]), 0)
        return self.price + self["vII"] + self["vIPI"] + self["vICMS"] + contributions - inside


@dataclass(slots=True, kw_only=True)
class Slice:
    """The part of a note that is one operation: its components and what stands against the counterparty."""

    treatment: Treatment
    components: Components
    principal: int = 0


def slices(note: Note, treatments: tuple[Treatment, ...], whole: Treatment) -> list[Slice]:
    """Cut a note by treatment, the largest part first; a note without items is one part, treated as `whole`.

    The principals sum to vNF: the largest part takes what the items do not explain. Without vNF they are what the
    components say.
    """
    kinds = list(dict.fromkeys(treatments)) or [whole]
    totals = _of_totals(note)
    if totals is not None and len(kinds) == 1:
        parts = [Slice(treatment=kinds[0], components=totals)]
    else:
        found = {kind: Components() for kind in kinds}
        for item, kind in zip(note.items, treatments, strict=True):
            _add_item(found[kind], item)
        parts = [Slice(treatment=kind, components=components) for kind, components in found.items()]
        parts.sort(key=lambda part: -abs(part.components.gross))
        if totals is not None:
            _settle(parts, totals)
    _add_substituted(note.items, parts, treatments)
    _close(note, parts)
    return parts


def _of_totals(note: Note) -> Components | None:
    """The note's own totals; `None` where it has none to speak of (lists carry vNF alone)."""
    if not {"vProd", "vServ"} & (note.total().values.keys() | note.total("ISSQNtot").values.keys()):
        return None
    components = Components()
    for name, leaves in _TOTALS:
        group = note.totals.get(name)
        if group is not None:
            for leaf in leaves:
                components.add(leaf, leaf_cents(group.values.get(leaf)))
    for name, leaf, total in _REFORM:
        group = note.totals.get(name)
        if group is not None:
            components.add(total, leaf_cents(group.values.get(leaf)))
    return components


def _add_item(components: Components, item: Item) -> None:
    product = item.product.values
    if item.is_service:
        components.add("vServ", leaf_cents(product.get("vProd")))
    elif item.counts_in_total:
        components.add("vProd", leaf_cents(product.get("vProd")))
    for leaf in _CHARGES:
        components.add(leaf, leaf_cents(product.get(leaf)))
    for name, group in item.taxes.items():
        for leaf, total in _ITEM_TAXES.get(name, ()):
            components.add(total, leaf_cents(group.values.get(leaf)))


def _add_substituted(items: Iterable[Item], parts: list[Slice], treatments: tuple[Treatment, ...]) -> None:
    for item, kind in zip(items, treatments, strict=True):
        for name, leaf, flag, total in _SUBSTITUTED:
            group: Group | None = item.taxes.get(name)
            if group is not None and group.values.get(flag) == "1":
                part = next(part for part in parts if part.treatment == kind)
                part.components.add(total, leaf_cents(group.values.get(leaf)))


def _settle(parts: list[Slice], totals: Components) -> None:
    """What the totals hold beyond the items goes to the part with most of it, else to the largest (withholdings)."""
    for name in totals.keys() | {name for part in parts for name in part.components}:
        rest = totals[name] - sum(part.components[name] for part in parts)
        if rest:
            most = max(parts, key=lambda part: abs(part.components[name]))
            most.components.add(name, rest)


def _close(note: Note, parts: list[Slice]) -> None:
    """Set the principals, reading the relieved ICMS and the ST of directly billed vehicles as vNF itself does."""
    written = note.total().values.get("vNF")
    total = leaf_cents(written) if written else None
    gross = sum(part.components.gross for part in parts)
    relief = sum(part.components["vICMSDeson"] for part in parts)
    if relief and (total == gross - relief or (total != gross and _deducts_relief(note))):
        for part in parts:
            part.components.add("vRelief", part.components["vICMSDeson"])
    elif total is not None and total != gross:
        substituted = sum(part.components["vST"] + part.components["vFCPST"] for part in parts)
        if substituted and total == gross - substituted:
            for part in parts:
                part.components.pop("vST", None)
                part.components.pop("vFCPST", None)
    for part in parts:
        part.principal = part.components.gross
    if total is not None:
        if not note.items and not any(part.principal for part in parts):
            parts[0].components.add("vProd", total)
        parts[0].principal += total - sum(part.principal for part in parts)


def _deducts_relief(note: Note) -> bool:
    return any(item.tax("ICMS").text("indDeduzDeson") == "1" for item in note.items)
