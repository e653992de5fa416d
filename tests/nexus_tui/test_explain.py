"""What is said about a document: what happened, why, which key is next; and nothing of it can act on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from fake_engine import NOW, SAO_PAULO, detail_of, row, showcase, step
from rich.cells import cell_len

from engine.errors import BadFilter, OwnerGone
from engine.facade.views import EventView
from nexus_tui.look import Look
from nexus_tui.problem import ENDED, ended, problem_of
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


def test_a_finding_shows_what_stands_there_what_should_and_where() -> None:
    document = row(1, "a", status="ERRO", findings=1, errors=1)
    said = text(explain.findings(detail_of(document, "en"), EN, 78))
    assert said[1:] == [
        " x ICMS-17  item 3: alíquota 18 % ≠ 12 % interestadual",
        "   found 18.00   expected 12.00   cStat 693",
        "   /nfeProc/NFe/infNFe/det[3]/imposto/ICMS/ICMS00/pICMS",
        "   Res. SF 22/1989, art. 1º",
    ]
    assert "   encontrado 18.00   esperado 12.00   cStat 693" in text(
        explain.findings(detail_of(document, "pt"), PT, 78)
    )


def test_a_finding_without_values_shows_none() -> None:
    document = row(1, "a", status="ALERTA", findings=2)
    said = text(explain.findings(detail_of(document, "en"), EN, 78))
    assert said[2:4] == ["   found 84713012", "   /nfeProc/NFe/infNFe/det[7]/prod"]
    assert len(said) == 5


def test_values_too_long_for_one_line_have_one_each_and_keep_both_ends() -> None:
    document = row(1, "a", status="ERRO", findings=1, errors=1)
    detail = detail_of(document, "en")
    long = replace(detail.findings[0], found="", expected="gIBSMonoAdRem, gIBSMonoAdValorem, gCBSMonoAdRem", legal=None)
    said = text(explain.findings(replace(detail, findings=(long,)), EN, 41))
    assert (said[-4], said[-2]) == ("   found -", "   cStat 693")
    assert said[-3].startswith("   expected gIBSMono")
    assert said[-3].endswith("gCBSMonoAdRem")
    assert "…" in said[-3]
    assert said[-1].startswith("   /nfeProc/NFe")
    assert said[-1].endswith("/ICMS00/pICMS")
    assert all(cell_len(line) <= 41 for line in said)


def test_an_event_says_which_it_is_and_what_the_authority_answered() -> None:
    detail = detail_of(row(1, "a", family="event"), "en")
    assert detail.event is not None
    assert " Event       110111   no. 1   cStat 135" in text(explain.facts(detail, EN, 78))
    silent = replace(detail, event=replace(detail.event, cstat=None))
    assert " Evento      110111   nº 1   a resposta da SEFAZ não está no arquivo" in text(explain.facts(silent, PT, 78))


@pytest.mark.parametrize("width", [41, 78])
def test_every_done_cell_of_the_pipeline_has_a_line_in_the_timeline(width: int) -> None:
    said = text(explain.timeline(detail_of(row(1, "a", stage=10), "en"), EN, width))
    assert [line.split()[0] for line in said[1:]] == [f"A{cell}" for cell in range(11)]
    assert said[1] == " A0 planner          once for the job"
    assert said[3] == " A2 parser           in one step with A3"
    in_portuguese = text(explain.timeline(detail_of(row(1, "a", stage=10), "pt"), PT, width))
    assert all(cell_len(line) <= width for line in (*said[1:], *in_portuguese[1:]))


def test_a_shared_step_is_told_once_a_run_and_not_where_it_has_a_line_of_its_own() -> None:
    detail = detail_of(row(1, "a"), "en")
    again = (
        step(1, 1, state="dead"),
        step(1, 1),
        step(3, 1, state="retried"),
        step(3, 1),
        step(1, 1),
        step(2, 1),
        step(3, 1),
    )
    said = text(explain.timeline(replace(detail, timeline=again), EN, 78))
    assert [line.split()[0] for line in said[1:]] == ["A0", "A1", "A1", "A2", "A3", "A3", "A0", "A1", "A2", "A3"]


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
        event=EventView(type=HOSTILE, sequence=1, cstat=HOSTILE, target=HOSTILE),
        findings=tuple(
            replace(
                one,
                code=HOSTILE,
                message=HOSTILE,
                legal=HOSTILE,
                path=HOSTILE,
                found=HOSTILE,
                expected=HOSTILE,
                cstat=HOSTILE,
            )
            for one in detail.findings
        ),
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


def test_an_error_is_told_in_the_readers_language() -> None:
    told = problem_of(BadFilter("'stat' is no filter word, did you mean state:?"), PT.say)
    assert (told.code, told.title) == ("NX-E15", "Filtro inválido")
    assert told.message == "'stat' não é palavra de filtro; seria state:?"
    assert told.hint.startswith("Palavras: state:")


def test_a_command_that_finds_no_owner_says_what_a_viewer_can_do() -> None:
    assert OwnerGone.code == ENDED
    assert problem_of(OwnerGone("Process 812, which owned the data directory, has ended."), EN.say) == ended(EN.say)


def test_rates_are_blocks_of_the_highest() -> None:
    assert levels([0, 1, 4, 8], TERMINAL.levels) == "▁▂▅█"
    assert levels([0, 0], TERMINAL.levels) == "▁▁"
    assert levels([1, 8], CONSOLE.levels) == "░█"


def test_lines_of_the_inbox() -> None:
    assert text([counts_line(None, [], EN, 80)]) == [""]
    assert text([matching_line(1_284, None, 2, True, 7, PT)]) == [
        "7 arquivos recebidos   2 marcados   1.284 de 1.284   mais novos primeiro "
    ]
