"""Which family an XML document belongs to, by the first decisive element in document order: wrappers (SOAP, lots,
nfeProc) decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

_EVENTS = (
    "evento infEvento envEvento procEventoNFe retEnvEvento retEvento eventoCTe procEventoCTe retEventoCTe"
    " eventoMDFe procEventoMDFe retEventoMDFe eventoBPe procEventoBPe eventoNF3e eventoNFCom procCancNFe"
    " cancNFe retCancNFe procCancCTe cancCTe envCCe pedRegEvento"
)
_INUTILISATION = "inutNFe procInutNFe retInutNFe infInut inutCTe procInutCTe retInutCTe"
_RECOGNISED = "BPe infBPe NF3e infNF3e NFCom infNFCom CFe CFeCanc infCFe DCe infDCe NFGas NFAg"
#: Messages that may enclose a document of another family: they name the family only where nothing inside does.
_MESSAGES = frozenset(
    "resNFe resEvento distDFeInt retDistDFeInt loteDistDFeInt nfeDistDFeInteresse consSitNFe retConsSitNFe"
    " consStatServ retConsStatServ consReciNFe retConsReciNFe retEnviNFe protNFe consSitCTe retConsSitCTe"
    " protCTe consSitMDFe protMDFe ConsCad retConsCad".split()
)
_MUNICIPAL = (
    "CompNfse Nfse InfNfse ListaNfse EnviarLoteRpsEnvio EnviarLoteRpsSincronoEnvio EnviarLoteRpsResposta"
    " ConsultarNfseResposta ConsultarLoteRpsResposta ConsultarNfseServicoPrestadoResposta"
    " ConsultarNfseServicoTomadoResposta GerarNfseEnvio GerarNfseResposta PedidoEnvioRPS PedidoEnvioLoteRPS"
    " RetornoEnvioRPS RetornoEnvioLoteRPS LoteRps Rps tcCompNfse NFeRPS"
)

#: Local name of an element -> family. `NFe` decides nothing: the city of São Paulo calls its service note so too.
ELEMENT_FAMILIES: dict[str, str] = {
    "infNFe": "nfe",
    "CTe": "cte",
    "GTVe": "cte",
    "infCte": "cte",
    "CTeOS": "cteos",
    "CTeSimp": "ctesimp",
    "MDFe": "mdfe",
    "infMDFe": "mdfe",
    "NFSe": "nfse",
    "infNFSe": "nfse",
    "DPS": "dps",
    "infDPS": "dps",
    **dict.fromkeys(_EVENTS.split(), "event"),
    **dict.fromkeys(_INUTILISATION.split(), "inut"),
    **dict.fromkeys(_RECOGNISED.split(), "recognised"),
    **dict.fromkeys(_MUNICIPAL.split(), "nfse"),
}

_FISCAL_NAMESPACES = ("portalfiscal.inf.br", "sped.fazenda.gov.br", "fazenda.gov.br/sat")
_MUNICIPAL_MARKS = ("nfse", "abrasf", "ginfes", "prefeitura.sp.gov.br", "issnet", "betha", "tipos_v", "rps")


class Name(NamedTuple):
    """An element's namespace (empty where it has none) and local name."""

    namespace: str
    local: str


def family_of(names: Iterable[Name]) -> str:
    """Family of a document from its elements in document order; `recognised` for other fiscal XML, `unknown` for the
    rest.

    The NF-e and NFC-e share `nfe` here: the model inside tells them apart.
    """
    fallback = "unknown"
    for position, name in enumerate(names):
        family = ELEMENT_FAMILIES.get(name.local)
        if family is not None:
            return family
        if name.local in _MESSAGES:
            fallback = "recognised"
        elif fallback == "unknown":
            fallback = _by_namespace(name, root=position == 0)
    return fallback


def _by_namespace(name: Name, *, root: bool) -> str:
    namespace = name.namespace.lower()
    if any(mark in namespace for mark in _MUNICIPAL_MARKS) or (root and "nfse" in name.local.lower()):
        return "nfse"
    if any(mark in namespace for mark in _FISCAL_NAMESPACES):
        return "recognised"
    return "unknown"
