"""The exported JSON Schema is what the types say, and numbers are numbers in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.contract import schema
from engine.contract.events import EventName


def test_the_schemas_in_the_documentation_are_up_to_date() -> None:
    assert schema.stale(schema.FOLDER) == [], "run python -m engine.contract.schema"


def test_there_is_one_for_every_event_and_the_envelope() -> None:
    assert {"envelope.json", *(f"{name.value}.json" for name in EventName)} <= schema.documents().keys()


def test_amounts_are_numbers_and_shares_are_bounded() -> None:
    defs = json.loads(schema.documents()["evt.tax.ready.json"])["$defs"]
    assert defs["TaxApportion"]["properties"]["taxAmount"] == {"type": "number"}
    assert defs["TaxApportion"]["properties"]["confidence"] == {"type": "number", "minimum": 0, "maximum": 1}
    assert "decimal" not in "".join(schema.documents().values())


def test_no_optional_field_may_be_null() -> None:
    for name, text in schema.documents().items():
        assert '"null"' not in text, name


def test_local_additions_say_so() -> None:
    fields = json.loads(schema.documents()["evt.ledger.ready.json"])["$defs"]["LedgerReady"]["properties"]
    assert {name for name, field in fields.items() if "local" in field.get("$comment", "")} == {"half", "run", "extraction"}


def test_a_change_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(schema, "FOLDER", tmp_path)
    assert schema.main(["--check"]) == 1
    assert "envelope.json" in capsys.readouterr().err
    (tmp_path / "gone.json").write_text("{}")
    assert schema.main([]) == 0
    assert schema.main(["--check"]) == 0
    assert not (tmp_path / "gone.json").exists()
    (tmp_path / "envelope.json").write_text("{}")
    assert schema.stale(tmp_path) == ["envelope.json"]
