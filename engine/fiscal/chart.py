"""The chart of accounts: eighty accounts for fiscal documents, keyed to the referential chart of the Receita Federal.

The referential codes are those of tables L100A and L300A of the ECF (legal entities in general, lucro real; P100A and
P150A agree on all of them). Compensation accounts have none: they stand outside the balance sheet. Codes and names are
data the user's own chart may be mapped to; nothing is booked here.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Nature(StrEnum):
    """Where an account stands; the values follow register I050 of the ECD (COD_NAT)."""

    #: Assets.
    ATIVO = "01"
    #: Liabilities.
    PASSIVO = "02"
    #: Result: revenue, deductions, costs and expenses.
    RESULTADO = "04"
    #: Memo accounts in pairs, outside the balance sheet.
    COMPENSACAO = "05"


class Account(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One account; `referential` is its analytic code there, `None` for headings and compensation."""

    code: str
    name: str
    nature: Nature
    referential: str | None = None

    @property
    def analytic(self) -> bool:
        """Takes entries; a heading only sums."""
        return self.code.count(".") == _ANALYTIC_DOTS

    @property
    def parent(self) -> str | None:
        """Code of the heading above it."""
        return self.code.rpartition(".")[0] or None


_ANALYTIC_DOTS: Final = 3

_NATURES: Final = {
    "1": Nature.ATIVO,
    "2": Nature.PASSIVO,
    "3": Nature.RESULTADO,
    "4": Nature.RESULTADO,
    "9": Nature.COMPENSACAO,
}


def _account(code: str, name: str, referential: str | None = None) -> Account:
    return Account(code=code, name=name, nature=_NATURES[code[0]], referential=referential)


HEADINGS: Final = (
    _account("1", "Ativo"),
    _account("1.1", "Ativo circulante"),
    _account("1.1.1", "Disponível"),
    _account("1.1.2", "Clientes e contas correntes"),
    _account("1.1.3", "Estoques"),
    _account("1.1.4", "Tributos a recuperar"),
    _account("1.1.5", "Tributos retidos a compensar"),
    _account("1.1.9", "Contas transitórias"),
    _account("1.2", "Ativo não circulante"),
    _account("1.2.1", "Realizável a longo prazo"),
    _account("1.2.3", "Imobilizado"),
    _account("2", "Passivo"),
    _account("2.1", "Passivo circulante"),
    _account("2.1.1", "Fornecedores"),
    _account("2.1.3", "Obrigações tributárias"),
    _account("2.1.4", "Tributos retidos a recolher"),
    _account("3", "Receitas"),
    _account("3.1", "Receita operacional"),
    _account("3.1.1", "Receita bruta"),
    _account("3.1.2", "Deduções da receita bruta"),
    _account("3.2", "Outras receitas"),
    _account("3.2.1", "Resultado de bens do ativo"),
    _account("4", "Custos e despesas"),
    _account("4.1", "Custos"),
    _account("4.1.1", "Custos das vendas"),
    _account("4.2", "Despesas operacionais"),
    _account("4.2.1", "Despesas gerais"),
    _account("4.2.2", "Despesas tributárias e perdas"),
    _account("9", "Compensação"),
    _account("9.1", "Compensação ativa"),
    _account("9.1.1", "Controles ativos"),
    _account("9.2", "Compensação passiva"),
    _account("9.2.1", "Controles passivos"),
)

