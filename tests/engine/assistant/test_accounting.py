"""Span accounting as properties: no word may be passed over, whatever else the question says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.assistant import lexicon, spelling
from engine.assistant.conversing import ALL_CODES, converse
from engine.assistant.material import Material
from engine.assistant.planning import plan
from engine.assistant.rules import RULES
from engine.assistant.spelling import distance, nearest
from engine.assistant.tokens import fold, number, tokenize
from tests.engine.assistant.test_questions import MONEY, RIGHT
from tests.engine.assistant.truth import BONUS, SALE

QUESTIONS = sorted({case.question for case in RIGHT if not case.question.startswith(("procure", "busque", "passages"))})


@pytest.mark.parametrize("strange", ["zzyzx", "exceto", "não", "somente", "média", "%", "+", "abril", "99999"])
def test_a_word_that_no_plan_uses_takes_the_answer_away_wherever_it_stands(strange: str) -> None:
    for question in QUESTIONS:
        words = question.split()
        for place in range(len(words) + 1):
            changed = " ".join((*words[:place], strange, *words[place:]))
            planned = plan(changed, "pt", "47605", ALL_CODES)
            if planned.plans and strange == "99999":
                # A number may be a bound or an item in place of another; it is never lost.
                assert "99999" in str(planned.plans), changed
            else:
                assert not planned.plans, changed


def test_two_questions_in_one_are_not_one_answer() -> None:
    for first in QUESTIONS[::5]:
        for second in QUESTIONS[::5]:
            assert not plan(f"{first.rstrip('?')}? {second}", "pt", "47605", ALL_CODES).plans


@pytest.mark.parametrize("language", ["pt", "en"])
def test_every_example_is_a_question_with_one_answer(language: str) -> None:
    for rule in RULES:
        example = rule.example[language == "en"]
        assert len(plan(example, language, "47605", ALL_CODES).plans) == 1, example  # type: ignore[arg-type]


def test_the_examples_mean_the_same_in_both_languages() -> None:
    for rule in RULES:
        portuguese, english = (
            plan(example, language, None, ALL_CODES).plans
            for example, language in zip(rule.example, ("pt", "en"), strict=True)
        )  # type: ignore[arg-type]
        assert [type(one) for one in portuguese] == [type(one) for one in english], rule.example


@pytest.mark.parametrize("question", QUESTIONS)
def test_accents_and_case_change_nothing(question: str) -> None:
    def plans(text: str) -> object:
        return plan(text, "pt", "47605", ALL_CODES).plans

    assert plans(question) == plans(question.upper())
    if not re.search(r"\bé\b", question, re.IGNORECASE) or "é o" in question:
        # `e` behind another word than qual, quem, quanto … is "and".
        assert plans(fold(question)) == plans(question) or re.search(r"\bé\b", question)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120))
def test_any_text_ends_as_a_plan_or_an_abstention(text: str) -> None:
    planned = plan(text, "pt", "1", ALL_CODES)
    assert planned.plans or planned.offers


def test_a_long_question_ends_soon(materials: dict[str, Material]) -> None:
    assert not converse("de a o " * 19 + "total " * 3, materials[BONUS], "full", "pt").answered
    assert not converse(" ".join(["entre 1 e 2 de 3 a 4"] * 8), materials[BONUS], "full", "pt").answered


def test_no_word_is_both_known_to_be_unused_and_used() -> None:
    used = {phrase[0] for phrase in lexicon.VOCABULARY if len(phrase) == 1}
    assert lexicon.KNOWN & used <= {"imposto", "tributo", "igual", "tax", "clientes", "caixa", "se"}


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("icsm", "icms"),
        ("tota", "total"),
        ("emitnte", "emitente"),
        ("destinatrio", "destinatario"),
        ("apontamentoss", "apontamentos"),
        ("ottal", "total"),
    ],
)
def test_a_typing_error_is_found(typed: str, taken: str) -> None:
    assert nearest(typed, lexicon.CONTENT) == taken


@pytest.mark.parametrize("word", ["unauthorised", "invalid", "imbalanced", "iss0", "ip", "parafuso", "granola", "xyz"])
def test_another_word_is_no_typing_error(word: str) -> None:
    assert nearest(word, lexicon.CONTENT - lexicon.KNOWN) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("icsm", "icms", 1), ("total", "total", 0), ("abcd", "acbd", 1), ("kitten", "sitting", 3), ("ab", "abcdef", 3)],
)
def test_distance_counts_swaps_as_one(one: str, other: str, expected: int) -> None:
    assert min(distance(one, other, 3), 3) == min(expected, 3)


def test_how_many_errors_a_word_may_have() -> None:
    assert [spelling.allowed("x" * length) for length in (3, 4, 7, 8, 12)] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("typed", "language", "value"),
    [
        ("1000", "pt", "1000"), ("1.000", "pt", "1000"), ("1.000", "en", "1.000"), ("1,000", "en", "1000"), ("1,000", "pt", "1.000"), ("1.000,50", "pt", "1000.50"),
        ("1,000.50", "en", "1000.50"), ("1,000.50", "pt", "1000.50"), ("10,5", "pt", "10.5"), ("1.000.000", "pt", "1000000"), ("0.500", "pt", "0.500"), ("1.2.3", "pt", None), ("12.34.567", "pt", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_the_language_writes_them(typed: str, language: str, value: str | None) -> None:
    found = number(typed, language)  # type: ignore[arg-type]
    assert (None if found is None else str(found)) == value


def test_every_visible_sign_is_accounted_for() -> None:
    assert [token.text for token in tokenize("ICMS-ST + 5% (R$ 1.000,00)?")] == [
        "ICMS",
        "ST",
        "+",
        "5",
        "%",
        "R$",
        "1.000,00",
    ]


def test_no_is_portuguese_in_a_portuguese_question_only() -> None:
    assert plan("quais os erros no item 1", "pt", None, ALL_CODES).plans
    assert not plan("items with no errors", "pt", None, ALL_CODES).plans
    assert not plan("no errors", "pt", None, ALL_CODES).plans


def test_scopes_answer_from_their_part_only(materials: dict[str, Material]) -> None:
    for question, able in (
        ("qual o total da nota?", {"summary", "full"}), ("quais apontamentos?", {"summary", "full"}), ("qual o risco?", {"summary", "full"}),
        ("explique TOT-20", {"summary", "full"}), ("quantos itens?", {"summary", "full"}), ("total de débitos", {"ledger", "full"}),
        ("lançamentos por conta", {"ledger", "full"}), ("total de ICMS", {"tax", "full"}), ("quais tributos são devidos?", {"tax", "full"}),
        ("quem é o emitente?", {"full"}), ("item mais caro", {"full"}), ("ICMS do item 1", {"full"}),
    ):  # fmt: skip
        for scope in ("summary", "ledger", "tax", "full"):
            answer = converse(question, materials[BONUS], scope, "pt")  # type: ignore[arg-type]
            assert answer.answered == (scope in able), (question, scope)
            if scope not in able:
                assert all(f"«{one}»" in answer.text for one in able) and not MONEY.search(answer.text)


def test_the_tax_scope_answers_from_the_apportionment(materials: dict[str, Material]) -> None:
    due = converse("total de ICMS", materials[SALE], "tax", "pt")
    assert "ICMS, UF:SP, débito: R$ 41,67 (base R$ 347,28)" in due.text
    assert {one.path for one in due.citations} == {"taxApportion[0]"}


def test_an_abstention_shows_where_a_strange_word_is_mentioned(materials: dict[str, Material]) -> None:
    answer = converse("tem granola na nota?", materials[BONUS], "full", "pt")
    assert not answer.answered and answer.unused == ("granola",)
    assert "Trechos que mencionam «granola»" in answer.text
    assert [one.item for one in answer.citations] == [1, 2, 3, 4]
    assert "Trechos" not in converse("tem granola na nota?", materials[BONUS], "summary", "pt").text
