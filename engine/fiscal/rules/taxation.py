"""How an item is taxed: regime against situation code, rate against value. CST-01 and ICM-01."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.fiscal.findings import Finding, Severity
from engine.fiscal.money import percentage, plain, verdict
from engine.fiscal.note import Item, Note
from engine.fiscal.rules.model import XML_ONLY, Rule, Surroundings, Text

#: CRT of Simples Nacional and MEI; 2 is Simples above the sublimit, taxed like 3.
SIMPLES: Final = frozenset({"1", "4"})
NORMAL: Final = frozenset({"2", "3"})
#: Fuels taxed once: the same codes whatever the regime (Convênio ICMS 199/22).
MONOPHASIC: Final = frozenset({"02", "15", "53", "61"})
#: Groups that exist with CST only and say nothing of the issuer's regime.
REGIMELESS: Final = frozenset({"ICMSPart", "ICMSST"})
#: CST whose value is base times rate.
PLAIN_RATE: Final = frozenset({"00", "10", "20", "70", "90"})


def regime(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    crt = note.issuer.group.text("CRT")
    if crt not in SIMPLES and crt not in NORMAL:
        return
    for item in items:
        group = item.taxes.get("ICMS")
        if group is None or item.variants.get("ICMS") in REGIMELESS:
            continue
        situation, simples = group.text("CST"), group.text("CSOSN")
        if crt in SIMPLES and situation is not None and situation not in MONOPHASIC:
            case, leaf, found, cstat = "simples", "CST", situation, "590"
        elif crt in NORMAL and simples is not None:
            case, leaf, found, cstat = "normal", "CSOSN", simples, "591"
        else:
            continue
        yield Finding(
            code="CST-01",
            severity=Severity.ERRO,
            item=item.number,
            path=group.where(leaf),
            found=found,
            arguments={"case": case, "crt": crt or ""},
            cstat=cstat,
        )


def icms(note: Note, items: Sequence[Item], surroundings: Surroundings) -> Iterator[Finding]:
    if note.identification.text("finNFe") not in (None, "1"):
        return
    for item in items:
        group = item.taxes.get("ICMS")
        if group is None or group.text("CST") not in PLAIN_RATE or item.variants.get("ICMS") in REGIMELESS:
            continue
        base, rate, value = group.decimal("vBC"), group.decimal("pICMS"), group.decimal("vICMS")
        if base is None or rate is None or value is None:
            continue
        expected = percentage(base, rate)
        severity = verdict(value - expected)
        if severity is not None:
            yield Finding(
                code="ICM-01",
                severity=severity,
                item=item.number,
                path=group.where("vICMS"),
                found=plain(value),
                expected=plain(expected),
                delta=plain(value - expected),
                arguments={"base": plain(base), "rate": plain(rate)},
                cstat="528",
            )


RULES: Final = (
    Rule(
        code="CST-01",
        severity=Severity.ERRO,
        title=Text("Situação tributária e regime do emitente", "Situation code and the issuer's regime"),
        messages={
            "simples": Text(
                "Item {item}: emitente do Simples Nacional (CRT {crt}) informa CST {found}; deveria informar CSOSN.",
                "Item {item}: an issuer under Simples Nacional (CRT {crt}) gives CST {found}; it should give a CSOSN.",
            ),
            "normal": Text(
                "Item {item}: emitente fora do Simples Nacional (CRT {crt}) informa CSOSN {found}; deveria informar CST.",
                "Item {item}: an issuer outside Simples Nacional (CRT {crt}) gives CSOSN {found}; it should give a CST.",
            ),
        },
        legal="LC 123/2006; Ajuste SINIEF 07/05; Convênio s/nº de 15/12/1970, Anexo III (CRT e CSOSN)",
        cstat=("590", "591"),
        media=XML_ONLY,
        check_items=regime,
    ),
    Rule(
        code="ICM-01",
        severity=Severity.ERRO,
        title=Text("Cálculo do ICMS", "Computation of ICMS"),
        messages={
            "": Text(
                "Item {item}: vICMS {found:money}, mas vBC {base:money} × pICMS {rate:money} % = {expected:money} (diferença {delta:money}).",
                "Item {item}: vICMS {found:money}, but vBC {base:money} × pICMS {rate:money} % = {expected:money} (difference {delta:money}).",
            )
        },
        legal="LC 87/1996, art. 13; MOC 7.0, regra N17-10",
        cstat=("528",),
        alias=("ICMS-CALC-01",),
        media=XML_ONLY,
        check_items=icms,
    ),
)
