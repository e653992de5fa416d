"""A document in a list: the strip tells the state by signs alone, the words tell it again."""

from __future__ import annotations

import pytest
from fake_engine import NOW, SAO_PAULO, row, showcase

from nexus_tui.look import Look
from nexus_tui.rooms.document_cells import AGENTS, columns, now, strip, verdict
from nexus_tui.theme import TERMINAL
from nexus_tui.widgets.columns import GAP, clip, widths

EN = Look.of("en", SAO_PAULO, TERMINAL)
PT = Look.of("pt-BR", SAO_PAULO, TERMINAL)


@pytest.mark.parametrize(
    ("state", "stage", "drawn"),
    [
        ("queued", None, "···········"),
        ("queued", 3, "■■■········"),
        ("processing", 4, "■■■■►······"),
        ("retrying", 2, "■■r········"),
        ("waiting_lock", 0, "L··········"),
        ("dead_lettered", 3, "■■■x·······"),
        ("needs_review", 5, "■■■■■?·····"),
        ("needs_review", 10, "■■■■■?■■■■■"),
        ("ocr_needed", 10, "■■!■■■■■■■■"),
        ("unsupported", 10, "■!■■■■■■■■■"),
        ("unreadable", 10, "■!■■■■■■■■■"),
        ("duplicate", 10, "■=■■■■■■■■■"),
        ("cancelled", 4, "■■■■-······"),
        ("done", 10, "■■■■■■■■■■■"),
    ],
)
def test_the_strip_has_eleven_cells_and_says_the_state(state: str, stage: int | None, drawn: str) -> None:
    document = row(1, "a.xml", state, stage=stage)
    assert "".join(text for _, text in strip(document, stage or 0, TERMINAL)) == drawn
    assert len(drawn) == AGENTS


@pytest.mark.parametrize(
    ("document", "english", "portuguese"),
    [
        (row(1, "a", "processing", stage=4), "A4 auditor", "A4 auditor"),
        (row(1, "a", "processing", stage=4, attempt=2), "A4 auditor, try 2", "A4 auditor, 2ª vez"),
        (row(1, "a", "retrying", stage=2, attempt=2, retry_at_ms=NOW + 4_000), "A2 retry 2 of 5 in 4 s", "A2 repete 2 de 5 em 4 s"),
        (row(1, "a", "done", finished_ms=NOW - 57_900), "done in 2.1 s", "concluído em 2,1 s"),
        (row(1, "a", "dead_lettered", stage=3), "A3 dead letter", "A3 falhou de vez"),
        (row(1, "a", "queued"), "waits its turn", "espera a vez"),
    ],
)  # fmt: skip
def test_the_words_beside_the_strip(document: object, english: str, portuguese: str) -> None:
    stage = document.stage or 0  # type: ignore[attr-defined]
    assert now(document, stage, NOW, EN)[1] == english  # type: ignore[arg-type]
    assert now(document, stage, NOW, PT)[1] == portuguese  # type: ignore[arg-type]


def test_the_verdict_has_a_sign_besides_its_colour() -> None:
    assert verdict(row(1, "a", status="OK"), TERMINAL) == ("good", "√")
    assert verdict(row(1, "a", status="ALERTA", findings=2), TERMINAL) == ("warn", "! 2")
    assert verdict(row(1, "a", status="ERRO", findings=3, errors=1), TERMINAL) == ("bad", "x 1")
    assert verdict(row(1, "a"), TERMINAL) == ("dim", "")


@pytest.mark.parametrize("width", [55, 73, 76, 100, 113, 114, 140, 197])
@pytest.mark.parametrize("every_tenant", [True, False])
def test_columns_fill_the_width_and_every_row_fits_them(width: int, every_tenant: bool) -> None:
    shown = columns(width, PT, lambda: NOW, lambda row: row.stage or 0, every_tenant=every_tenant)
    sizes = widths(shown, width)
    if width >= 73:
        assert sum(sizes) + GAP * (len(sizes) - 1) == width
    for document in showcase():
        for column, size in zip(shown, sizes, strict=True):
            pieces = clip(column.cell(document, size), size, "…", right=column.right)
            assert sum(len(text) for _, text in pieces) == size


def test_a_hostile_name_is_drawn_as_plain_text() -> None:
    shown = columns(76, EN, lambda: NOW, lambda _: 0, every_tenant=False)
    pieces = shown[0].cell(row(1, "\x1b[2J[red]x[/]\n.xml"), 20)
    assert pieces[0][1] == "[red]x[/] .xml"
