"""Names of columns, as lists of notes write them, to the place in the official layout that a column fills.

The first name of each place is that of the lists of the Portal da Transparência (Controladoria-Geral da União, "Notas
Fiscais Eletrônicas"); wire row keys and what spreadsheets call it follow. Names are compared without accents, case
and punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

#: place -> names. A place is `group/leaf` with the leaf's official name; `emit/id` is CNPJ or CPF as the text decides.
# fmt: off
PLACES: dict[str, tuple[str, ...]] = {
    "chave": (
        "chave de acesso", "chave", "chave acesso", "chave nfe", "chave nf e", "chave da nfe", "chave da nota",
        "ch nfe", "chnfe", "nfe id",
    ),
    "ide/mod": ("modelo", "mod", "modelo nf"),
    "ide/serie": ("serie", "serie nf", "serie nfe", "serie da nota"),
    "ide/nNF": (
        "numero", "numero nf", "numero nfe", "numero da nota", "numero nota", "numero nota fiscal",
        "numero da nota fiscal", "n nf", "nnf", "no nf",
    ),
    "ide/natOp": ("natureza da operacao", "natureza operacao", "natureza de operacao", "nat op", "natop"),
    "ide/dhEmi": (
        "data emissao", "data de emissao", "data da emissao", "data hora emissao", "emissao", "dt emissao", "dh emi",
        "dhemi", "demi",
    ),
    "ide/idDest": ("destino da operacao", "iddest"),
    "ide/indFinal": ("consumidor final", "indfinal"),
    "ide/indPres": ("presenca do comprador", "indpres"),
    "evento/descEvento": ("evento mais recente",),
    "evento/dhEvento": ("data hora evento mais recente",),
    "emit/id": (
        "cpf cnpj emitente", "cnpj cpf emitente", "cnpj emitente", "cnpj do emitente", "emitente cnpj",
        "cnpj emissor", "cnpj fornecedor",
    ),
    "emit/xNome": (
        "razao social emitente", "nome emitente", "emitente nome", "nome do emitente", "razao social do emitente",
        "emitente", "fornecedor",
    ),
    "emit/IE": ("inscricao estadual emitente", "inscricao estadual do emitente", "ie emitente"),
    "enderEmit/UF": ("uf emitente", "emitente uf", "uf do emitente"),
    "enderEmit/xMun": ("municipio emitente", "municipio do emitente"),
    "dest/id": (
        "cnpj destinatario", "cpf cnpj destinatario", "cnpj cpf destinatario", "cnpj do destinatario",
        "destinatario cnpj", "cpf destinatario",
    ),
    "dest/xNome": (
        "nome destinatario", "razao social destinatario", "destinatario nome", "nome do destinatario", "destinatario",
    ),
    "dest/IE": ("inscricao estadual destinatario", "inscricao estadual do destinatario", "ie destinatario"),
    "dest/indIEDest": ("indicador ie destinatario", "indicador ie do destinatario", "indiedest"),
    "enderDest/UF": ("uf destinatario", "destinatario uf", "uf do destinatario"),
    "enderDest/xMun": ("municipio destinatario", "municipio do destinatario"),
    "total/vNF": (
        "valor nota fiscal", "valor da nota fiscal", "valor total nfe", "valor total nf e", "valor total da nota",
        "valor total nota fiscal", "valor da nota", "valor nota", "vnf",
    ),
    "det/nItem": (
        "numero produto", "numero do produto", "numero item", "numero do item", "item", "n item", "nitem", "seq item",
    ),
    "prod/cProd": ("codigo produto", "codigo do produto", "cod produto", "cprod"),
    "prod/xProd": (
        "descricao do produto servico", "descricao do produto", "descricao produto", "produto nome", "descricao",
        "produto", "nome do produto", "xprod",
    ),
    "prod/NCM": ("codigo ncm sh", "ncm", "ncm sh", "codigo ncm", "cod ncm", "produto ncm"),
    "prod/CEST": ("cest", "codigo cest"),
    "prod/CFOP": ("cfop", "produto cfop", "codigo cfop"),
    "prod/qCom": ("quantidade", "qtd", "qtde", "quant", "qcom", "produto qtd", "quantidade comercial"),
    "prod/uCom": ("unidade", "unid", "un", "und", "ucom", "unidade comercial"),
    "prod/vUnCom": ("valor unitario", "vl unitario", "vlr unitario", "preco unitario", "produto valor unit", "vuncom"),
    "prod/vProd": (
        "valor total", "valor total item", "valor total do item", "vl total", "vlr total", "produto valor total",
        "valor do produto", "vprod",
    ),
    "ICMS/CST": ("produto cst icms", "cst icms"),
    "ICMS/vBC": ("produto base calculo icms", "base calculo icms", "base de calculo icms", "bc icms"),
    "ICMS/pICMS": ("produto aliquota icms", "aliquota icms"),
    "ICMS/vICMS": ("produto valor icms", "valor icms"),
    "PIS/CST": ("produto cst pis", "cst pis"),
    "PIS/vPIS": ("produto valor pis", "valor pis"),
    "COFINS/CST": ("produto cst cofins", "cst cofins"),
    "COFINS/vCOFINS": ("produto valor cofins", "valor cofins"),
    "ISSQN/vISSQN": ("produto valor iss", "valor iss"),
}
# fmt: on

PLACE_BY_NAME = {name: place for place, names in PLACES.items() for name in names}

#: Places that hold decimal numbers.
NUMERIC = frozenset(
    ("total/vNF", "prod/qCom", "prod/vUnCom", "prod/vProd", "ICMS/vBC", "ICMS/pICMS", "ICMS/vICMS", "PIS/vPIS")
    + ("COFINS/vCOFINS", "ISSQN/vISSQN")
)


def plain(name: str) -> str:
    """A column's name without accents, case, punctuation: `NCM/SH (Código)` -> `ncm sh codigo`."""
    decomposed = unicodedata.normalize("NFKD", name)
    letters = "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


def known_columns(names: Sequence[str]) -> dict[str, int]:
    """Place -> index of its column; the first of two columns with the same place wins."""
    known: dict[str, int] = {}
    for index, name in enumerate(names):
        place = PLACE_BY_NAME.get(plain(name)) if len(name) <= 60 else None
        if place is not None:
            known.setdefault(place, index)
    return known
