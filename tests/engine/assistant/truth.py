"""What the sample documents say, read by the standard library alone: no module of Nexus is used, so that a mistake of theirs is none of ours."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree

DATA = Path(__file__).resolve().parents[2] / "data"
BONUS = "35180834128745000152550010000476051695511860-nfe.xml"
SALE = "derivado_assinatura_ok.xml"
MIXED = "v4_ComLocalRetirada.xml"
WRONG = "vnf_divergente.xml"
RETAIL = "nfce.xml"
REFORM = "IbsCbs.xml"
CARRIAGE = "cte_exemplo.xml"
LISTED = "50240129843878000170550010000025251000181553"


class Item:
    """A line; amounts by leaf of the layout."""

    def __init__(self, number: int, name: str, ncm: str, cfop: str, amounts: dict[str, Decimal]) -> None:
        self.number, self.name, self.ncm, self.cfop, self.amounts = number, name, ncm, cfop, amounts

    def __getitem__(self, leaf: str) -> Decimal:
        return self.amounts[leaf]


class Note:
    """An XML note."""

    def __init__(self, name: str) -> None:
        self._root = ElementTree.parse(DATA / "nfe" / name).getroot()

    def text(self, path: str) -> str:
        """The first element at a path of local names below any element."""
        found = self._root.find(".//" + "/".join(f"{{*}}{part}" for part in path.split("/")))
        assert found is not None and found.text, path
        return found.text

    @cached_property
    def items(self) -> list[Item]:
        """The lines in order."""
        return [
            Item(int(det.get("nItem", "0")), _leaf(det, "xProd"), _leaf(det, "NCM"), _leaf(det, "CFOP"), _amounts(det))
            for det in self._root.iterfind(".//{*}det")
        ]

    @property
    def total(self) -> Decimal:
        return Decimal(self.text("ICMSTot/vNF"))

    def sum(self, leaf: str) -> Decimal:
        """A leaf summed over the items that have it."""
        return sum((item[leaf] for item in self.items if leaf in item.amounts), start=Decimal(0))


class ListedNote(Note):
    """A note of the two lists."""

    def __init__(self, key: str) -> None:
        self._rows = _table("202401_NFs_Itens.csv", key)
        [self.header] = _table("202401_NFs_Cabecalho.csv", key)

    @cached_property
    def items(self) -> list[Item]:
        return [
            Item(
                int(row["NÚMERO PRODUTO"]), row["DESCRIÇÃO DO PRODUTO/SERVIÇO"], row["CÓDIGO NCM/SH"], row["CFOP"],
                {"vProd": Decimal(row["VALOR TOTAL"]), "vUnCom": Decimal(row["VALOR UNITÁRIO"]), "qCom": Decimal(row["QUANTIDADE"])},
            )
            for row in self._rows
        ]  # fmt: skip

    @property
    def total(self) -> Decimal:
        return Decimal(self.header["VALOR NOTA FISCAL"])


def _table(name: str, key: str) -> list[dict[str, str]]:
    with (DATA / "lists" / name).open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["CHAVE DE ACESSO"] == key]


def _leaf(det: ElementTree.Element, name: str) -> str:
    found = det.find(f".//{{*}}{name}")
    return "" if found is None else found.text or ""


def _amounts(det: ElementTree.Element) -> dict[str, Decimal]:
    """Leaves by name; those of a tax with its name in front, `ICMS/vBC`."""
    found: dict[str, Decimal] = {}
    for tax in det.iterfind("{*}imposto/*"):
        for leaf in tax.iter():
            _add(found, f"{_local(tax)}/{_local(leaf)}", leaf.text)
    for leaf in det.iterfind("{*}prod/*"):
        _add(found, _local(leaf), leaf.text)
    return found


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _add(found: dict[str, Decimal], name: str, text: str | None) -> None:
    if text and text.strip().replace(".", "", 1).replace("-", "", 1).isdigit():
        found[name] = Decimal(text)


NOTES: dict[str, Callable[[], Note]] = {
    **{name: (lambda name=name: Note(name)) for name in (BONUS, SALE, MIXED, WRONG, RETAIL, REFORM)},  # type: ignore[misc]
    LISTED: lambda: ListedNote(LISTED),
}


def reais(amount: Decimal, language: str = "pt") -> str:
    """An amount as a reader of the language writes it; places beyond the cents only where they say something."""
    exact = amount.normalize()
    exponent = exact.as_tuple().exponent
    assert isinstance(exponent, int)
    shown = f"{exact:,.{max(2, -exponent)}f}"
    return "R$ " + (shown if language == "en" else shown.replace(",", "_").replace(".", ",").replace("_", "."))
