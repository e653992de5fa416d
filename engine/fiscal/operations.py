"""What a CFOP says: the operation of a document or item, and what the goods are for.

Owns the family of every code of the CFOP table (Convênio s/nº of 1970, annex, as amended by the Ajustes SINIEF), always
from the viewpoint of who writes it: the issuer. `mirrored` turns it round for the other party. It looks at no document.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Operation(StrEnum):
    """What happened; the values are the wire's own words."""

    #: Goods or energy bought.
    COMPRA = "Compra"
    #: Goods or energy sold.
    VENDA = "Venda"
    #: An earlier operation undone, in whole or part.
    DEVOLUCAO = "Devolução"
    #: Service rendered or taken.
    SERVICO = "Serviço"
    #: Between establishments of one owner.
    TRANSFERENCIA = "Transferência"
    #: Shipments, gifts, losses and mere records: nothing was bought or sold.
    OUTROS = "Outros"


class Direction(StrEnum):
    """Which way the goods go, seen from the books the document is entered in."""

    #: Entrada.
    IN = "in"
    #: Saída.
    OUT = "out"

    @property
    def opposite(self) -> Direction:
        """The same goods from the other side."""
        return Direction.OUT if self is Direction.IN else Direction.IN


class Purpose(StrEnum):
    """What the goods are for, which decides accounts and credits."""

    #: Own production sold, or input of production bought.
    PRODUCTION = "production"
    #: Merchandise bought to be sold as it is.
    RESALE = "resale"
    #: Material used to render services.
    SERVICE_INPUT = "service_input"
    #: Ativo imobilizado.
    FIXED_ASSET = "fixed_asset"
    #: Uso e consumo of the establishment.
    CONSUMPTION = "consumption"
    #: Electric energy.
    ENERGY = "energy"
    #: Communication service.
    COMMUNICATION = "communication"
    #: Transport service.
    TRANSPORT = "transport"
    #: Service under ISSQN.
    SERVICE = "service"
    #: Sold abroad.
    EXPORT = "export"
    #: Sold to a trading company for export.
    INDIRECT_EXPORT = "indirect_export"
    #: A transfer between establishments undone.
    TRANSFER = "transfer"
    #: Goods leave or arrive and will come back or be charged later (remessa).
    SHIPMENT = "shipment"
    #: They come back (retorno).
    RETURN_OF_SHIPMENT = "return_of_shipment"
    #: Bonificação, doação, brinde, amostra.
    GIFT = "gift"
    #: Stock written off.
    LOSS = "loss"
    #: A mere record: the goods or the tax were or will be booked by another document.
    RECORD = "record"


class Treatment(NamedTuple):
    """Operation and purpose of one item."""

    operation: Operation
    purpose: Purpose


class _Family(NamedTuple):
    operation: Operation
    purpose: Purpose
    #: Pairs of first digits and the suffixes that exist under each of them.
    codes: tuple[tuple[str, str], ...]


