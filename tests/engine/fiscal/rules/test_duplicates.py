"""The later of two documents repeats; what it repeats decides how grave that is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from engine.fiscal.findings import Severity
from engine.fiscal.identifiers import key_check_digit
from engine.fiscal.note import Medium
from engine.fiscal.rules import Surroundings, Twin, adds, audit, is_evidence, render
from engine.fiscal.rules.duplicates import same_key

Builder = Any


def duplicates(
    builder: Builder, surroundings: Surroundings, *twins: Twin, order: int = 2
) -> list[tuple[str, Severity, str]]:
    near = Surroundings(tables=surroundings.tables, twins=twins, order=order)
    return [(found.code, found.severity, found.arguments.get("case", "")) for found in audit(builder.note(), near)]


def other_key(builder: Builder) -> str:
    body: str = builder.key()[:35] + "11111111"
    return body + key_check_digit(body)


def test_the_same_key_with_other_content_is_an_error(builder: Builder, surroundings: Surroundings) -> None:
    twin = Twin(access_key=builder.key(), digest="e" * 64, medium="xml", order=1, environment="1", bookable=True)
    assert duplicates(builder, surroundings, twin) == [("DUP-01", Severity.ERRO, "different")]


@pytest.mark.parametrize(("medium", "digest", "case"), [("xml", "d" * 64, "equal"), ("list", "f" * 64, "evidence")])
def test_the_same_content_or_another_medium_is_said_and_no_more(
    medium: Medium, digest: str, case: str, builder: Builder, surroundings: Surroundings
) -> None:
    twin = Twin(access_key=builder.key(), digest=digest, medium=medium, order=1, bookable=True)
    assert duplicates(builder, surroundings, twin) == [("DUP-01", Severity.INFO, case)]


@pytest.mark.parametrize("medium", ["list", "xml"])
@pytest.mark.parametrize(
    ("facts", "case"),
    [
        ({}, "evidence"),
        ({"value": Decimal("999999.99")}, "different"),
        ({"issuer": "99888777000166"}, "different"),
        ({"recipient": "99888777000166"}, "different"),
        ({"recipient": "***.165.104-**"}, "evidence"),
        ({"issue_date": "2001-01-01"}, "different"),
    ],
)
def test_a_list_contradicts_only_in_what_both_state(
    medium: Medium, facts: dict[str, Any], case: str, builder: Builder, surroundings: Surroundings
) -> None:
    protocol = None if medium == "list" else builder.note().protocol
    note = msgspec.structs.replace(builder.note(), medium=medium, protocol=protocol)
    agreed = {"value": note.value, "issuer": note.issuer.id, "recipient": note.recipient.id}
    stated = {**agreed, "issue_date": note.issue_date, **facts}
    twin = Twin(access_key=builder.key(), digest="f" * 64, medium="list", order=1, **stated)
    found = list(same_key(note, Surroundings(tables=surroundings.tables, twins=(twin,), order=2)))
    severity = Severity.ERRO if case == "different" else Severity.INFO
    if medium == "xml" and case == "different":
        case = "different_authorised"
    assert [(one.severity, one.arguments["case"]) for one in found] == [(severity, case)]


@pytest.mark.parametrize(("digest", "case"), [("d" * 64, "authorised"), ("e" * 64, "different_authorised")])
def test_the_authorised_one_of_several_files_is_not_called_a_copy_of_those_without(
    digest: str, case: str, builder: Builder, surroundings: Surroundings
) -> None:
    bare = Twin(access_key=builder.key(), digest=digest, medium="xml", order=1)
    severity = Severity.INFO if case == "authorised" else Severity.ERRO
    assert duplicates(builder, surroundings, bare) == [("DUP-01", severity, case)]
    [told] = audit(builder.note(), Surroundings(tables=surroundings.tables, twins=(bare,), order=2))
    assert adds([told])
    assert "protocolo" in render(told, "pt") and "authoris" in render(told, "en")
    before = msgspec.structs.replace(builder.note(), protocol=None)
    [late] = same_key(before, Surroundings(twins=(replace(bare, bookable=True),), order=2))
    assert not adds([late]) and late.arguments["case"] == ("equal" if case == "authorised" else "different")


@pytest.mark.parametrize("leaf", [{"tpAmb": "2"}, {}])
def test_what_may_not_be_booked_either_brings_no_authorisation(
    leaf: dict[str, str], builder: Builder, surroundings: Surroundings
) -> None:
    builder.identification |= leaf
    note = builder.note() if leaf else builder.note(protocol={"cStat": "101"})
    bare = Twin(access_key=note.access_key, digest=note.digest, medium="xml", order=1)
    [found] = same_key(note, Surroundings(tables=surroundings.tables, twins=(bare,), order=2))
    assert found.arguments["case"] == "equal"


@pytest.mark.parametrize("booked", [True, False])
def test_evidence_knows_whether_the_note_is_in_the_books(booked: bool, builder: Builder) -> None:
    note = msgspec.structs.replace(builder.note(), medium="list", protocol=None)
    twin = Twin(access_key=note.access_key, digest="f" * 64, medium="xml", order=1, bookable=booked)
    found = list(same_key(note, Surroundings(twins=(twin,), order=2)))
    assert (adds(found), is_evidence(found)) == (True, booked)


def test_several_copies_are_one_finding_the_gravest(builder: Builder, surroundings: Surroundings) -> None:
    key = builder.key()
    equal = Twin(access_key=key, digest="d" * 64, medium="xml", order=0, bookable=True)
    other = Twin(access_key=key, digest="e" * 64, medium="xml", order=1)
    assert duplicates(builder, surroundings, equal, other) == [("DUP-01", Severity.ERRO, "different")]


def test_another_key_for_the_same_number_is_an_error(builder: Builder, surroundings: Surroundings) -> None:
    twin = Twin(access_key=other_key(builder), digest="e" * 64, medium="xml", order=1, environment="1")
    assert duplicates(builder, surroundings, twin) == [("DUP-02", Severity.ERRO, "")]


def test_production_and_homologation_number_independently(builder: Builder, surroundings: Surroundings) -> None:
    twin = Twin(access_key=other_key(builder), digest="e" * 64, medium="xml", order=1, environment="2")
    assert duplicates(builder, surroundings, twin) == []


def test_only_the_later_document_repeats(builder: Builder, surroundings: Surroundings) -> None:
    twin = Twin(access_key=builder.key(), digest="e" * 64, medium="xml", order=3)
    assert duplicates(builder, surroundings, twin) == []


def test_the_order_in_which_twins_are_given_is_of_no_consequence(builder: Builder, surroundings: Surroundings) -> None:
    twins = [
        Twin(access_key=builder.key(), digest=letter * 64, medium="xml", order=place)
        for place, letter in enumerate("de")
    ]
    assert duplicates(builder, surroundings, *twins) == duplicates(builder, surroundings, *reversed(twins))


@pytest.mark.parametrize("key", [None, "rubbish", "3" * 44])
def test_twins_without_a_usable_key_are_no_twins(key: str | None, builder: Builder, surroundings: Surroundings) -> None:
    assert duplicates(builder, surroundings, Twin(access_key=key, digest=None, medium="xml", order=1)) == []
