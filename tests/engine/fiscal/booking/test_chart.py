"""The chart of accounts and the sectors: sound as tables."""

from __future__ import annotations

import re

import pytest

from engine.fiscal import sectors
from engine.fiscal.chart import CHART, Nature

REFERENTIAL = re.compile(r"[123](\.\d\d){4,5}")


def test_codes_and_names_are_unique() -> None:
    assert len({account.name for account in CHART.values()}) == len(CHART)
    assert list(CHART) == sorted(CHART)
    assert 60 <= sum(account.analytic for account in CHART.values()) <= 90


@pytest.mark.parametrize("account", CHART.values(), ids=lambda account: account.code)
def test_every_account_hangs_below_a_heading_of_its_nature(account: object) -> None:
    found = CHART[account.code]  # type: ignore[attr-defined]
    if found.parent is not None:
        assert not CHART[found.parent].analytic
        assert CHART[found.parent].nature is found.nature


def test_accounts_of_the_balance_sheet_and_result_have_a_referential_code() -> None:
    for account in CHART.values():
        if not account.analytic or account.nature is Nature.COMPENSACAO:
            assert account.referential is None
        else:
            assert account.referential is not None and REFERENTIAL.fullmatch(account.referential), account
            root = {Nature.ATIVO: "1", Nature.PASSIVO: "2", Nature.RESULTADO: "3"}[account.nature]
            assert account.referential.startswith(root)


@pytest.mark.parametrize(
    ("ncm", "name"),
    [
        ("01012100", "Animais vivos e produtos do reino animal"),
        ("09021000", "Produtos do reino vegetal"),
        ("22030000", "Alimentos, bebidas e tabaco"),
        ("27101259", "Produtos minerais e combustíveis"),
        ("84713012", "Máquinas, aparelhos e material elétrico"),
        ("97011000", "Objetos de arte, coleção e antiguidades"),
        ("00", None),
        ("77000000", None),
        ("-1", None),
        ("", None),
        (None, None),
    ],
)
def test_sections_of_the_ncm(ncm: str | None, name: str | None) -> None:
    assert sectors.of_ncm(ncm) == name


def test_all_sections_are_reached() -> None:
    assert len({sectors.of_ncm(f"{chapter:02}") for chapter in range(1, 98)} - {None}) == 21
    assert len({sectors.of_cnae(f"{division:02}00000") for division in range(1, 100)}) == 21


@pytest.mark.parametrize(
    ("cnae", "name"),
    [("4711-3/02", "Comércio e reparação de veículos"), ("0111301", sectors.of_cnae("01")), ("x", None), (None, None)],
)
def test_sections_of_the_cnae(cnae: str | None, name: str | None) -> None:
    assert sectors.of_cnae(cnae) == name