_FAMILIES: Final = (
    # Entries: 1 same state, 2 other state, 3 abroad.
    _Family(
        Operation.COMPRA,
        Purpose.PRODUCTION,
        (("123", "101 651"), ("12", "111 116 120 122 124 125 401 456"), ("3", "127 129")),
    ),
    _Family(
        Operation.COMPRA, Purpose.RESALE, (("123", "102 251 652"), ("12", "113 117 118 121 131 132 135 159 403 501"))
    ),
    _Family(Operation.COMPRA, Purpose.SERVICE_INPUT, (("123", "126 128"),)),
    _Family(Operation.COMPRA, Purpose.ENERGY, (("12", "252 253 254 255 256 257"),)),
    _Family(Operation.COMPRA, Purpose.FIXED_ASSET, (("123", "551"), ("12", "406"))),
    _Family(Operation.COMPRA, Purpose.CONSUMPTION, (("123", "556 653"), ("12", "407"), ("3", "552 667"))),
    _Family(Operation.TRANSFERENCIA, Purpose.PRODUCTION, (("12", "151 408 658"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.RESALE, (("12", "152 153 409 659"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.SERVICE_INPUT, (("12", "154"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.FIXED_ASSET, (("12", "552"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.CONSUMPTION, (("12", "557"),)),
    _Family(Operation.DEVOLUCAO, Purpose.PRODUCTION, (("12", "201 203 212 213 214 215 410 660"),)),
    _Family(Operation.DEVOLUCAO, Purpose.RESALE, (("12", "202 204 216 411 661 662"),)),
    _Family(Operation.DEVOLUCAO, Purpose.EXPORT, (("3", "201 202 211 212 503"),)),
    _Family(Operation.DEVOLUCAO, Purpose.INDIRECT_EXPORT, (("12", "503 504"),)),
    _Family(Operation.DEVOLUCAO, Purpose.COMMUNICATION, (("123", "205"),)),
    _Family(Operation.DEVOLUCAO, Purpose.TRANSPORT, (("123", "206"),)),
    _Family(Operation.DEVOLUCAO, Purpose.ENERGY, (("123", "207"),)),
    _Family(Operation.DEVOLUCAO, Purpose.TRANSFER, (("12", "208 209"),)),
    _Family(Operation.DEVOLUCAO, Purpose.FIXED_ASSET, (("123", "553"),)),
    _Family(Operation.DEVOLUCAO, Purpose.RETURN_OF_SHIPMENT, (("12", "505 506 918 919"),)),
    _Family(Operation.SERVICO, Purpose.COMMUNICATION, (("123", "301"), ("12", "302 303 304 305 306"))),
    _Family(Operation.SERVICO, Purpose.TRANSPORT, (("123", "351 352 353 354 355 356"), ("12", "932"), ("1", "360"))),
    _Family(Operation.SERVICO, Purpose.SERVICE, (("12", "933"),)),
    _Family(
        Operation.OUTROS,
        Purpose.SHIPMENT,
        (("123", "949"), ("12", "451 452 555 663 901 905 908 912 915 917 920 923 924 934"), ("3", "930")),
    ),
    _Family(
        Operation.OUTROS,
        Purpose.RETURN_OF_SHIPMENT,
        (("12", "414 415 453 454 455 554 657 664 902 903 904 906 907 909 913 914 916 921 925"),),
    ),
    _Family(Operation.OUTROS, Purpose.GIFT, (("12", "910 911"),)),
    _Family(Operation.OUTROS, Purpose.RECORD, (("12", "603 922 931"), ("1", "601 602 604 605 926"))),
    # Exits: 5 same state, 6 other state, 7 abroad.
    _Family(
        Operation.VENDA,
        Purpose.PRODUCTION,
        (("56", "101 103 105 109 111 113 116 118 122 124 125 129 131 132 159 401 402 456 651 652 653"), ("6", "107")),
    ),
    _Family(
        Operation.VENDA,
        Purpose.RESALE,
        (("56", "102 104 106 110 112 114 115 117 119 120 123 160 403 654 655 656 667"), ("5", "405"), ("6", "108 404")),
    ),
    _Family(Operation.VENDA, Purpose.ENERGY, (("56", "251 252 253 254 255 256 257 258"),)),
    _Family(Operation.VENDA, Purpose.FIXED_ASSET, (("567", "551"),)),
    _Family(Operation.VENDA, Purpose.INDIRECT_EXPORT, (("56", "501 502"),)),
    _Family(Operation.VENDA, Purpose.EXPORT, (("7", "101 102 105 106 127 129 251 501 504 552 651 654 667"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.PRODUCTION, (("56", "151 155 408 658"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.RESALE, (("56", "152 153 156 409 659"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.FIXED_ASSET, (("56", "552"),)),
    _Family(Operation.TRANSFERENCIA, Purpose.CONSUMPTION, (("56", "557"),)),
    _Family(Operation.DEVOLUCAO, Purpose.PRODUCTION, (("567", "201"), ("56", "213 214 410 660"), ("7", "211 212"))),
    _Family(Operation.DEVOLUCAO, Purpose.RESALE, (("567", "202"), ("56", "215 216 411 503 661"))),
    _Family(Operation.DEVOLUCAO, Purpose.SERVICE_INPUT, (("567", "210"),)),
    _Family(Operation.DEVOLUCAO, Purpose.COMMUNICATION, (("567", "205"),)),
    _Family(Operation.DEVOLUCAO, Purpose.TRANSPORT, (("567", "206"),)),
    _Family(Operation.DEVOLUCAO, Purpose.ENERGY, (("567", "207"),)),
    _Family(Operation.DEVOLUCAO, Purpose.TRANSFER, (("56", "208 209"),)),
    _Family(Operation.DEVOLUCAO, Purpose.FIXED_ASSET, (("567", "553"), ("56", "412"))),
    _Family(Operation.DEVOLUCAO, Purpose.CONSUMPTION, (("567", "556"), ("56", "413 662"))),
    _Family(Operation.DEVOLUCAO, Purpose.RETURN_OF_SHIPMENT, (("56", "555 918 919 921"),)),
    _Family(Operation.SERVICO, Purpose.COMMUNICATION, (("567", "301"), ("56", "302 303 304 305 306 307"))),
    _Family(Operation.SERVICO, Purpose.TRANSPORT, (("56", "351 352 353 354 355 356 357 359 360 932"), ("7", "358"))),
    _Family(Operation.SERVICO, Purpose.SERVICE, (("56", "933"),)),
    _Family(
        Operation.OUTROS,
        Purpose.SHIPMENT,
        (("567", "949"), ("56", "414 415 451 452 504 505 554 657 663 901 904 905 908 912 914 915 917 920 923 924 934")),
    ),
    _Family(
        Operation.OUTROS,
        Purpose.RETURN_OF_SHIPMENT,
        (("56", "453 454 455 664 665 666 902 903 906 907 909 913 916 925"), ("7", "930")),
    ),
    _Family(Operation.OUTROS, Purpose.GIFT, (("56", "910 911"),)),
    _Family(Operation.OUTROS, Purpose.LOSS, (("5", "927 928"),)),
    _Family(Operation.OUTROS, Purpose.RECORD, (("56", "603 922 929 931"), ("5", "601 602 605 606 926"))),
)

TREATMENTS: Final[dict[str, Treatment]] = {
    digit + suffix: Treatment(family.operation, family.purpose)
    for family in _FAMILIES
    for digits, suffixes in family.codes
    for digit in digits
    for suffix in suffixes.split()
}

#: Purpose of an operation that only a person or the document's type named.
USUAL_PURPOSE: Final = {
    Operation.COMPRA: Purpose.RESALE,
    Operation.VENDA: Purpose.RESALE,
    Operation.DEVOLUCAO: Purpose.RESALE,
    Operation.SERVICO: Purpose.SERVICE,
    Operation.TRANSFERENCIA: Purpose.RESALE,
    Operation.OUTROS: Purpose.SHIPMENT,
}


def treatment(cfop: str | None) -> Treatment | None:
    """Family of a CFOP as its writer means it; `None` for a code the table does not know."""
    return TREATMENTS.get(cfop) if cfop else None


def mirrored(operation: Operation) -> Operation:
    """The same operation as the other party sees it: a sale is a purchase, everything else keeps its name."""
    if operation is Operation.VENDA:
        return Operation.COMPRA
    return Operation.VENDA if operation is Operation.COMPRA else operation
