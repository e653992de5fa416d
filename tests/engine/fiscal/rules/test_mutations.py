"""A clean note has no finding; breaking one condition, with everything else made right again, fires exactly its rule."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from engine.fiscal.findings import Severity
from engine.fiscal.identifiers import key_check_digit
from engine.fiscal.note import Remark
from engine.fiscal.rules import BY_CODE, RULES, Surroundings, audit

Builder = Any
Mutation = Callable[[Builder], Any]

MUTATIONS: dict[str, Mutation] = {}


def breaks(name: str) -> Callable[[Mutation], Mutation]:
    """Register a mutation as `CODE` or `CODE what is broken`."""

    def register(mutation: Mutation) -> Mutation:
        assert name not in MUTATIONS
        MUTATIONS[name] = mutation
        return mutation

    return register


@breaks("XML-02 decimal comma")
def _(builder: Builder) -> Any:
    builder.remarks = (Remark(kind="decimal_comma", path="/x/vNF", found="1,00", expected="1.00"),)
    return builder.note()


@breaks("XML-02 unknown element")
def _(builder: Builder) -> Any:
    builder.remarks = (Remark(kind="schema", path="/x/y", item=2, arguments={"problem": "unexpected", "element": "y"}),)
    return builder.note()


@breaks("XML-03")
def _(builder: Builder) -> Any:
    builder.remarks = (Remark(kind="encoding_recovered", found="iso-8859-1", expected="utf-8"),)
    return builder.note()


@breaks("XML-04")
def _(builder: Builder) -> Any:
    builder.remarks = (Remark(kind="template"),)
    return builder.note()


@breaks("PRT-01")
def _(builder: Builder) -> Any:
    builder.protocol = None
    return builder.note()


@breaks("LST-01")
def _(builder: Builder) -> Any:
    zeros = Remark(
        kind="leading_zeros_restored", path="a.csv/linha[7]/NCM", item=1, found="2013000", expected="02013000"
    )
    builder.remarks = (zeros, zeros)
    return builder.note()


@breaks("LST-02")
def _(builder: Builder) -> Any:
    builder.remarks = (Remark(kind="unpaired_items", arguments={"source": "a.csv"}),)
    return builder.note()


@breaks("CHV-01 too short")
def _(builder: Builder) -> Any:
    return builder.note(key=builder.key()[:-1])


@breaks("CHV-01 letter where a digit belongs")
def _(builder: Builder) -> Any:
    return builder.note(key="X" + builder.key()[1:])


@breaks("CHV-01 no key at all")
def _(builder: Builder) -> Any:
    return msgspec.structs.replace(builder.note(), access_key=None, identifier=None)


@breaks("CHV-01 prefix")
def _(builder: Builder) -> Any:
    return builder.note(identifier=f"NFE{builder.key()}")


@breaks("CHV-01 number zero")
def _(builder: Builder) -> Any:
    builder.identification["nNF"] = "0"
    return builder.note()


@breaks("CHV-01 model that is no note")
def _(builder: Builder) -> Any:
    body = builder.key()[:20] + "57" + builder.key()[22:43]
    return builder.note(key=body + key_check_digit(body))


@breaks("CHV-02")
def _(builder: Builder) -> Any:
    key = builder.key()
    return builder.note(key=key[:-1] + str((int(key[-1]) + 1) % 10))


@breaks("CHV-03 series")
def _(builder: Builder) -> Any:
    key = builder.key()
    builder.identification["serie"] = "2"
    return builder.note(key=key)


@breaks("CHV-03 month")
def _(builder: Builder) -> Any:
    key = builder.key()
    builder.identification["dhEmi"] = "2024-06-10T16:16:57-03:00"
    return builder.note(key=key)


@breaks("CHV-03 issuer")
def _(builder: Builder) -> Any:
    key = builder.key()
    builder.issuer = builder.person("emit", builder.company("12ABC34501DF"), "cnpj", "SP", CRT="3")
    return builder.note(key=key)


@breaks("CHV-04 another key")
def _(builder: Builder) -> Any:
    return builder.note(protocol={"chNFe": "3" * 44})


@breaks("CHV-04 not authorised")
def _(builder: Builder) -> Any:
    return builder.note(protocol={"cStat": "539"})


@breaks("CHV-04 another digest")
def _(builder: Builder) -> Any:
    return builder.note(protocol={"digVal": "b3RoZXI="})


@breaks("IDE-01 issuer")
def _(builder: Builder) -> Any:
    builder.issuer = builder.person("emit", "34128745000153", "cnpj", "SP", CRT="3")
    return builder.note()


@breaks("IDE-01 carrier of one digit")
def _(builder: Builder) -> Any:
    builder.others["transporta"] = builder.person("transp/transporta", "1" * 14, "cnpj", "SP")
    return builder.note()


@breaks("IDE-01 party of thirteen places")
def _(builder: Builder) -> Any:
    builder.others["autXML[2]"] = builder.person("autXML[2]", "1" * 13, "cnpj", "SP")
    return builder.note()


@breaks("IDE-02 recipient")
def _(builder: Builder) -> Any:
    builder.recipient = builder.person("dest", "68161525651", "cpf", "MG", indIEDest="1")
    return builder.note()


@breaks("IDE-02 recipient of zeros")
def _(builder: Builder) -> Any:
    builder.recipient = builder.person("dest", "0" * 11, "cpf", "MG", indIEDest="1")
    return builder.note()


@breaks("IDE-06")
def _(builder: Builder) -> Any:
    builder.identification["tpAmb"] = "2"
    return builder.note()


@breaks("CFO-01 unknown")
def _(builder: Builder) -> Any:
    builder.items[0].product["CFOP"] = "6999"
    return builder.note()


@breaks("CFO-01 no longer in force")
def _(builder: Builder) -> Any:
    builder.items[0].product["CFOP"] = "6888"
    return builder.note()


@breaks("CFO-02 entry on an exit")
def _(builder: Builder) -> Any:
    builder.items[0].product["CFOP"] = "1102"
    return builder.note()


@breaks("CFO-02 exit on an entry")
def _(builder: Builder) -> Any:
    builder.identification["tpNF"] = "0"
    builder.items[1].product["CFOP"] = builder.items[2].product["CFOP"] = "2102"
    return builder.note()


@breaks("CFO-03 internal CFOP on an interstate note")
def _(builder: Builder) -> Any:
    builder.items[0].product["CFOP"] = "5102"
    return builder.note()


@breaks("CFO-03 export CFOP on an interstate note")
def _(builder: Builder) -> Any:
    builder.items[0].product["CFOP"] = "7102"
    return builder.note()


@breaks("CFO-04 interstate within one UF")
def _(builder: Builder) -> Any:
    builder.recipient = builder.person("dest", builder.recipient.id, "cnpj", "SP", indIEDest="1")
    return builder.note()


@breaks("CFO-04 internal between two UFs")
def _(builder: Builder) -> Any:
    builder.identification["idDest"] = "1"
    for item, code in zip(builder.items, ("5102", "5102", "5933"), strict=True):
        item.product["CFOP"] = code
    return builder.note()


@breaks("NCM-01 unknown")
def _(builder: Builder) -> Any:
    builder.items[0].product["NCM"] = "12345678"
    return builder.note()


@breaks("NCM-01 short")
def _(builder: Builder) -> Any:
    builder.items[0].product["NCM"] = "1904100"
    return builder.note()


@breaks("NCM-01 not yet in force")
def _(builder: Builder) -> Any:
    builder.items[0].product["NCM"] = "38249977"
    return builder.note()


@breaks("NCM-01 no longer in force")
def _(builder: Builder) -> Any:
    builder.items[0].product["NCM"] = "29321910"
    return builder.note()


@breaks("NCM-02")
def _(builder: Builder) -> Any:
    builder.items[0].product["NCM"] = "00000000"
    return builder.note()


@breaks("CST-01 CST under Simples")
def _(builder: Builder) -> Any:
    builder.issuer = builder.person("emit", builder.issuer.id, "cnpj", "SP", CRT="1")
    for item in builder.items[1:2]:
        item.taxes["ICMS"] = ("ICMSSN102", {"orig": "0", "CSOSN": "102"})
    return builder.note()


@breaks("CST-01 CSOSN outside Simples")
def _(builder: Builder) -> Any:
    builder.items[0].taxes["ICMS"] = ("ICMSSN102", {"orig": "0", "CSOSN": "102"})
    return builder.note()


@breaks("ICM-01")
def _(builder: Builder) -> Any:
    builder.items[0].tax("ICMS")["vICMS"] = "20.00"
    return builder.note()


@breaks("VAL-01 commercial")
def _(builder: Builder) -> Any:
    builder.items[0].product |= {"vUnCom": "99.00"}
    return builder.note()


@breaks("VAL-01 taxable")
def _(builder: Builder) -> Any:
    builder.items[0].product |= {"qTrib": "11"}
    return builder.note()


@breaks("VAL-02")
def _(builder: Builder) -> Any:
    builder.items[0].product |= {"vUnCom": "0", "vUnTrib": "0", "vProd": "0.00"}
    return builder.note()


@breaks("TOT-20")
def _(builder: Builder) -> Any:
    return builder.note(value=str(builder.note().value + 10))


TOTALS = {
    "01": ["vBC"], "02": ["vICMS", "vICMSDeson"], "03": ["vBCST"], "04": ["vST"], "05": ["vProd"],
    "06": ["vFrete", "vSeg", "vDesc", "vOutro"], "07": ["vIPI"], "08": ["vII"], "09": ["vIPIDevol"], "10": ["vPIS", "vCOFINS"],
    "11": ["vFCP", "vFCPST", "vFCPSTRet"], "12": ["vFCPUFDest", "vICMSUFDest", "vICMSUFRemet"], "13": ["vTotTrib"],
}  # fmt: skip
SERVICES = ["vServ", "vBC", "vISS", "vPIS", "vCOFINS"]


def wrong_total(builder: Builder, *, leaf: str) -> Any:
    return builder.note(totals={leaf: "7777.77"})


def wrong_service_total(builder: Builder, *, leaf: str) -> Any:
    return builder.note(services={leaf: "7777.77"})


MUTATIONS |= {
    f"TOT-{number} {leaf}": partial(wrong_total, leaf=leaf) for number, leaves in TOTALS.items() for leaf in leaves
}
MUTATIONS |= {f"TOT-14 {leaf}": partial(wrong_service_total, leaf=leaf) for leaf in SERVICES}


def test_a_clean_note_has_no_finding(builder: Builder, surroundings: Surroundings) -> None:
    assert audit(builder.note(), surroundings) == ()


@pytest.mark.parametrize("name", MUTATIONS)
def test_breaking_one_condition_fires_exactly_its_rule(name: str, builder: Builder, surroundings: Surroundings) -> None:
    code = name.partition(" ")[0]
    codes = {finding.code for finding in audit(MUTATIONS[name](builder), surroundings)}
    assert code in codes
    assert codes <= {code, *BY_CODE[code].implies}


def test_every_rule_has_a_mutation() -> None:
    elsewhere = {"XML-01", "DUP-01", "DUP-02"}
    assert {name.partition(" ")[0] for name in MUTATIONS} | elsewhere == {rule.code for rule in RULES}


@pytest.mark.parametrize("name", MUTATIONS)
def test_findings_stay_within_their_rule(name: str, builder: Builder, surroundings: Surroundings) -> None:
    order = [Severity.INFO, Severity.ALERTA, Severity.ERRO]
    for finding in audit(MUTATIONS[name](builder), surroundings):
        rule = BY_CODE[finding.code]
        assert order.index(finding.severity) <= order.index(rule.severity)
        assert finding.cstat is None or finding.cstat in rule.cstat
        assert finding.arguments.get("case", "") in rule.messages
