"""`nexus enqueue` of what is no event: every field that does not fit, what was expected, what came, and what to do, in both languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.contract.events import EventName
from engine.facade import issues
from nexus_tui.i18n.issues_pt import PHRASES
from tests.nexus_tui.cli.conftest import Call
from tests.nexus_tui.cli.running import Nexus
from tests.nexus_tui.cli.test_commands import EVENT

WRONG = {
    "headers": EVENT["headers"] | {"timestamp": "now", "attempt": -1},
    "payload": {name: value for name, value in EVENT["payload"].items() if name != "status"}
    | {"sizeBytes": "1", "kind": "XML", "name": 3, "meta": {"tags": ["a", 1]}, "data": [1]},
}
ENGLISH = (
    'headers.attempt: expected a whole number of at least 0, found -1; headers.timestamp: expected a moment such as 2026-01-31T12:00:00Z, found "now"; '
    'payload.kind: expected one of CSV, IMAGE, NFE_XML, PDF, UNSUPPORTED, XLSX, found "XML"; payload.name: expected text, found 3; '
    'payload.sizeBytes: expected a whole number of at least 0, found "1"; payload.status: required; '
    "payload.meta.tags[1]: expected text, found 1; payload.data[0]: expected an object, found 1"
)
PORTUGUESE = (
    'headers.attempt: esperado um número inteiro a partir de 0 e veio -1; headers.timestamp: esperado um momento como 2026-01-31T12:00:00Z e veio "now"; '
    'payload.kind: esperado um de CSV, IMAGE, NFE_XML, PDF, UNSUPPORTED, XLSX e veio "XML"; payload.name: esperado texto e veio 3; '
    'payload.sizeBytes: esperado um número inteiro a partir de 0 e veio "1"; payload.status: obrigatório, falta; '
    "payload.meta.tags[1]: esperado texto e veio 1; payload.data[0]: esperado um objeto e veio 1"
)


def enqueue(
    call: Call, nexus: Nexus, tmp_path: Path, event: Any, *arguments: str, name: str = "evt.doc.ingested"
) -> Any:
    file = tmp_path / "event.json"
    file.write_bytes(event if isinstance(event, bytes) else json.dumps(event).encode())
    return call(nexus, "enqueue", name, "--file", file, *arguments, code=2)


def test_all_issues_are_told_at_once_in_both_languages(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    refused = enqueue(call, nexus, tmp_path, WRONG, "--json").object["refused"]
    assert refused == [{"subject": "", "reason": ENGLISH, "code": "NX-E14", "hint": "Compare it with docs/schema."}]
    assert enqueue(call, nexus, tmp_path, WRONG).err == f"nexus: {ENGLISH}\n       Compare it with docs/schema.\n"
    assert (
        enqueue(call, nexus, tmp_path, WRONG, "--lang", "pt").err
        == f"nexus: {PORTUGUESE}\n       Compare-o com docs/schema.\n"
    )


@pytest.mark.parametrize(
    ("event", "name", "said"),
    [
        ({}, "evt.doc.ingested", "headers: required; payload: required"),
        ({"headers": [], "payload": []}, "evt.doc.ingested", "headers: expected an object, found a list; payload: expected an object, found a list"),
        (EVENT | {"version": 2}, "evt.doc.ingested", "version: expected 1, found 2"),
        (EVENT | {"payload": EVENT["payload"] | {"name": "\ud800"}}, "evt.doc.ingested", "The event holds text that is no UTF-8, or is nested beyond what can be read."),
    ],
    ids=["empty", "lists", "version", "no UTF-8"],
)  # fmt: skip
def test_what_is_no_event(call: Call, nexus: Nexus, tmp_path: Path, event: Any, name: str, said: str) -> None:
    [refused] = enqueue(call, nexus, tmp_path, event, "--json", name=name).object["refused"]
    assert (refused["reason"], refused["code"]) == (said, "NX-E14")
    portuguese = enqueue(call, nexus, tmp_path, event, "--lang", "pt", name=name).err
    assert "Compare-o com docs/schema." in portuguese
    assert not any(word in portuguese for word in ("required", "expected", "found", "The event"))


@pytest.mark.parametrize(
    ("name", "english", "portuguese"),
    [
        ("evt.doc.ingest", "no event is called evt.doc.ingest, the nearest is evt.doc.ingested", "nenhum evento se chama evt.doc.ingest, o mais parecido é evt.doc.ingested"),
        ("EVT.Report.Ready", "no event is called EVT.Report.Ready, the nearest is evt.report.ready", "nenhum evento se chama EVT.Report.Ready, o mais parecido é evt.report.ready"),
        ("x;y", "no event is called x,y", "nenhum evento se chama x,y"),
    ],
)  # fmt: skip
def test_an_event_that_the_contract_has_not_is_told_with_the_nearest_and_all_of_them(
    call: Call, nexus: Nexus, tmp_path: Path, name: str, english: str, portuguese: str
) -> None:
    event = {"headers": EVENT["headers"] | {"attempt": -1}}
    [refused] = enqueue(call, nexus, tmp_path, event, "--json", name=name).object["refused"]
    assert refused["code"] == "NX-E63"
    assert refused["reason"] == f"name: {english}; headers.attempt: expected a whole number of at least 0, found -1; payload: required"
    assert all(one.value in refused["hint"] for one in EventName)
    told = enqueue(call, nexus, tmp_path, event, "--lang", "pt", name=name).err
    assert f"name: {portuguese}; headers.attempt: esperado um número inteiro a partir de 0 e veio -1; payload: obrigatório, falta" in told
    assert all(one.value in told for one in EventName)


def test_the_contracts_own_checks_name_their_field(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    doc = EVENT["payload"]
    audit = {
        "traceId": "t", "docId": "d", "generatedAt": "2026-01-01T00:00:00Z",
        "summary": {"title": "", "summary": "s", "keyMetrics": [{"metric": "m", "value": None, "insight": "i"}], "actionableInsights": []},
        "documents": [{"doc": doc, "status": "OK", "score": 3, "inconsistencies": []}],
        "accountingEntries": [{"docId": "d", "docName": "n", "account": "a", "type": "D", "value": "NaN"}],
    }  # fmt: skip
    event = {"headers": EVENT["headers"], "payload": {"audit": audit}}
    [refused] = enqueue(call, nexus, tmp_path, event, "--json", name="evt.audit.done").object["refused"]
    assert refused["reason"].split("; ") == [
        'payload.audit.summary.title: expected text that is not empty, found ""',
        "payload.audit.summary.keyMetrics[0].value: expected a value, found null",
        "payload.audit.documents[0].score: expected a number from 0 to 1, found 3",
        'payload.audit.accountingEntries[0].value: expected a number, found "NaN"',
    ]


def test_many_issues_are_counted_and_long_values_told_by_their_kind(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    payload = {"traceId": 1, "tenantId": "t", "documents": [{"docId": "d"}] * 50, "options": "x" * 100}
    event = {"headers": EVENT["headers"], "payload": payload}
    [refused] = enqueue(call, nexus, tmp_path, event, "--json", name="evt.pipeline.requested").object["refused"]
    parts = refused["reason"].split("; ")
    assert len(parts) == issues.MOST + 1
    assert parts[-1] == f"and {2 + 50 * 7 - issues.MOST} more"
    payload["documents"] = []
    assert (
        "payload.options: expected an object, found text"
        in enqueue(call, nexus, tmp_path, event, name="evt.pipeline.requested").err
    )
    assert (
        f"e mais {2 + 50 * 7 - issues.MOST}"
        in enqueue(
            call,
            nexus,
            tmp_path,
            event | {"payload": payload | {"documents": [{"docId": "d"}] * 50}},
            "--lang",
            "pt",
            name="evt.pipeline.requested",
        ).err
    )


@pytest.mark.parametrize(
    ("content", "english", "portuguese"),
    [
        (b'{"name": \n', "is not JSON (line 2, column 1)", "não é JSON (linha 2, coluna 1)"),
        (b"\xff", "is not UTF-8 text", "não é texto em UTF-8"),
        (b"[" * 100_000, "is nested too deep", "tem níveis demais"),
    ],
)
def test_a_file_that_is_no_json_is_told_with_its_place(
    call: Call, nexus: Nexus, tmp_path: Path, content: bytes, english: str, portuguese: str
) -> None:
    file = tmp_path / "event.json"
    told = enqueue(call, nexus, tmp_path, content)
    assert f"Error (NX-E14): Invalid value: {file}: {english}\nCompare it with docs/schema.\n" in told.err
    assert (
        f"Erro (NX-E14): Valor inválido: {file}: {portuguese}\nCompare-o com docs/schema.\n"
        in enqueue(call, nexus, tmp_path, content, "--lang", "pt").err
    )
    error = json.loads(enqueue(call, nexus, tmp_path, content, "--json").err)["error"]
    assert (error["code"], error["hint"]) == ("NX-E14", "Compare it with docs/schema.")


def test_a_file_without_end_and_one_that_says_a_thing_twice(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    told = call(nexus, "enqueue", "evt.doc.ingested", "--file", "/dev/zero", "--lang", "pt", code=2)
    assert "/dev/zero: tem mais de 1048576 bytes" in told.err
    twice = b'{"headers": {"attempt": 0, "attempt": 1}}'
    assert f"{tmp_path / 'event.json'}: gives a key twice" in enqueue(call, nexus, tmp_path, twice).err
    assert "traz uma chave duas vezes" in enqueue(call, nexus, tmp_path, twice, "--lang", "pt").err


def test_a_file_that_holds_another_event(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    told = enqueue(call, nexus, tmp_path, EVENT, "--lang", "pt", name="evt.doc.parsed")
    assert f"{tmp_path / 'event.json'} não contém evt.doc.parsed" in told.err


def test_every_phrase_of_an_issue_is_there_in_portuguese() -> None:
    said = {
        issues.OBJECT,
        issues.LIST,
        issues.TEXT,
        issues.NUMBER,
        issues.SCHEMA,
        *issues._CHECKS.values(),
        *issues._PLAIN.values(),
    }
    assert said <= set(PHRASES)
    assert all(
        any(one.startswith(phrase.partition(" {}")[0]) for phrase in PHRASES) for one in issues._PATTERNS.values()
    )
    assert all(english.count("{}") == portuguese.count("{}") for english, portuguese in PHRASES.items())
