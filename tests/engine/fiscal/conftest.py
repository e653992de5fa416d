"""A clean note to break: whole, authorised, every total and identifier right, and rebuilt after each change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

import pytest

from engine.fiscal.identifiers import cnpj_check_digits, key_check_digit
from engine.fiscal.note import Group, IdentifierKind, Item, Medium, Note, Party, Protocol, Remark
from engine.fiscal.rules import Surroundings
from engine.fiscal.tables import Tables

ROOT = "/nfeProc/NFe/infNFe"
CENT = Decimal("0.01")


def company(body: str) -> str:
    """A CNPJ with right check digits from twelve places."""
    return body + cnpj_check_digits(body)


ISSUER = company("341287450001")
RECIPIENT = company("12ABC34501DE")
NCM = "19041000"
DAY = "2024-05-10"


def times(quantity: str, unit: str, scale: str = "1") -> str:
    """quantity x unit x scale as the layout writes it."""
    return str((Decimal(quantity) * Decimal(unit) * Decimal(scale)).quantize(CENT, ROUND_HALF_UP))


@dataclass
class ItemBuilder:
    """Leaves of one item: the product and, by tax, variant and leaves."""

    product: dict[str, str]
    taxes: dict[str, tuple[str | None, dict[str, str]]]

    def tax(self, name: str) -> dict[str, str]:
        return self.taxes[name][1]

    def build(self, number: int) -> Item:
        path = f"{ROOT}/det[{number}]"
        return Item(
            number=number,
            product=Group(path=f"{path}/prod", values=dict(self.product)),
            taxes={
                name: Group(path="/".join(filter(None, (path, "imposto", name, variant))), values=dict(leaves))
                for name, (variant, leaves) in self.taxes.items()
            },
            variants={name: variant for name, (variant, _) in self.taxes.items() if variant},
            path=path,
        )


def goods(quantity: str, unit: str, **more: str) -> ItemBuilder:
    """A product taxed normally: ICMS 12 %, PIS 1.65 %, COFINS 7.6 %."""
    value = times(quantity, unit)
    return ItemBuilder(
        product={
            "cProd": "1", "xProd": "Granola", "NCM": NCM, "CFOP": "6102", "qCom": quantity, "vUnCom": unit, "vProd": value,
            "qTrib": quantity, "vUnTrib": unit, "indTot": "1", **more,
        },
        taxes={
            "ICMS": ("ICMS00", {"orig": "0", "CST": "00", "vBC": value, "pICMS": "12.00", "vICMS": times(value, "0.12")}),
            "PIS": ("PISAliq", {"CST": "01", "vBC": value, "pPIS": "1.65", "vPIS": times(value, "0.0165")}),
            "COFINS": ("COFINSAliq", {"CST": "01", "vBC": value, "pCOFINS": "7.60", "vCOFINS": times(value, "0.076")}),
            "imposto": (None, {"vTotTrib": "3.21"}),
        },
    )  # fmt: skip


def service(quantity: str, unit: str) -> ItemBuilder:
    """A service taxed by ISSQN."""
    value = times(quantity, unit)
    return ItemBuilder(
        product={
            "cProd": "9", "xProd": "Montagem", "NCM": "00", "CFOP": "6933", "qCom": quantity, "vUnCom": unit, "vProd": value,
            "qTrib": quantity, "vUnTrib": unit, "indTot": "1",
        },
        taxes={
            "ISSQN": (None, {"vBC": value, "vAliq": "5.00", "vISSQN": times(value, "0.05")}),
            "PIS": ("PISAliq", {"CST": "01", "vBC": value, "pPIS": "1.65", "vPIS": times(value, "0.0165")}),
            "COFINS": ("COFINSAliq", {"CST": "01", "vBC": value, "pCOFINS": "7.60", "vCOFINS": times(value, "0.076")}),
        },
    )  # fmt: skip


def substituted(quantity: str, unit: str) -> ItemBuilder:
    """A product with ICMS-ST, FCP, IPI, II and a returned IPI: it feeds the rarer totals."""
    item = goods(quantity, unit, vFrete="5.00", vSeg="1.50", vDesc="2.25", vOutro="0.75")
    value = item.product["vProd"]
    item.taxes["ICMS"] = (
        "ICMS10",
        {
            "orig": "0", "CST": "10", "vBC": value, "pICMS": "12.00", "vICMS": times(value, "0.12"), "vBCST": times(value, "1.4"),
            "pICMSST": "18.00", "vICMSST": "9.87", "vFCP": "0.40", "vFCPST": "1.10", "vFCPSTRet": "0.30", "vICMSDeson": "2.00",
            "indDeduzDeson": "1",
        },
    )  # fmt: skip
    item.taxes["IPI"] = ("IPITrib", {"CST": "50", "vBC": value, "pIPI": "5.00", "vIPI": times(value, "0.05")})
    item.taxes["II"] = (None, {"vII": "4.40"})
    item.taxes["impostoDevol"] = (None, {"pDevol": "10.00", "IPI/vIPIDevol": "0.60"})
    item.taxes["ICMSUFDest"] = (None, {"vFCPUFDest": "0.20", "vICMSUFDest": "3.00", "vICMSUFRemet": "0.10"})
    return item


def person(element: str, identifier: str | None, kind: IdentifierKind, uf: str, **leaves: str) -> Party:
    """A party with its address below it."""
    leaf = {"cnpj": "CNPJ", "cpf": "CPF", "foreign": "idEstrangeiro", "masked": "CPF"}[kind]
    values = {**({leaf: identifier} if identifier else {}), **leaves}
    path = f"{ROOT}/{element}"
    return Party(
        id=identifier,
        id_kind=kind if identifier else None,
        uf=uf,
        state_registration=leaves.get("IE"),
        group=Group(path=path, values=values),
        address=Group(path=f"{path}/ender", values={"UF": uf}),
    )


#: Leaf of ICMSTot -> tax and leaf of the items.
SUMS: dict[str, tuple[str | None, str]] = {
    "vBC": ("ICMS", "vBC"), "vICMS": ("ICMS", "vICMS"), "vICMSDeson": ("ICMS", "vICMSDeson"), "vFCP": ("ICMS", "vFCP"),
    "vBCST": ("ICMS", "vBCST"), "vST": ("ICMS", "vICMSST"), "vFCPST": ("ICMS", "vFCPST"), "vFCPSTRet": ("ICMS", "vFCPSTRet"),
    "vProd": (None, "vProd"), "vFrete": (None, "vFrete"), "vSeg": (None, "vSeg"), "vDesc": (None, "vDesc"), "vII": ("II", "vII"),
    "vIPI": ("IPI", "vIPI"), "vIPIDevol": ("impostoDevol", "IPI/vIPIDevol"), "vPIS": ("PIS", "vPIS"),
    "vCOFINS": ("COFINS", "vCOFINS"), "vOutro": (None, "vOutro"), "vTotTrib": ("imposto", "vTotTrib"),
    "vFCPUFDest": ("ICMSUFDest", "vFCPUFDest"), "vICMSUFDest": ("ICMSUFDest", "vICMSUFDest"),
    "vICMSUFRemet": ("ICMSUFDest", "vICMSUFRemet"),
}  # fmt: skip
SERVICE_SUMS: dict[str, tuple[str | None, str]] = {
    "vServ": (None, "vProd"), "vBC": ("ISSQN", "vBC"), "vISS": ("ISSQN", "vISSQN"), "vPIS": ("PIS", "vPIS"),
    "vCOFINS": ("COFINS", "vCOFINS"),
}  # fmt: skip
ADDED = ("vProd", "vST", "vFCPST", "vFrete", "vSeg", "vOutro", "vII", "vIPI", "vIPIDevol")


def total_of(items: Iterable[ItemBuilder], tax: str | None, leaf: str) -> Decimal:
    """Sum of a leaf over items."""
    groups = (item.product if tax is None else item.taxes.get(tax, (None, {}))[1] for item in items)
    return sum((Decimal(group[leaf]) for group in groups if group.get(leaf)), Decimal(0))


@dataclass
class NoteBuilder:
    """An interstate sale from SP to a contributor in MG, authorised. `note()` derives totals, vNF, key, check digit and protocol from what stands
    here; whatever its arguments name is then broken on purpose."""

    identification: dict[str, str] = field(
        default_factory=lambda: {
            "cUF": "35", "cNF": "69551186", "natOp": "Venda", "mod": "55", "serie": "1", "nNF": "47605", "dhEmi": f"{DAY}T16:16:57-03:00",
            "tpNF": "1", "idDest": "2", "tpEmis": "1", "tpAmb": "1", "finNFe": "1", "indFinal": "0", "indPres": "0",
        }
    )  # fmt: skip
    issuer: Party = field(default_factory=lambda: person("emit", ISSUER, "cnpj", "SP", CRT="3", IE="803879214167"))
    recipient: Party = field(
        default_factory=lambda: person("dest", RECIPIENT, "cnpj", "MG", indIEDest="1", IE="1894549308605")
    )
    others: dict[str, Party] = field(default_factory=dict)
    items: list[ItemBuilder] = field(
        default_factory=lambda: [goods("10", "12.345"), substituted("4", "25.10"), service("1", "80.00")]
    )
    sections: dict[str, dict[str, str]] = field(default_factory=lambda: {"transp": {"modFrete": "0"}})
    remarks: tuple[Remark, ...] = ()
    layout: str | None = "4.00"
    medium: Medium = "xml"
    protocol: dict[str, str] | None = field(default_factory=lambda: {"cStat": "100", "nProt": "135240000000001"})
    digest: str | None = "d" * 64

    goods = staticmethod(goods)
    service = staticmethod(service)
    person = staticmethod(person)
    company = staticmethod(company)

    def key(self) -> str:
        """The access key that the fields give."""
        written = self.identification
        issuer = (self.issuer.id or "").zfill(14)
        day = (written.get("dhEmi") or DAY)[2:7].replace("-", "")
        body = (
            written["cUF"] + day + issuer + written["mod"] + written["serie"].zfill(3) + written["nNF"].zfill(9)
            + written["tpEmis"] + written["cNF"].zfill(8)
        )  # fmt: skip
        return body + key_check_digit(body)

    def totals(self, override: dict[str, str]) -> dict[str, str]:
        """ICMSTot without vNF: the sums of the items, then what the test overrides."""
        every, with_icms = self.items, [item for item in self.items if "ISSQN" not in item.taxes]
        scoped = {"vProd": with_icms, "vPIS": with_icms, "vCOFINS": with_icms}
        counted = [item for item in with_icms if item.product.get("indTot") != "0"]
        scoped["vProd"] = counted
        sums = {leaf: str(total_of(scoped.get(leaf, every), tax, source)) for leaf, (tax, source) in SUMS.items()}
        return sums | override

    def service_totals(self, override: dict[str, str]) -> dict[str, str]:
        services = [item for item in self.items if "ISSQN" in item.taxes]
        return {leaf: str(total_of(services, tax, source)) for leaf, (tax, source) in SERVICE_SUMS.items()} | override

    def note(
        self,
        *,
        key: str | None = None,
        identifier: str | None = None,
        totals: dict[str, str] | None = None,
        services: dict[str, str] | None = None,
        value: str | None = None,
        protocol: dict[str, str] | None = None,
    ) -> Note:
        """The note; `totals` and `services` break sums (vNF follows them), `value` breaks vNF, `protocol` breaks leaves of infProt."""
        access_key = self.key() if key is None else key
        sums, service_sums = self.totals(totals or {}), self.service_totals(services or {})
        exempted = total_of(
            [item for item in self.items if item.taxes.get("ICMS", (None, {}))[1].get("indDeduzDeson") == "1"],
            "ICMS",
            "vICMSDeson",
        )
        added = sum((Decimal(sums[leaf]) for leaf in ADDED), Decimal(0)) + Decimal(service_sums["vServ"])
        sums["vNF"] = str(added - Decimal(sums["vDesc"]) - exempted) if value is None else value
        group = Group(path=f"{ROOT}/total/ICMSTot", values=sums)
        return Note(
            family="nfce" if self.identification["mod"] == "65" else "nfe",
            medium=self.medium,
            layout=self.layout,
            access_key=access_key,
            identifier=f"NFe{access_key}" if identifier is None else identifier,
            identification=Group(path=f"{ROOT}/ide", values={**self.identification, "cDV": access_key[-1:]}),
            issuer=self.issuer,
            recipient=self.recipient,
            others=self.others,
            items=tuple(item.build(number) for number, item in enumerate(self.items, start=1)),
            totals={"ICMSTot": group, "ISSQNtot": Group(path=f"{ROOT}/total/ISSQNtot", values=service_sums)},
            sections={name: Group(path=f"{ROOT}/{name}", values=leaves) for name, leaves in self.sections.items()},
            protocol=None
            if self.protocol is None
            else Protocol(
                group=Group(
                    path="/nfeProc/protNFe/infProt",
                    values={"chNFe": access_key, "digVal": "c2FtZQ==", **self.protocol, **(protocol or {})},
                )
            ),
            digest=self.digest,
            signature_digest="c2FtZQ==",
            remarks=self.remarks,
        )


@pytest.fixture
def builder() -> NoteBuilder:
    """A fresh clean note to change."""
    return NoteBuilder()


@pytest.fixture(scope="session")
def tables() -> Tables:
    """Small tables that know the codes of the clean note and a few that test validity."""
    always = "2022-04-01"
    return Tables.build(
        ncm=[
            (NCM, always, ""),
            ("09021000", always, ""),
            ("38249977", "2024-07-01", ""),
            ("29321910", always, "2023-12-31"),
        ],
        cfop=[
            *(
                (code, "2003-01-01", "")
                for code in ("1102", "2102", "3102", "5102", "6102", "6910", "6933", "7102", "5933")
            ),
            ("6888", "2003-01-01", "2010-12-31"),
        ],
        cst=[("icms/00", "", ""), ("icms/61", "2023-05-01", "")],
    )


@pytest.fixture(scope="session")
def surroundings(tables: Tables) -> Surroundings:
    """No neighbours, the small tables."""
    return Surroundings(tables=tables)
