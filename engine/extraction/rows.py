"""The wire's rows of a note: one flat row an item under the 24 stable keys of the contract, and the local additions
after them.
"""

from __future__ import annotations

from engine.fiscal.note import Group, Item, Note

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


def rows(note: Note) -> list[Row]:
    """One row an item. Identifiers, codes and dates are text, amounts `Decimal`, what the document lacks `None`."""
    common = _common(note)
    return [common | _product(item) | _taxes(item) for item in note.items]


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


def _product(item: Item) -> Row:
    product = item.product
    return {
        "produto_nome": product.text("xProd"),
        "produto_ncm": product.text("NCM"),
        "produto_cfop": product.text("CFOP"),
        "produto_qtd": product.decimal("qCom"),
        "produto_valor_unit": product.decimal("vUnCom"),
        "produto_valor_total": product.decimal("vProd"),
        "produto_item": str(item.number),
        "produto_codigo": product.text("cProd"),
        "produto_gtin": product.text("cEAN"),
        "produto_cest": product.text("CEST"),
        "produto_unidade": product.text("uCom"),
        "produto_desconto": product.decimal("vDesc"),
        "produto_frete": product.decimal("vFrete"),
        "produto_seguro": product.decimal("vSeg"),
        "produto_outras_despesas": product.decimal("vOutro"),
    }


_NOTHING = Group(path="")


def _taxes(item: Item) -> Row:
    taxes = item.taxes
    icms = taxes.get("ICMS", _NOTHING)
    ipi = taxes.get("IPI", _NOTHING)
    pis = taxes.get("PIS", _NOTHING)
    cofins = taxes.get("COFINS", _NOTHING)
    issqn = taxes.get("ISSQN", _NOTHING)
    destination = taxes.get("ICMSUFDest", _NOTHING)
    reform = taxes.get("IBSCBS", _NOTHING)
    return {
        "produto_cst_icms": icms.text("CST"),
        "produto_base_calculo_icms": icms.decimal("vBC"),
        "produto_aliquota_icms": icms.decimal("pICMS"),
        "produto_valor_icms": icms.decimal("vICMS"),
        "produto_cst_pis": pis.text("CST"),
        "produto_valor_pis": pis.decimal("vPIS"),
        "produto_cst_cofins": cofins.text("CST"),
        "produto_valor_cofins": cofins.decimal("vCOFINS"),
        "produto_valor_iss": issqn.decimal("vISSQN"),
        "produto_origem": icms.text("orig"),
        "produto_csosn": icms.text("CSOSN"),
        "produto_valor_icms_desonerado": icms.decimal("vICMSDeson"),
        "produto_base_calculo_st": icms.decimal("vBCST"),
        "produto_aliquota_st": icms.decimal("pICMSST"),
        "produto_valor_icms_st": icms.decimal("vICMSST"),
        "produto_valor_fcp": icms.decimal("vFCP"),
        "produto_valor_fcp_st": icms.decimal("vFCPST"),
        "produto_valor_icms_uf_destino": destination.decimal("vICMSUFDest"),
        "produto_valor_fcp_uf_destino": destination.decimal("vFCPUFDest"),
        "produto_cst_ipi": ipi.text("CST"),
        "produto_base_calculo_ipi": ipi.decimal("vBC"),
        "produto_aliquota_ipi": ipi.decimal("pIPI"),
        "produto_valor_ipi": ipi.decimal("vIPI"),
        "produto_base_calculo_pis": pis.decimal("vBC"),
        "produto_aliquota_pis": pis.decimal("pPIS"),
        "produto_base_calculo_cofins": cofins.decimal("vBC"),
        "produto_aliquota_cofins": cofins.decimal("pCOFINS"),
        "produto_base_calculo_iss": issqn.decimal("vBC"),
        "produto_aliquota_iss": issqn.decimal("vAliq"),
        "produto_cst_ibs_cbs": reform.text("CST"),
        "produto_classificacao_tributaria": reform.text("cClassTrib"),
        "produto_base_calculo_ibs_cbs": reform.decimal("gIBSCBS/vBC"),
        "produto_valor_ibs_uf": reform.decimal("gIBSCBS/gIBSUF/vIBSUF"),
        "produto_valor_ibs_municipio": reform.decimal("gIBSCBS/gIBSMun/vIBSMun"),
        "produto_valor_ibs": reform.decimal("gIBSCBS/vIBS"),
        "produto_valor_cbs": reform.decimal("gIBSCBS/gCBS/vCBS"),
    }
