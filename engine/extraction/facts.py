"""What is read of the families without a normal form: key, number, series, parties, headline amount, event, range.

Tables of paths, no logic of the law: the first path that holds text wins.
"""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from engine.extraction.nfe.leaves import local_names
from engine.extraction.result import EventFacts, FactParty, Facts
from engine.fiscal.note import number

_PREFIXES = ("NFe", "CTe", "MDFe", "NFS", "BPe", "NF3e", "NFCom", "CFe", "GTVe", "DCe")


class _Paths(NamedTuple):
    """Where a family keeps its facts, below its core element (paths of local names, `|` between alternatives)."""

    core: tuple[str, ...]
    number: str
    series: str
    issued_at: str
    issuer: str
    recipient: str
    total: str
    cfop: str = ""


_CTE = _Paths(
    core=("infCte",),
    number="ide/nCT",
    series="ide/serie",
    issued_at="ide/dhEmi",
    issuer="emit",
    recipient="dest|toma",
    total="vPrest/vTPrest|total/vTPrest",
    cfop="ide/CFOP",
)
_MUNICIPAL = _Paths(
    core=("InfNfse", "InfDeclaracaoPrestacaoServico", "InfRps"),
    number="Numero|IdentificacaoRps/Numero|Rps/IdentificacaoRps/Numero",
    series="IdentificacaoRps/Serie|Rps/IdentificacaoRps/Serie",
    issued_at="DataEmissao|Rps/DataEmissao|Competencia",
    issuer="PrestadorServico/IdentificacaoPrestador|Prestador|PrestadorServico",
    recipient="TomadorServico/IdentificacaoTomador|Tomador/IdentificacaoTomador",
    total="ValoresNfse/ValorLiquidoNfse|Servico/Valores/ValorLiquidoNfse|Servico/Valores/ValorServicos",
)
_FAMILIES: dict[str, tuple[_Paths, ...]] = {
    "cte": (_CTE,),
    "cteos": (_CTE,),
    "ctesimp": (_CTE,),
    "mdfe": (
        _Paths(
            core=("infMDFe",),
            number="ide/nMDF",
            series="ide/serie",
            issued_at="ide/dhEmi",
            issuer="emit",
            recipient="",
            total="tot/vCarga",
        ),
    ),
    "nfse": (
        _Paths(
            core=("infNFSe",),
            number="nNFSe",
            series="DPS/infDPS/serie",
            issued_at="DPS/infDPS/dhEmi|dhProc",
            issuer="emit",
            recipient="DPS/infDPS/toma",
            total="valores/vLiq",
        ),
        _MUNICIPAL,
    ),
    "dps": (
        _Paths(
            core=("infDPS",),
            number="nDPS",
            series="serie",
            issued_at="dhEmi",
            issuer="prest",
            recipient="toma",
            total="valores/vServPrest/vServ",
        ),
    ),
    "recognised": (
        _Paths(
            core=("infBPe", "infNF3e", "infNFCom", "infDCe", "infCte", "infCFe"),
            number="ide/nBP|ide/nNF|ide/nDC|ide/nCT|ide/nCFe",
            series="ide/serie|ide/nserieSAT",
            issued_at="ide/dhEmi|ide/dEmi",
            issuer="emit",
            recipient="dest|comp",
            total="total/vNF|infValorBPe/vBP|total/vCFe",
        ),
    ),
}


def facts_of(family: str, root: etree._Element) -> Facts | None:
    """Facts of a document that is only recognised; `None` where nothing of it is known."""
    if family == "event":
        return _event(root)
    if family == "inut":
        return _inutilisation(root)
    for paths in _FAMILIES.get(family, ()):
        core = next((found for name in paths.core if (found := _first(root, name)) is not None), None)
        if core is not None:
            return _document(core, paths)
    return None


def version_of(family: str, root: etree._Element) -> str | None:
    """The layout version as written on the family's core element, else on the first element that says one."""
    cores = [name for paths in _FAMILIES.get(family, ()) for name in paths.core]
    for name in cores:
        core = _first(root, name)
        if core is not None and (written := core.get("versao")):
            return str(written)
    for element in root.iter():
        if written := element.get("versao"):
            return str(written)
    return None


def _first(root: etree._Element, name: str) -> etree._Element | None:
    return next(root.iter("{*}" + name), None)


