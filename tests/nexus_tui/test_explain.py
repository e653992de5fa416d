"""What is said about a document: what happened, why, which key is next; and nothing of it can act on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fake_engine import NOW, SAO_PAULO, detail_of, row, showcase, step
from rich.cells import cell_len

from nexus_tui.look import Look
from nexus_tui.problem import problem_of
from nexus_tui.rooms import explain
from nexus_tui.rooms.document import overview
from nexus_tui.rooms.inbox_lines import counts_line, levels, matching_line
from nexus_tui.theme import CONSOLE, TERMINAL
from nexus_tui.widgets.pane import Line, content_of

EN = Look.of("en", SAO_PAULO, TERMINAL)
PT = Look.of("pt-BR", SAO_PAULO, TERMINAL)
HOSTILE = "\x1b[2J\x9b31m[red]evil[/]\n"


def text(lines: Sequence[Line]) -> list[str]:
    return ["".join(piece for _, piece in line) for line in lines]


@pytest.mark.parametrize("document", showcase(), ids=lambda document: document.state)
@pytest.mark.parametrize("look", [EN, PT], ids=["en", "pt"])
def test_every_state_is_explained_in_five_lines_before_and_after_its_detail(document: object, look: Look) -> None:
    assert hasattr(document, "stage")
    for detail in (None, detail_of(document, "en")):  # type: ignore[arg-type]
        lines = explain.summary(document, detail, document.stage or 0, NOW, look, 78)  # type: ignore[arg-type]
        assert len(lines) == 5
        assert text(lines)[1].strip()


def test_a_dead_letter_says_what_why_and_which_key() -> None:
    document = next(document for document in showcase() if document.state == "dead_lettered")
    said = text(explain.summary(document, detail_of(document, "en"), 3, NOW, EN, 78))
    assert said[0].startswith("balancete.xlsx   A3 dead letter   13:52:11")
    assert said[1] == 'No header row: sheet "Razão" has no header row in its first 20 lines'
    assert said[2] == "Mend the sheet and press r.   sheet.no_header"
    assert said[4] == "Next   r Requeue   R Reprocess   ⏎ Open   y Copy trace  "


def test_an_action_without_a_key_is_left_out() -> None:
    assert text([explain.next_keys(("requeue", "teleport"), EN, "⏎")]) == ["Next   r Requeue  "]


def test_findings_are_wrapped_under_themselves() -> None:
    document = row(1, "a", status="ERRO", findings=3, errors=1)
    said = text(explain.findings(detail_of(document, "en"), EN, 41))
    assert said[0] == " AUDIT  1 error · 2 warnings"
    assert said[1].startswith(" x ICMS-17  item 3: ")
    assert said[2].startswith(" " * 12)
    assert all(cell_len(line) <= 41 for line in said)


def test_a_step_that_did_not_go_well_says_so() -> None:
    document = row(1, "a", "dead_lettered", stage=3)
    detail = replace(detail_of(document, "en"), timeline=(step(2, 10), step(3, 60, 5, "dead", "boom")))
    said = text(explain.timeline(detail, EN, 80))
    assert said[1].startswith(" A2 parser")
    assert said[2].endswith("dead letter")
    assert said[3].strip() == "boom"


def test_nothing_a_document_says_reaches_the_terminal_as_more_than_text() -> None:
    document = replace(
        row(1, HOSTILE, "dead_lettered", stage=3, findings=1, errors=1), trace_id=HOSTILE, tenant=HOSTILE
    )
    detail = detail_of(document, "en")
    detail = replace(
        detail,
        error=replace(detail.error, title=HOSTILE, message=HOSTILE, hint=HOSTILE),  # type: ignore[type-var]
        issuer=replace(detail.issuer, id=HOSTILE, name=HOSTILE, uf=HOSTILE),
        number=HOSTILE,
        issued_at=HOSTILE,
        access_key=HOSTILE,
        operation=HOSTILE,
        findings=tuple(replace(finding, code=HOSTILE, message=HOSTILE, legal=HOSTILE) for finding in detail.findings),
        timeline=(step(3, 60, 5, "dead", HOSTILE),),
    )
    lines = [*explain.summary(document, detail, 3, NOW, EN, 78), *overview(detail, EN, 78)]
    for line in text(lines):
        assert line.isprintable()
    assert "[red]evil[/]" in content_of(lines).plain


def test_an_error_of_the_house_keeps_its_parts_and_any_other_is_ours() -> None:
    class Known(Exception):
        """The default message."""

        code, title, hint = "NX-E15", "Bad filter", "Do this"

    known = problem_of(Known(), EN.say)
    assert (known.code, known.title, known.message, known.hint) == (
        "NX-E15", "Bad filter", "The default message.", "Do this",
    )  # fmt: skip
    other = problem_of(ValueError("\x1b[31mx"), EN.say)
    assert (other.code, other.message) == ("ValueError", "x")
    assert "fault of Nexus" in other.hint


def test_rates_are_blocks_of_the_highest() -> None:
    assert levels([0, 1, 4, 8], TERMINAL.levels) == "▁▂▅█"
    assert levels([0, 0], TERMINAL.levels) == "▁▁"
    assert levels([1, 8], CONSOLE.levels) == "░█"


def test_lines_of_the_inbox() -> None:
    assert text([counts_line(None, [], EN, 80)]) == [""]
    assert text([matching_line(1_284, None, 2, True, 7, PT)]) == [
        "7 arquivos recebidos   2 marcados   1.284 de 1.284   mais novos primeiro "
    ]
