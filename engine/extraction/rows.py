"""The wire's rows of a note: one flat row an item under the 24 stable keys of the contract, and the local additions
after them.
"""

from __future__ import annotations

from typing import Final

from engine.fiscal.note import Group, Item, Note, number

Row = dict[str, object]

#: The keys every consumer of the wire knows; never renamed.
STABLE_KEYS = (
    "nfe_id",
    "data_emissao",
    "valor_total_nfe",
    "emitente_nome",
    "emitente_cnpj",
    "emitente_uf",
    "destinatario_nome",
    "destinatario_cnpj",
    "destinatario_uf",
    "produto_nome",
    "produto_ncm",
    "produto_cfop",
    "produto_cst_icms",
    "produto_base_calculo_icms",
    "produto_aliquota_icms",
    "produto_valor_icms",
    "produto_cst_pis",
    "produto_valor_pis",
    "produto_cst_cofins",
    "produto_valor_cofins",
    "produto_valor_iss",
    "produto_qtd",
    "produto_valor_unit",
    "produto_valor_total",
)


#: Leaf of a group -> column of the row, and whether it is an amount.
_Columns = dict[str, tuple[str, bool]]


def _columns(*, texts: dict[str, str], amounts: dict[str, str]) -> _Columns:
    return {leaf: (column, False) for leaf, column in texts.items()} | {
        leaf: (column, True) for leaf, column in amounts.items()
    }


_PRODUCT: Final = _columns(
    texts={
        "xProd": "produto_nome",
        "NCM": "produto_ncm",
        "CFOP": "produto_cfop",
        "cProd": "produto_codigo",
        "cEAN": "produto_gtin",
        "CEST": "produto_cest",
        "uCom": "produto_unidade",
    },
    amounts={
        "qCom": "produto_qtd",
        "vUnCom": "produto_valor_unit",
        "vProd": "produto_valor_total",
        "vDesc": "produto_desconto",
        "vFrete": "produto_frete",
        "vSeg": "produto_seguro",
        "vOutro": "produto_outras_despesas",
    },
)
_TAXES: Final = {
    "ICMS": _columns(
        texts={"CST": "produto_cst_icms", "orig": "produto_origem", "CSOSN": "produto_csosn"},
        amounts={
            "vBC": "produto_base_calculo_icms",
            "pICMS": "produto_aliquota_icms",
            "vICMS": "produto_valor_icms",
            "vICMSDeson": "produto_valor_icms_desonerado",
            "vBCST": "produto_base_calculo_st",
            "pICMSST": "produto_aliquota_st",
            "vICMSST": "produto_valor_icms_st",
            "vFCP": "produto_valor_fcp",
            "vFCPST": "produto_valor_fcp_st",
        },
    ),
    "ICMSUFDest": _columns(
        texts={},
        amounts={"vICMSUFDest": "produto_valor_icms_uf_destino", "vFCPUFDest": "produto_valor_fcp_uf_destino"},
    ),
    "IPI": _columns(
        texts={"CST": "produto_cst_ipi"},
        amounts={
            "vBC": "produto_base_calculo_ipi",
            "pIPI": "produto_aliquota_ipi",
            "vIPI": "produto_valor_ipi",
        },
    ),
    "PIS": _columns(
        texts={"CST": "produto_cst_pis"},
        amounts={
            "vPIS": "produto_valor_pis",
            "vBC": "produto_base_calculo_pis",
            "pPIS": "produto_aliquota_pis",
        },
    ),
    "COFINS": _columns(
        texts={"CST": "produto_cst_cofins"},
        amounts={
            "vCOFINS": "produto_valor_cofins",
            "vBC": "produto_base_calculo_cofins",
            "pCOFINS": "produto_aliquota_cofins",
        },
    ),
    "ISSQN": _columns(
        texts={},
        amounts={
            "vISSQN": "produto_valor_iss",
            "vBC": "produto_base_calculo_iss",
            "vAliq": "produto_aliquota_iss",
        },
    ),
    "IBSCBS": _columns(
        texts={"CST": "produto_cst_ibs_cbs", "cClassTrib": "produto_classificacao_tributaria"},
        amounts={
            "gIBSCBS/vBC": "produto_base_calculo_ibs_cbs",
            "gIBSCBS/gIBSUF/vIBSUF": "produto_valor_ibs_uf",
            "gIBSCBS/gIBSMun/vIBSMun": "produto_valor_ibs_municipio",
            "gIBSCBS/vIBS": "produto_valor_ibs",
            "gIBSCBS/gCBS/vCBS": "produto_valor_cbs",
        },
    ),
}
#: The columns of an item as the wire has always ordered them.
_ORDER: Final = (
    "produto_nome produto_ncm produto_cfop produto_qtd produto_valor_unit produto_valor_total produto_item"
    " produto_codigo produto_gtin produto_cest produto_unidade produto_desconto produto_frete produto_seguro"
    " produto_outras_despesas produto_cst_icms produto_base_calculo_icms produto_aliquota_icms"
    " produto_valor_icms produto_cst_pis produto_valor_pis produto_cst_cofins produto_valor_cofins"
    " produto_valor_iss produto_origem produto_csosn produto_valor_icms_desonerado produto_base_calculo_st"
    " produto_aliquota_st produto_valor_icms_st produto_valor_fcp produto_valor_fcp_st"
    " produto_valor_icms_uf_destino produto_valor_fcp_uf_destino produto_cst_ipi produto_base_calculo_ipi"
    " produto_aliquota_ipi produto_valor_ipi produto_base_calculo_pis produto_aliquota_pis"
    " produto_base_calculo_cofins produto_aliquota_cofins produto_base_calculo_iss produto_aliquota_iss"
    " produto_cst_ibs_cbs produto_classificacao_tributaria produto_base_calculo_ibs_cbs produto_valor_ibs_uf"
    " produto_valor_ibs_municipio produto_valor_ibs produto_valor_cbs"
).split()


def rows(note: Note) -> list[Row]:
    """One row an item. Identifiers, codes and dates are text, amounts `Decimal`, what the document lacks `None`."""
    empty = _common(note) | dict.fromkeys(_ORDER)
    return [_row(item, empty.copy()) for item in note.items]


def _common(note: Note) -> Row:
    return {
        "nfe_id": note.access_key,
        "data_emissao": note.issued_at,
        "valor_total_nfe": note.value,
        "emitente_nome": note.issuer.name,
        "emitente_cnpj": note.issuer.id,
        "emitente_uf": note.issuer.uf,
        "destinatario_nome": note.recipient.name,
        "destinatario_cnpj": note.recipient.id,
        "destinatario_uf": note.recipient.uf,
        "nfe_numero": note.number,
        "nfe_serie": note.series,
        "nfe_modelo": note.identification.text("mod"),
    }


def _row(item: Item, row: Row) -> Row:
    """The columns of an item: what its groups hold is looked up, not what they might hold."""
    row["produto_item"] = str(item.number)
    _fill(row, item.product, _PRODUCT)
    for tax, group in item.taxes.items():
        columns = _TAXES.get(tax)
        if columns is not None:
            _fill(row, group, columns)
    return row


def _fill(row: Row, group: Group, columns: _Columns) -> None:
    for leaf, text in group.values.items():
        if leaf in columns:
            column, is_amount = columns[leaf]
            row[column] = number(text) if is_amount else text or None