def _at(core: etree._Element, alternatives: str) -> etree._Element | None:
    for path in alternatives.split("|") if alternatives else ():
        found = core.find("/".join("{*}" + step for step in path.split("/")))
        if found is not None:
            return found
    return None


def _text(core: etree._Element, alternatives: str) -> str | None:
    for path in alternatives.split("|") if alternatives else ():
        found = core.findtext("/".join("{*}" + step for step in path.split("/")))
        if found and found.strip():
            return found.strip()
    return None


def _document(core: etree._Element, paths: _Paths) -> Facts:
    total = _text(core, paths.total)
    cfop = _text(core, paths.cfop)
    return Facts(
        access_key=_key(core),
        number=_text(core, paths.number),
        series=_text(core, paths.series),
        issued_at=_text(core, paths.issued_at),
        issuer=_party(_at(core, paths.issuer)),
        recipient=_party(_at(core, paths.recipient)),
        total=None if total is None else _amount(total),
        cfops=(cfop,) if cfop else (),
    )


def _amount(written: str) -> str:
    """As written, with a decimal dot and without an exponent."""
    text = written if "." in written else written.replace(",", ".")
    value = number(text) if "e" in text.lower() else None
    return text if value is None else f"{value:f}"


def _key(core: etree._Element) -> str | None:
    written = (core.get("Id") or "").strip()
    if written.startswith("DPS"):
        return None
    for prefix in _PREFIXES:
        if written.startswith(prefix):
            return written[len(prefix) :] or None
    return written or None


def _party(element: etree._Element | None) -> FactParty | None:
    if element is None:
        return None
    name = _text(element, "xNome|RazaoSocial")
    uf = _text(element, "enderEmit/UF|enderDest/UF|enderToma/UF|enderNac/UF")
    return FactParty(id=_text(element, "CNPJ|CPF|Cnpj|CpfCnpj/Cnpj|CpfCnpj/Cpf|NIF|idEstrangeiro"), name=name, uf=uf)


def _event(root: etree._Element) -> Facts:
    """An event from its request (infEvento of evento), its answer (infEvento of retEvento), or the old cancelling
    pair.
    """
    request = answer = None
    for element in root.iter("{*}infEvento", "{*}infCanc"):
        above = element.getparent()
        is_answer = above is not None and local_names[above.tag].startswith("ret")
        if is_answer and answer is None:
            answer = element
        elif not is_answer and request is None:
            request = element
    sources = [source for source in (request, answer, root) if source is not None]

    def said(alternatives: str) -> str | None:
        return next((text for source in sources if (text := _text(source, alternatives))), None)

    target = said("chNFe|chCTe|chMDFe|chBPe|chNF3e|chNFCom|pedRegEvento/infPedReg/chNFSe|infPedReg/chNFSe")
    author = said("CNPJ|CPF|pedRegEvento/infPedReg/CNPJAutor|pedRegEvento/infPedReg/CPFAutor|infPedReg/CNPJAutor")
    return Facts(
        access_key=target,
        issued_at=said("dhEvento|dhRecbto|dhProc"),
        issuer=FactParty(id=author) if author else None,
        event=EventFacts(
            type=said("tpEvento") or _national_type(root) or _cancelling(root),
            sequence=said("nSeqEvento|nSeqPedReg|pedRegEvento/infPedReg/nPedRegEvento"),
            status=_text(answer, "cStat") if answer is not None else None,
            target=target,
        ),
    )


def _national_type(root: etree._Element) -> str | None:
    """NFS-e events carry no tpEvento: the type is the name of an element below infPedReg, `e101101`."""
    request = _first(root, "infPedReg")
    for child in request if request is not None else ():
        name = local_names[child.tag]
        if name[:1] == "e" and name[1:].isdigit():
            return name[1:]
    return None


def _cancelling(root: etree._Element) -> str | None:
    """The request of layouts before events existed: cancNFe."""
    return "110111" if _first(root, "infCanc") is not None else None


def _inutilisation(root: etree._Element) -> Facts | None:
    info = _first(root, "infInut")
    if info is None:
        return None
    first, last = _text(info, "nNFIni|nCTIni"), _text(info, "nNFFin|nCTFin")
    issuer = _text(info, "CNPJ|CPF")
    return Facts(
        series=_text(info, "serie"),
        issued_at=_text(info, "dhRecbto"),
        issuer=FactParty(id=issuer) if issuer else None,
        range=(first, last) if first and last else None,
    )
