"""Notes for the tests of classification, ledger and taxes: small and sound, their totals derived from the items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import strategies as st

from engine.fiscal.companies import Companies, Company, Regime
from engine.fiscal.note import Group, Item, Note, Party, Protocol, Remark
from engine.fiscal.operations import TREATMENTS

SELLER = "11222333000181"
SELLER_BRANCH = "11222333000262"
BUYER = "44555666000181"

Line = dict[str, Any]
Build = Callable[..., Note]

#: Leaf of an item's group -> total of ICMSTot.
SUMMED = {
    "ICMS": {
        "vBC": "vBC",
        "vICMS": "vICMS",
        "vICMSST": "vST",
        "vFCP": "vFCP",
        "vFCPST": "vFCPST",
        "vICMSDeson": "vICMSDeson",
    },
    "ICMSUFDest": {"vICMSUFDest": "vICMSUFDest", "vFCPUFDest": "vFCPUFDest", "vICMSUFRemet": "vICMSUFRemet"},
    "IPI": {"vIPI": "vIPI"},
    "II": {"vII": "vII"},
    "PIS": {"vPIS": "vPIS"},
    "COFINS": {"vCOFINS": "vCOFINS"},
    "impostoDevol": {"IPI/vIPIDevol": "vIPIDevol"},
}
CHARGES = ("vFrete", "vSeg", "vDesc", "vOutro")
ADDED = ("vST", "vFCPST", "vIPI", "vII", "vIPIDevol")


def line(cfop: str | None = "5102", value: str = "100.00", ncm: str = "84713012", **groups: Mapping[str, str]) -> Line:
    """One item: tax groups by name (`ICMS={...}`), extra product leaves as `prod={...}`."""
    return {"cfop": cfop, "value": value, "ncm": ncm, "groups": groups}


def party(identifier: str | None, uf: str, crt: str | None = None) -> Party:
    values = {"CRT": crt} if crt else {}
    return Party(
        id=identifier,
        id_kind="cnpj" if identifier else None,
        name=f"Empresa {identifier}",
        uf=uf,
        city="3550308" if uf == "SP" else "3106200",
        group=Group(path="/party", values=values),
        address=Group(path="/party/ender", values={"UF": uf}),
    )


def _item(number: int, given: Line) -> Item:
    groups = dict(given["groups"])
    product = {"NCM": given["ncm"], "vProd": given["value"], **groups.pop("prod", {})}
    if given["cfop"] is not None:
        product["CFOP"] = given["cfop"]
    path = f"/det[{number}]"
    taxes = {name: Group(path=f"{path}/imposto/{name}", values=dict(leaves)) for name, leaves in groups.items()}
    return Item(number=number, product=Group(path=f"{path}/prod", values=product), taxes=taxes, path=path)


def _totals(items: tuple[Item, ...]) -> dict[str, Group]:
    goods: dict[str, Decimal] = {}
    services: dict[str, Decimal] = {}
    reform: dict[str, Decimal] = {}

    def add(table: dict[str, Decimal], name: str, amount: Decimal) -> None:
        table[name] = table.get(name, Decimal(0)) + amount

    for item in items:
        if item.is_service:
            add(services, "vServ", item.product.amount("vProd"))
            add(services, "vISS", item.tax("ISSQN").amount("vISSQN"))
            add(services, "vISSRet", item.tax("ISSQN").amount("vISSRet"))
        elif item.counts_in_total:
            add(goods, "vProd", item.product.amount("vProd"))
        for leaf in CHARGES:
            add(goods, leaf, item.product.amount(leaf))
        for name, leaves in SUMMED.items():
            for leaf, total in leaves.items():
                side = services if item.is_service and name in ("PIS", "COFINS") else goods
                add(side, total, item.tax(name).amount(leaf))
        reform_group = item.tax("IBSCBS")
        add(reform, "gIBS/gIBSUF/vIBSUF", reform_group.amount("gIBSCBS/gIBSUF/vIBSUF"))
        add(reform, "gIBS/gIBSMun/vIBSMun", reform_group.amount("gIBSCBS/gIBSMun/vIBSMun"))
        add(reform, "gIBS/vIBS", reform_group.amount("gIBSCBS/vIBS"))
        add(reform, "gCBS/vCBS", reform_group.amount("gIBSCBS/gCBS/vCBS"))
    price = goods.get("vProd", Decimal(0)) + services.get("vServ", Decimal(0)) - goods.get("vDesc", Decimal(0))
    charged = sum((goods.get(leaf, Decimal(0)) for leaf in ("vFrete", "vSeg", "vOutro", *ADDED)), Decimal(0))
    goods["vNF"] = price + charged
    tables = {"ICMSTot": goods, "ISSQNtot": services, "IBSCBSTot": reform}
    return {
        name: Group(path=f"/total/{name}", values={leaf: f"{amount:.2f}" for leaf, amount in table.items()})
        for name, table in tables.items()
        if any(table.values()) or name == "ICMSTot"
    }


def build_note(
    *lines: Line,
    issuer: str | None = SELLER,
    recipient: str | None = BUYER,
    issuer_uf: str = "SP",
    recipient_uf: str = "SP",
    crt: str | None = "3",
    protocol: str | None = "100",
    medium: Literal["xml", "list"] = "xml",
    totals: Mapping[str, str] | None = None,
    withheld: Mapping[str, str] | None = None,
    remarks: tuple[Remark, ...] = (),
    **identification: str,
) -> Note:
    """A note of the lines; `totals` overrides leaves of ICMSTot, keywords are leaves of ide."""
    items = tuple(_item(number, given) for number, given in enumerate(lines, 1))
    groups = _totals(items)
    if totals is not None:
        groups["ICMSTot"] = Group(path="/total/ICMSTot", values={**groups["ICMSTot"].values, **totals})
    if withheld:
        groups["retTrib"] = Group(path="/total/retTrib", values=dict(withheld))
    if medium == "list":
        groups = {"ICMSTot": Group(path="/total/ICMSTot", values={"vNF": groups["ICMSTot"].values["vNF"]})}
    ide = {
        "tpNF": "1",
        "nNF": "123",
        "serie": "1",
        "tpAmb": "1",
        "dhEmi": "2026-03-05T10:00:00-03:00",
        **identification,
    }
    return Note(
        family="nfe",
        medium=medium,
        identification=Group(path="/ide", values=ide),
        issuer=party(issuer, issuer_uf, crt),
        recipient=party(recipient, recipient_uf),
        items=items,
        totals=groups,
        protocol=Protocol(group=Group(path="/infProt", values={"cStat": protocol})) if protocol else None,
        remarks=remarks,
    )


@pytest.fixture(scope="session")
def invoice() -> Build:
    return build_note


@pytest.fixture(scope="session")
def item() -> Callable[..., Line]:
    return line


@pytest.fixture(scope="session")
def seller() -> Company:
    return Company(cnpj=SELLER, name="Vendedora", regime=Regime.REAL, uf="SP", cnae="4711302")


@pytest.fixture(scope="session")
def buyer() -> Company:
    return Company(cnpj=BUYER, name="Compradora", regime=Regime.REAL, uf="SP", cnae="4711302")


def _money(highest: int = 100_000) -> st.SearchStrategy[str]:
    return st.integers(0, highest).map(lambda cents: f"{cents // 100}.{cents % 100:02}")


@st.composite
def _lines(draw: st.DrawFn, cfops: st.SearchStrategy[str]) -> Line:
    taxes: dict[str, Mapping[str, str]] = {
        "ICMS": {"orig": "0", "CST": "10", "vBC": draw(_money()), "pICMS": "18.00", "vICMS": draw(_money(5000))}
        | {"vICMSST": draw(_money(3000)), "vFCP": draw(_money(100)), "vFCPST": draw(_money(100))},
        "IPI": {"CST": "50", "vBC": draw(_money()), "pIPI": "5.00", "vIPI": draw(_money(3000))},
        "PIS": {"CST": "01", "vBC": draw(_money()), "pPIS": "1.65", "vPIS": draw(_money(500))},
        "COFINS": {"CST": "01", "vBC": draw(_money()), "pCOFINS": "7.60", "vCOFINS": draw(_money(900))},
        "IBSCBS": {
            "CST": "000",
            "gIBSCBS/vBC": "10.00",
            "gIBSCBS/gIBSUF/pIBSUF": "0.10",
            "gIBSCBS/gIBSUF/vIBSUF": draw(_money(100)),
            "gIBSCBS/gCBS/pCBS": "0.90",
            "gIBSCBS/gCBS/vCBS": draw(_money(100)),
        },
    }
    if draw(st.integers(0, 4)) == 0:
        taxes = {
            "ISSQN": {"vBC": "1.00", "vAliq": "5.00", "vISSQN": draw(_money(500)), "cMunFG": "3550308"},
            "PIS": taxes["PIS"],
        }
    charges = {leaf: draw(_money(900)) for leaf in draw(st.sets(st.sampled_from(CHARGES)))}
    if draw(st.integers(0, 9)) == 0:
        charges["indTot"] = "0"
    return line(
        draw(cfops), draw(_money()), draw(st.sampled_from(["84713012", "02023000", "00"])), prod=charges, **taxes
    )


@pytest.fixture(scope="session")
def notes() -> st.SearchStrategy[tuple[Note, Companies]]:
    """Random notes with sound totals, seen by nobody, one or both of their parties."""

    @st.composite
    def build(draw: st.DrawFn) -> tuple[Note, Companies]:
        exits = draw(st.booleans())
        codes = sorted(code for code in TREATMENTS if (code[0] in "567") == exits)
        few = draw(st.lists(st.sampled_from(codes), min_size=1, max_size=3))
        lines = draw(st.lists(_lines(st.sampled_from(few)), min_size=1, max_size=6))
        note = build_note(
            *lines,
            recipient=draw(st.sampled_from([BUYER, SELLER_BRANCH, SELLER, None])),
            recipient_uf=draw(st.sampled_from(["SP", "MG", "EX"])),
            crt=draw(st.sampled_from(["1", "2", "3", "4", None])),
            tpNF="1" if exits else "0",
            finNFe=draw(st.sampled_from(["1", "1", "1", "4"])),
            indFinal=draw(st.sampled_from(["0", "1"])),
        )
        own = draw(st.sets(st.sampled_from([SELLER, BUYER])))
        regime = draw(st.sampled_from([None, *Regime]))
        cnae = draw(st.sampled_from([None, "1011201", "4711302", "6201501"]))
        return note, Companies(Company(cnpj=cnpj, name=cnpj, regime=regime, uf="SP", cnae=cnae) for cnpj in sorted(own))

    return build()