CASH: Final = _account("1.1.1.01", "Caixa", "1.01.01.01.01")
BANKS: Final = _account("1.1.1.02", "Bancos conta movimento", "1.01.01.02.01")
CUSTOMERS: Final = _account("1.1.2.01", "Clientes", "1.01.02.02.01")
BRANCHES: Final = _account("1.1.2.02", "Conta corrente entre estabelecimentos", "1.01.02.09.10")
GOODS: Final = _account("1.1.3.01", "Mercadorias para revenda", "1.01.03.01.01")
INPUTS: Final = _account("1.1.3.02", "Matérias-primas e insumos", "1.01.03.02.01")
FINISHED: Final = _account("1.1.3.03", "Produtos acabados", "1.01.03.02.04")
SERVICE_MATERIAL: Final = _account("1.1.3.04", "Materiais aplicados em serviços", "1.01.03.06.01")
STOREROOM: Final = _account("1.1.3.05", "Almoxarifado", "1.01.03.07.01")
IPI_RECOVERABLE: Final = _account("1.1.4.01", "IPI a recuperar", "1.01.02.03.01")
ICMS_RECOVERABLE: Final = _account("1.1.4.02", "ICMS a recuperar", "1.01.02.03.02")
PIS_RECOVERABLE: Final = _account("1.1.4.03", "PIS a recuperar", "1.01.02.03.03")
COFINS_RECOVERABLE: Final = _account("1.1.4.04", "COFINS a recuperar", "1.01.02.03.05")
IRRF_WITHHELD: Final = _account("1.1.5.01", "IRRF a compensar", "1.01.02.04.01")
CSLL_WITHHELD: Final = _account("1.1.5.02", "CSLL retida a compensar", "1.01.02.04.04")
PIS_WITHHELD: Final = _account("1.1.5.03", "PIS retido a compensar", "1.01.02.04.07")
COFINS_WITHHELD: Final = _account("1.1.5.04", "COFINS retida a compensar", "1.01.02.04.09")
INSS_WITHHELD: Final = _account("1.1.5.05", "Contribuição previdenciária retida a compensar", "1.01.02.04.17")
SUSPENSE: Final = _account("1.1.9.01", "Diferenças de documentos a apurar", "1.01.02.09.10")
CIAP: Final = _account("1.2.1.01", "ICMS a recuperar sobre imobilizado (CIAP)", "1.01.02.03.02")
FIXED_ASSETS: Final = _account("1.2.3.01", "Bens do imobilizado", "1.02.03.01.28")
SUPPLIERS: Final = _account("2.1.1.01", "Fornecedores nacionais", "2.01.01.03.01")
FOREIGN_SUPPLIERS: Final = _account("2.1.1.02", "Fornecedores estrangeiros", "2.01.01.03.02")
IPI_DUE: Final = _account("2.1.3.01", "IPI a recolher", "2.01.01.09.02")
ICMS_DUE: Final = _account("2.1.3.02", "ICMS a recolher", "2.01.01.09.03")
ICMS_ST_DUE: Final = _account("2.1.3.03", "ICMS-ST a recolher", "2.01.01.09.03")
FCP_DUE: Final = _account("2.1.3.04", "FCP a recolher", "2.01.01.09.03")
FCP_ST_DUE: Final = _account("2.1.3.05", "FCP-ST a recolher", "2.01.01.09.03")
DIFAL_DUE: Final = _account("2.1.3.06", "DIFAL a recolher", "2.01.01.09.03")
FCP_DESTINATION_DUE: Final = _account("2.1.3.07", "FCP do destino a recolher", "2.01.01.09.03")
MONOPHASE_DUE: Final = _account("2.1.3.08", "ICMS monofásico a recolher", "2.01.01.09.03")
PIS_DUE: Final = _account("2.1.3.09", "PIS a recolher", "2.01.01.09.04")
COFINS_DUE: Final = _account("2.1.3.10", "COFINS a recolher", "2.01.01.09.05")
ISS_DUE: Final = _account("2.1.3.11", "ISS a recolher", "2.01.01.09.08")
CUSTOMS_DUE: Final = _account("2.1.3.12", "Tributos na importação a recolher", "2.01.01.09.28")
SERVICE_ISS_WITHHELD: Final = _account("2.1.4.01", "ISS retido a recolher", "2.01.01.09.08")
SERVICE_IRRF_WITHHELD: Final = _account("2.1.4.02", "IRRF retido a recolher", "2.01.01.09.28")
SERVICE_CSRF_WITHHELD: Final = _account("2.1.4.03", "PIS, COFINS e CSLL retidos a recolher", "2.01.01.09.28")
SERVICE_INSS_WITHHELD: Final = _account("2.1.4.04", "Contribuição previdenciária retida a recolher", "2.01.01.09.28")
EXPORT_REVENUE: Final = _account("3.1.1.01", "Receita de exportação direta", "3.01.01.01.01.01")
INDIRECT_EXPORT_REVENUE: Final = _account("3.1.1.02", "Receita de venda a comercial exportadora", "3.01.01.01.01.02")
PRODUCT_REVENUE: Final = _account("3.1.1.03", "Receita de venda de produção própria", "3.01.01.01.01.04")
GOODS_REVENUE: Final = _account("3.1.1.04", "Receita de revenda de mercadorias", "3.01.01.01.01.05")
SERVICE_REVENUE: Final = _account("3.1.1.05", "Receita de prestação de serviços", "3.01.01.01.01.06")
RETURNS: Final = _account("3.1.2.01", "(-) Devoluções de vendas", "3.01.01.01.02.01")
ICMS_ON_SALES: Final = _account("3.1.2.02", "(-) ICMS sobre vendas", "3.01.01.01.02.03")
FCP_ON_SALES: Final = _account("3.1.2.03", "(-) FCP sobre vendas", "3.01.01.01.02.03")
DIFAL_ON_SALES: Final = _account("3.1.2.04", "(-) DIFAL sobre vendas", "3.01.01.01.02.03")
COFINS_ON_SALES: Final = _account("3.1.2.05", "(-) COFINS sobre vendas", "3.01.01.01.02.04")
PIS_ON_SALES: Final = _account("3.1.2.06", "(-) PIS sobre vendas", "3.01.01.01.02.05")
ISS_ON_SERVICES: Final = _account("3.1.2.07", "(-) ISS sobre serviços", "3.01.01.01.02.06")
ASSET_SALES: Final = _account("3.2.1.01", "Receita de alienação de imobilizado", "3.01.01.11.01.02")
COST_OF_PRODUCTS: Final = _account("4.1.1.01", "Custo dos produtos vendidos", "3.01.01.03.01.01")
COST_OF_GOODS: Final = _account("4.1.1.02", "Custo das mercadorias vendidas", "3.01.01.03.01.02")
COST_OF_SERVICES: Final = _account("4.1.1.03", "Custo dos serviços prestados", "3.01.01.03.01.03")
SERVICES_TAKEN: Final = _account("4.2.1.01", "Serviços de terceiros", "3.01.01.07.01.04")
ENERGY: Final = _account("4.2.1.02", "Energia elétrica", "3.01.01.07.01.36")
COMMUNICATION: Final = _account("4.2.1.03", "Comunicações", "3.01.01.07.01.38")
FREIGHT: Final = _account("4.2.1.04", "Fretes e carretos", "3.01.01.07.01.04")
CONSUMPTION: Final = _account("4.2.1.05", "Material de uso e consumo", "3.01.01.09.01.99")
TAX_ON_SHIPMENTS: Final = _account("4.2.2.01", "Tributos sobre remessas e bonificações", "3.01.01.09.01.99")
STOCK_LOSSES: Final = _account("4.2.2.02", "Perdas de estoque", "3.01.01.09.01.99")
OURS_ELSEWHERE: Final = _account("9.1.1.01", "Bens próprios em poder de terceiros")
THEIRS_HERE: Final = _account("9.1.1.02", "Bens de terceiros em poder próprio")
GIFTS: Final = _account("9.1.1.03", "Bonificações, doações, brindes e amostras")
RECORDS: Final = _account("9.1.1.04", "Lançamentos de controle")
IBS_CONTROL: Final = _account("9.1.1.05", "IBS em teste (LC 214/2025)")
CBS_CONTROL: Final = _account("9.1.1.06", "CBS em teste (LC 214/2025)")
SELECTIVE_CONTROL: Final = _account("9.1.1.07", "Imposto Seletivo – controle")
OURS_ELSEWHERE_CONTRA: Final = _account("9.2.1.01", "Contrapartida de bens próprios em poder de terceiros")
THEIRS_HERE_CONTRA: Final = _account("9.2.1.02", "Contrapartida de bens de terceiros em poder próprio")
GIFTS_CONTRA: Final = _account("9.2.1.03", "Contrapartida de bonificações, doações, brindes e amostras")
RECORDS_CONTRA: Final = _account("9.2.1.04", "Contrapartida de lançamentos de controle")
IBS_CONTRA: Final = _account("9.2.1.05", "Contrapartida do IBS em teste")
CBS_CONTRA: Final = _account("9.2.1.06", "Contrapartida da CBS em teste")
SELECTIVE_CONTRA: Final = _account("9.2.1.07", "Contrapartida do Imposto Seletivo")

CHART: Final[dict[str, Account]] = {
    account.code: account
    for account in sorted(
        (*HEADINGS, *(value for value in globals().values() if isinstance(value, Account))),
        key=lambda account: account.code,
    )
}
