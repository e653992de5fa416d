"""The 27 federative units: abbreviation, IBGE code, region. Facts of the map, no law."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Region(StrEnum):
    """The regions of IBGE; the interstate rates of ICMS (RSF 22/89) hang on them."""

    #: Norte.
    NORTH = "N"
    #: Nordeste.
    NORTHEAST = "NE"
    #: Centro-Oeste.
    CENTRE_WEST = "CO"
    #: Sudeste.
    SOUTHEAST = "SE"
    #: Sul.
    SOUTH = "S"


#: The pseudo unit of whoever lives abroad.
ABROAD: Final = "EX"

_CODES: Final = {
    Region.NORTH: {"RO": "11", "AC": "12", "AM": "13", "RR": "14", "PA": "15", "AP": "16", "TO": "17"},
    Region.NORTHEAST: {
        "MA": "21", "PI": "22", "CE": "23", "RN": "24", "PB": "25", "PE": "26", "AL": "27", "SE": "28", "BA": "29",
    },
    Region.SOUTHEAST: {"MG": "31", "ES": "32", "RJ": "33", "SP": "35"},
    Region.SOUTH: {"PR": "41", "SC": "42", "RS": "43"},
    Region.CENTRE_WEST: {"MS": "50", "MT": "51", "GO": "52", "DF": "53"},
}  # fmt: skip

#: cUF (two digits, as the access key begins) by abbreviation.
CODES: Final = MappingProxyType({uf: code for units in _CODES.values() for uf, code in units.items()})
#: Abbreviation by cUF.
BY_CODE: Final = MappingProxyType({code: uf for uf, code in CODES.items()})
#: Region by abbreviation.
REGIONS: Final = MappingProxyType({uf: region for region, units in _CODES.items() for uf in units})
