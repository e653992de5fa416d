"""`nexus assistant`: what is printed, and what ends with which code."""

from __future__ import annotations

from typing import Any

from tests.nexus_tui.cli.conftest import NOTE, Call
from tests.nexus_tui.cli.running import Nexus

Worked = tuple[Nexus, list[dict[str, Any]]]


def doc(worked: Worked, name: str = NOTE) -> str:
    return next(str(value["docId"]) for value in worked[1] if value["file"].endswith(name))


def test_a_question_is_answered_with_where_it_stands(call: Call, worked: Worked) -> None:
    told = call(worked[0], "assistant", "ask", doc(worked), "qual", "o", "total", "da", "nota?", "--lang", "pt")
    assert (
        told.out
        == "Total da nota: R$ 610,37 (vNF, como escrito no documento).\n  ↳ aggregatedMetrics.total · R$ 610,37\n"
    )
    assert call(worked[0], "assistant", "ask", doc(worked), "what is the total?").out.startswith(
        "Total of the note: R$ 610.37"
    )


def test_one_object_is_printed_for_programs(call: Call, worked: Worked) -> None:
    value = call(worked[0], "assistant", "ask", doc(worked), "ICMS do item 1", "--json").object
    assert set(value) == {
        "docId", "scope", "answer", "knowledge", "reportSummary", "answered", "citations", "unusedWords", "understood", "suggestions", "stale",
    }  # fmt: skip
    assert value["docId"] == doc(worked) and value["scope"] == "full" and value["answered"] is True
    [citation] = value["citations"]
    assert citation == {
        "docId": doc(worked),
        "finding": None,
        "item": 1,
        "path": "lines[0].produto_valor_icms",
        "text": "GRANOLA BANANA & MEL 800G R$ 18.49",
    }


def test_what_cannot_be_answered_ends_with_1_and_names_the_words(call: Call, worked: Worked) -> None:
    told = call(worked[0], "assistant", "ask", doc(worked), "total das notas exceto devoluções", "--lang", "pt", code=1)
    assert "não pude usar «notas», «exceto», «devoluções»" in told.out
    value = call(
        worked[0], "assistant", "ask", doc(worked), "total das notas exceto devoluções", "--json", code=1
    ).object
    assert (
        value["unusedWords"] == ["notas", "exceto", "devoluções"]
        and value["answered"] is False
        and value["citations"] == []
    )


def test_a_scope_that_cannot_answer_says_which_can(call: Call, worked: Worked) -> None:
    told = call(worked[0], "assistant", "ask", doc(worked), "debits", "--scope", "tax", code=1)
    assert "The scope «tax» does not answer this; «ledger» or «full» does." in told.out


def test_all_documents_are_asked(call: Call, worked: Worked) -> None:
    objects = call(worked[0], "assistant", "ask", "--all", "is it a duplicate?", "--json").objects
    duplicates = {value["docId"] for value in worked[1] if value["state"] == "duplicate"}
    assert {value["docId"] for value in objects if value["answer"].startswith("Yes")} == duplicates
    assert len(objects) == len(worked[1])


def test_wrong_calls_are_usage_errors(call: Call, worked: Worked) -> None:
    assert "no scope" in call(worked[0], "assistant", "ask", doc(worked), "total", "--scope", "all", code=2).err
    assert "name a document" in call(worked[0], "assistant", "ask", doc(worked), code=2).err
    assert "NX-E50" in call(worked[0], "assistant", "ask", doc(worked), "   ", code=2).err
    assert "NX-E50" in call(worked[0], "assistant", "ask", doc(worked), "x" * 501, code=2).err
    told = call(worked[0], "assistant", "ask", "nothing", "total", code=1)
    assert "nothing: " in told.err and told.out == ""


def test_a_usage_error_is_told_in_portuguese(call: Call, worked: Worked) -> None:
    assert (
        "indique um documento e uma pergunta"
        in call(worked[0], "--lang", "pt", "assistant", "ask", doc(worked), code=2).err
    )
    assert (
        "não é escopo"
        in call(worked[0], "--lang", "pt", "assistant", "ask", doc(worked), "total", "--scope", "all", code=2).err
    )
