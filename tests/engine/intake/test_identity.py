"""Ids by content alone, and the key an XML claims before anybody has parsed it."""

from __future__ import annotations

import hashlib

import pytest

from engine.intake.identity import claimed_key, document_id, number_key, part_id
from tests.simulation.notes import access_key, note


def test_the_same_bytes_are_the_same_document_on_every_box() -> None:
    sha = hashlib.sha256(b"a note").digest()
    assert document_id("default", sha) == hashlib.sha256(b"default\0" + sha).hexdigest()[:32]
    assert document_id("default", sha) != document_id("other", sha)


def test_parts_are_told_apart_by_key_or_place() -> None:
    sha = hashlib.sha256(b"a list").digest()
    assert len({part_id("default", sha, part) for part in ("1", "2", access_key(1))}) == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_a_claimed_key_is_seen_in_every_encoding_a_note_comes_in(encoding: str) -> None:
    assert claimed_key(note(7).decode().encode(encoding)) == access_key(7)


def test_no_key_no_claim() -> None:
    assert claimed_key(b"<NFe><infNFe/></NFe>") is None
    assert number_key(None) is None and number_key("123") is None
