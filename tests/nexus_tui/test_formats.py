"""Values are written the Brazilian or the English way, whatever the locale of the process."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from nexus_tui.formats import Formats

SAO_PAULO = timezone(timedelta(hours=-3))
PT = Formats(language="pt-BR", zone=SAO_PAULO)
EN = Formats(language="en", zone=SAO_PAULO)
#: 2026-01-01 01:30:00 UTC, still the old year in São Paulo.
NEW_YEAR = 1_767_231_000_000


def test_numbers_are_grouped() -> None:
    assert (PT.integer(1_284), EN.integer(1_284), PT.integer(7)) == ("1.284", "1,284", "7")


@pytest.mark.parametrize(
    ("text", "portuguese", "english"),
    [
        ("48210.55", "R$ 48.210,55", "R$ 48,210.55"),
        ("-0.1", "R$ -0,10", "R$ -0.10"),
        ("n/d", "n/d", "n/d"),
        ("NaN", "NaN", "NaN"),
    ],
)
def test_money_is_written_from_the_documents_own_text(text: str, portuguese: str, english: str) -> None:
    assert (PT.money(text), EN.money(text)) == (portuguese, english)


def test_money_beyond_float_keeps_every_cent() -> None:
    assert PT.money("12345678901234567.89") == "R$ 12.345.678.901.234.567,89"


@pytest.mark.parametrize(
    ("milliseconds", "text"), [(0, "0 ms"), (38, "38 ms"), (2_100, "2,1 s"), (192_000, "3 m 12 s")]
)
def test_durations_take_the_unit_that_reads_best(milliseconds: int, text: str) -> None:
    assert PT.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(-5_000, "0 s"), (3_000, "3 s"), (660_000, "11 m"), (5 * 3_600_000, "5 h"), (12 * 86_400_000, "12 d")],
)
def test_ages_have_one_unit_and_never_a_minus(milliseconds: int, text: str) -> None:
    assert EN.age(milliseconds) == text


def test_moments_are_shown_in_the_display_zone() -> None:
    assert (PT.day(NEW_YEAR), EN.day(NEW_YEAR), EN.time(NEW_YEAR)) == ("31/12/2025", "2025-12-31", "22:30:00")


def test_a_moment_of_today_needs_no_day() -> None:
    assert PT.moment(NEW_YEAR, NEW_YEAR + 60_000) == "22:30:00"
    assert PT.moment(NEW_YEAR, NEW_YEAR + 86_400_000) == "31/12/2025 22:30:00"


def test_dates_of_a_document_stay_as_written() -> None:
    assert PT.written("2026-01-12T23:59:00-03:00") == "12/01/2026 23:59"
    assert EN.written("2026-01-12T23:59:00+00:00") == "2026-01-12 23:59"
    assert PT.written("2026-01-12") == "12/01/2026"
    assert PT.written("ontem") == "ontem"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("12345678000190", "12.345.678/0001-90"),
        ("12ABC34501DE35", "12.ABC.345/01DE-35"),
        ("12345678909", "123.456.789-09"),
        ("EX-99", "EX-99"),
    ],
)
def test_identifiers_get_their_punctuation(text: str, written: str) -> None:
    assert PT.identifier(text) == written
