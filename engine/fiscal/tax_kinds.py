"""Each tax a note may carry: where its leaves lie, whose it is, and the total it must sum to.

Data only. Leaf names are those of the layouts (MOC 7.0, NT 2025.002 for IBS, CBS and IS); leaves below sub-groups are
keyed by their path.

What an earlier stage withheld (CST 60 and CSOSN 500: vICMSSTRet, vFCPSTRet; CST 61: vICMSMonoRet) is not listed: the note
that withheld it (vICMSST, vFCPST, vICMSMonoReten) apportions it, and a tax is counted once. Here it is only stated, for
whoever asks it back.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Final, Literal, NamedTuple

from engine.fiscal.money import Language

WireType = Literal["ICMS", "PIS", "COFINS", "ISS", "IPI", "OTHER"]


class Tax(StrEnum):
    """The tax as an accountant names it."""

    #: Own ICMS of the operation.
    ICMS = "ICMS"
    #: Fund against poverty, added to the own ICMS.
    FCP = "FCP"
    #: ICMS of later operations, charged by substitution.
    ICMS_ST = "ICMS-ST"
    #: Fund against poverty on the substitution.
    FCP_ST = "FCP-ST"
    #: ICMS of fuels, levied once.
    ICMS_MONO = "ICMS-MONO"
    #: ICMS of fuels, withheld for a later stage.
    ICMS_MONO_RET = "ICMS-MONO-RET"
    #: Difference of rates to final consumers in another state, due to the destination.
    DIFAL = "DIFAL"
    #: Share of that difference left to the origin until 2018.
    DIFAL_ORIGIN = "DIFAL-ORIGEM"
    #: Fund against poverty of the destination.
    FCP_DEST = "FCP-DEST"
    #: Credit a Simples supplier allows (LC 123/2006, art. 23).
    ICMS_SN = "ICMS-SN"
    IPI = "IPI"
    #: IPI given back by who is no taxpayer of it.
    IPI_DEVOL = "IPI-DEVOL"
    #: Import duty.
    II = "II"
    PIS = "PIS"
    #: PIS by substitution.
    PIS_ST = "PIS-ST"
    COFINS = "COFINS"
    #: COFINS by substitution.
    COFINS_ST = "COFINS-ST"
    ISS = "ISS"
    #: Imposto Seletivo.
    IS = "IS"
    #: IBS of the state.
    IBS_UF = "IBS_UF"
    #: IBS of the municipality.
    IBS_MUN = "IBS_MUN"
    CBS = "CBS"


class Place(StrEnum):
    """To whom a tax belongs."""

    #: The issuer's state; a credit counts in the state of who takes it.
    ORIGIN = auto()
    #: The recipient's state.
    DESTINATION = auto()
    #: The municipality where the service tax falls.
    SERVICE = auto()
    #: The state of consumption (cMunFGIBS, else the recipient's).
    CONSUMPTION_STATE = auto()
    #: The municipality of consumption.
    CONSUMPTION_CITY = auto()
    #: The Union.
    UNION = auto()


class Kind(NamedTuple):
    """One tax within one group of an item."""

    tax: Tax
    value: str
    #: Leaves that may hold the base, the first present one counts.
    bases: tuple[str, ...]
    rate: str
    place: Place
    cst: str = "CST"


KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "ICMS": (
        Kind(Tax.ICMS, "vICMS", ("vBC",), "pICMS", Place.ORIGIN),
        Kind(Tax.FCP, "vFCP", ("vBCFCP", "vBC"), "pFCP", Place.ORIGIN),
        Kind(Tax.ICMS_ST, "vICMSST", ("vBCST",), "pICMSST", Place.DESTINATION),
        Kind(Tax.FCP_ST, "vFCPST", ("vBCFCPST",), "pFCPST", Place.DESTINATION),
        Kind(Tax.ICMS_MONO, "vICMSMono", (), "adRemICMS", Place.DESTINATION),
        Kind(Tax.ICMS_MONO_RET, "vICMSMonoReten", (), "adRemICMSReten", Place.DESTINATION),
        Kind(Tax.ICMS_SN, "vCredICMSSN", (), "pCredSN", Place.ORIGIN),
    ),
    "ICMSUFDest": (
        Kind(Tax.DIFAL, "vICMSUFDest", ("vBCUFDest",), "pICMSUFDest", Place.DESTINATION),
        Kind(Tax.DIFAL_ORIGIN, "vICMSUFRemet", ("vBCUFDest",), "pICMSInter", Place.ORIGIN),
        Kind(Tax.FCP_DEST, "vFCPUFDest", ("vBCFCPUFDest", "vBCUFDest"), "pFCPUFDest", Place.DESTINATION),
    ),
    "IPI": (Kind(Tax.IPI, "vIPI", ("vBC",), "pIPI", Place.UNION),),
    "impostoDevol": (
        Kind(Tax.IPI_DEVOL, "IPI/vIPIDevol", (), "pDevol", Place.UNION),
        Kind(Tax.IPI_DEVOL, "vIPIDevol", (), "pDevol", Place.UNION),
    ),
    "II": (Kind(Tax.II, "vII", ("vBC",), "pII", Place.UNION),),
    "PIS": (Kind(Tax.PIS, "vPIS", ("vBC",), "pPIS", Place.UNION),),
    "PISST": (Kind(Tax.PIS_ST, "vPIS", ("vBC",), "pPIS", Place.UNION),),
    "COFINS": (Kind(Tax.COFINS, "vCOFINS", ("vBC",), "pCOFINS", Place.UNION),),
    "COFINSST": (Kind(Tax.COFINS_ST, "vCOFINS", ("vBC",), "pCOFINS", Place.UNION),),
    "ISSQN": (Kind(Tax.ISS, "vISSQN", ("vBC",), "vAliq", Place.SERVICE, "indISS"),),
    "IS": (Kind(Tax.IS, "vIS", ("vBCIS",), "pIS", Place.UNION, "CSTIS"),),
    "IBSCBS": (
        Kind(Tax.IBS_UF, "gIBSCBS/gIBSUF/vIBSUF", ("gIBSCBS/vBC",), "gIBSCBS/gIBSUF/pIBSUF", Place.CONSUMPTION_STATE),
        Kind(
            Tax.IBS_MUN, "gIBSCBS/gIBSMun/vIBSMun", ("gIBSCBS/vBC",), "gIBSCBS/gIBSMun/pIBSMun", Place.CONSUMPTION_CITY
        ),
        Kind(Tax.CBS, "gIBSCBS/gCBS/vCBS", ("gIBSCBS/vBC",), "gIBSCBS/gCBS/pCBS", Place.UNION),
    ),
}

#: The document's own totals of a tax, as (group, leaf); taxes without one are not listed.
TOTALS: Final[dict[Tax, tuple[tuple[str, str], ...]]] = {
    Tax.ICMS: (("ICMSTot", "vICMS"),),
    Tax.FCP: (("ICMSTot", "vFCP"),),
    Tax.ICMS_ST: (("ICMSTot", "vST"),),
    Tax.FCP_ST: (("ICMSTot", "vFCPST"),),
    Tax.ICMS_MONO: (("ICMSTot", "vICMSMono"),),
    Tax.ICMS_MONO_RET: (("ICMSTot", "vICMSMonoReten"),),
    Tax.DIFAL: (("ICMSTot", "vICMSUFDest"),),
    Tax.DIFAL_ORIGIN: (("ICMSTot", "vICMSUFRemet"),),
    Tax.FCP_DEST: (("ICMSTot", "vFCPUFDest"),),
    Tax.IPI: (("ICMSTot", "vIPI"),),
    Tax.IPI_DEVOL: (("ICMSTot", "vIPIDevol"),),
    Tax.II: (("ICMSTot", "vII"),),
    Tax.PIS: (("ICMSTot", "vPIS"), ("ISSQNtot", "vPIS")),
    Tax.COFINS: (("ICMSTot", "vCOFINS"), ("ISSQNtot", "vCOFINS")),
    Tax.ISS: (("ISSQNtot", "vISS"),),
    Tax.IS: (("ISTot", "vIS"),),
    Tax.IBS_UF: (("IBSCBSTot", "gIBS/gIBSUF/vIBSUF"),),
    Tax.IBS_MUN: (("IBSCBSTot", "gIBS/gIBSMun/vIBSMun"),),
    Tax.CBS: (("IBSCBSTot", "gCBS/vCBS"),),
}

#: A wire type carries exactly what the total of its name carries; ST, FCP and DIFAL are told apart as OTHER, so that
#: nobody adds them to vICMS.
_WIRE: Final[dict[Tax, WireType]] = {
    Tax.ICMS: "ICMS",
    Tax.PIS: "PIS",
    Tax.COFINS: "COFINS",
    Tax.ISS: "ISS",
    Tax.IPI: "IPI",
}

_METHODS: Final[dict[Place, tuple[str, str]]] = {
    Place.ORIGIN: (
        "{tax} dos itens, devido à UF do emitente; o crédito é da UF de quem o toma (LC 87/1996)",
        "{tax} of the items, due to the issuer's state; a credit belongs to the state of who takes it (LC 87/1996)",
    ),
    Place.DESTINATION: (
        "{tax} dos itens, devido à UF do destinatário (LC 87/1996; EC 87/2015; Convênio ICMS 142/2018)",
        "{tax} of the items, due to the recipient's state (LC 87/1996; EC 87/2015; Convênio ICMS 142/2018)",
    ),
    Place.SERVICE: (
        "{tax} dos itens, devido ao município de incidência (LC 116/2003, art. 3º)",
        "{tax} of the items, due to the municipality of incidence (LC 116/2003, art. 3)",
    ),
    Place.CONSUMPTION_STATE: (
        "{tax} dos itens, devido à UF de destino (LC 214/2025, art. 11); em 2026 apenas informativo (art. 348)",
        "{tax} of the items, due to the state of destination (LC 214/2025, art. 11); in 2026 informative (art. 348)",
    ),
    Place.CONSUMPTION_CITY: (
        "{tax} dos itens, devido ao município de destino (LC 214/2025, art. 11); em 2026 apenas informativo (art. 348)",
        "{tax} of the items, due to the city of destination (LC 214/2025, art. 11); in 2026 informative (art. 348)",
    ),
    Place.UNION: ("{tax} dos itens, devido à União", "{tax} of the items, due to the Union"),
}

_PLACES: Final = {kind.tax: kind.place for kinds in KINDS.values() for kind in kinds}


def wire_type(tax: Tax) -> WireType:
    """The contract's word for a tax."""
    return _WIRE.get(tax, "OTHER")


def methodology(tax: Tax, language: Language = "pt") -> str:
    """How the amount was found and to whom it belongs."""
    portuguese, english = _METHODS[_PLACES[tax]]
    return (portuguese if language == "pt" else english).format(tax=tax.value)
