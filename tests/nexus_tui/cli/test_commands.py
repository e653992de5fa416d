"""Every other command, called in this process over one data directory that was worked in, or over one of its own where it changes things."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.contract.payloads import AuditReport
from tests.nexus_tui.cli.conftest import NOTE, Call
from tests.nexus_tui.cli.running import Nexus

Worked = tuple[Nexus, list[dict[str, Any]]]


def named(objects: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(value for value in objects if value["file"].endswith(name))


# Documents


def test_documents_are_listed_newest_first_and_filtered(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    rows = call(nexus, "docs", "ls", "--json").objects
    assert [row["seq"] for row in rows] == sorted((row["seq"] for row in rows), reverse=True)
    assert {row["docId"] for row in rows} == {value["docId"] for value in objects}
    assert call(nexus, "docs", "ls", "--json", "--limit", "3").objects == rows[:3]
    assert {row["state"] for row in call(nexus, "docs", "ls", "state:duplicate", "--json").objects} == {"duplicate"}
    both = call(nexus, "docs", "ls", "family:nfe", "status:ERRO", "--json").objects
    assert both == call(nexus, "docs", "ls", "family:nfe status:ERRO", "--json").objects
    assert {(row["family"], row["status"]) for row in both} == {("nfe", "ERRO")}
    assert call(nexus, "docs", "ls", "d'agua", "--json").out == ""
    assert call(nexus, "docs", "ls", "--tenant", "other", "--json").out == ""
    table = call(nexus, "docs", "ls", "state:duplicate").out
    assert table.splitlines()[0].split() == ["document", "name", "family", "state", "status", "errors", "total"]
    assert len(table.splitlines()) == 2 + sum(value["state"] == "duplicate" for value in objects)


@pytest.mark.parametrize(
    ("filter", "said"),
    [
        ("stat:done", "did you mean state:?"),
        ("state:don", "did you mean done?"),
        ("age>soon", "age>10m"),
        ('"x', "No closing quotation"),
    ],
)
def test_a_bad_filter_is_a_usage_error_with_the_nearest_word(
    call: Call, worked: Worked, filter: str, said: str
) -> None:
    arguments = ("docs", "ls", f"state:done {filter}")
    ended = call(worked[0], *arguments, code=2)
    assert said in ended.err
    assert ended.out == ""
    as_json = call(worked[0], *arguments, "--json", code=2)
    assert as_json.out == ""
    error = json.loads(as_json.err)["error"]
    assert (error["code"], set(error)) == ("NX-E15", {"code", "title", "message", "hint"})


def test_a_document_is_shown_as_process_printed_it(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    value = named(objects, "vnf_divergente.xml")
    shown = call(nexus, "docs", "show", value["docId"], "--json").object
    assert shown == value | {"file": Path(value["file"]).name}
    text = call(nexus, "docs", "show", value["docId"]).out
    for part in (value["docId"], "TOT-20", "A10", value["total"]):
        assert part in text
    findings = call(nexus, "docs", "findings", value["docId"], "--json").objects
    assert findings == value["findings"]
    assert "TOT-20" in call(nexus, "docs", "findings", value["docId"]).out
    rows = call(nexus, "docs", "items", value["docId"], "--json")
    assert len(rows.objects) == value["itemCount"]
    assert re.search(r'"produto_qtd":\d+\.\d{4},"produto_valor_unit":\d+\.\d{7},', rows.out), (
        "the digits are the document's"
    )


def test_a_report_is_the_wires(call: Call, worked: Worked, tmp_path: Path) -> None:
    nexus, objects = worked
    value = named(objects, NOTE)
    ended = call(nexus, "docs", "report", value["docId"], "--json")
    report = msgspec.json.decode(ended.out.encode(), type=AuditReport, strict=True)
    assert (report.doc_id, report.trace_id) == (value["docId"], value["traceId"])
    assert call(nexus, "docs", "report", value["docId"]).out != ended.out
    out = tmp_path / "report.json"
    assert call(nexus, "docs", "report", value["docId"], "--out", out).out == ""
    assert out.read_text(encoding="utf-8") + "\n" == ended.out
    assert (
        "No such file" in call(nexus, "docs", "report", value["docId"], "--out", tmp_path / "no" / "x.json", code=2).err
    )


@pytest.mark.parametrize("command", ["show", "report", "items", "findings"])
def test_a_document_that_is_not_there(call: Call, worked: Worked, command: str) -> None:
    ended = call(worked[0], "docs", command, "f" * 32, code=1)
    assert ended.out == ""
    assert ended.err.startswith(f"nexus: {'f' * 32}: no ")


def test_search_ignores_accents_and_knows_qualifiers(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    value = named(objects, NOTE)
    word = value["issuer"]["name"].split()[0].lower()
    hits = call(nexus, "search", word, "--json").objects
    assert value["docId"] in {hit["docId"] for hit in hits}
    assert set(hits[0]) == {"docId", "file", "snippet"}
    narrow = call(nexus, "search", word, f"doc:{value['docId']}", "--json").objects
    assert [hit["docId"] for hit in narrow] == [value["docId"]]
    assert call(nexus, "search", "palavraqueninguemescreve").out == "Nothing found.\n"
    assert call(nexus, "search", "palavraqueninguemescreve", "--json").out == ""
    assert call(nexus, "search", "stat:done", code=2).out == ""


def test_reprocess_previews_and_makes_a_new_trace(call: Call, nexus: Nexus, data: Path) -> None:
    first = call(nexus, "process", data / "nfe" / NOTE, "--json").object
    database = (nexus.directory / "nexus.db").read_bytes()
    for arguments in (("--filter", "family:nfe"), ("--job", first["traceId"]), (first["docId"],)):
        told = call(nexus, "reprocess", *arguments, "--dry-run", "--json").object
        assert told == {
            "done": 1, "refused": [], "undo": None, "dryRun": True, "states": {"done": 1}, "locks": {"inTheWay": 0, "cleared": 0},
            "priority": "normal",
        }  # fmt: skip
    assert (nexus.directory / "nexus.db").read_bytes() == database
    told = call(nexus, "reprocess", "f" * 32, "--dry-run", "--json", code=1).object
    assert told["refused"] == [
        {"subject": "f" * 32, "reason": "no such document", "code": "NX-F01", "hint": "`nexus docs ls` lists them."}
    ]
    job = call(nexus, "reprocess", first["docId"], "--json").object["jobId"]
    active = call(nexus, "reprocess", first["docId"], "--json", code=1).object
    assert [one["code"] for one in active["refused"]] == ["NX-F02"]
    # The next owner that works finishes what waits; another document makes it stay long enough.
    call(nexus, "process", data / "nfe" / "nfce.xml", "--json")
    wait_for(call, nexus, first["docId"], "done", data)
    again = call(nexus, "docs", "show", first["docId"], "--json").object
    assert again["traceId"] == job != first["traceId"]
    assert "--job" in call(nexus, "reprocess", code=2).err


def wait_for(call: Call, nexus: Nexus, doc: str, state: str, data: Path) -> None:
    """Let engines run until a document has a state."""
    for _ in range(20):
        if call(nexus, "docs", "show", doc, "--json").object["state"] == state:
            return
        call(nexus, "process", data / "nfe" / "nfce.xml", "--json")
    raise AssertionError(f"{doc} is not {state}")


def test_a_cancelled_document_stays_so(call: Call, nexus: Nexus, data: Path) -> None:
    told = call(nexus, "add", data / "nfe" / NOTE, "--json").object
    assert call(nexus, "docs", "cancel", told["docId"], "--json").object["done"] == 1
    ended = call(nexus, "docs", "cancel", told["docId"], code=1)
    assert ended.out == "0 cancelled\n"
    assert "already at its end" in ended.err
    assert call(nexus, "jobs", "ls", "--json").object["counts"]["finished"] == 1


# Jobs


def test_jobs(call: Call, worked: Worked) -> None:
    nexus, objects = worked
    [job] = call(nexus, "jobs", "ls", "--json").objects
    assert (job["jobId"], job["status"]) == (objects[0]["traceId"], "report_ready")
    assert job["counts"] == {"total": len(objects), "finished": len(objects), "failed": 0, "skipped": 0}
    assert call(nexus, "jobs", "ls", "--tenant", "other", "--json").out == ""
    shown = call(nexus, "jobs", "show", job["jobId"], "--json").object
    assert set(shown) >= {"jobId", "tenantId", "status", "docIds", "createdAt", "updatedAt", "documents", "counts"}
    assert job["jobId"] in call(nexus, "jobs", "show", job["jobId"]).out
    assert call(nexus, "jobs", "show", "none", code=1).err == "nexus: none: no such job\n       `nexus jobs ls`\n"


# Queues and dead letters


def test_queues_are_changed_paused_and_purged(call: Call, nexus: Nexus, data: Path) -> None:
    call(nexus, "init")
    assert call(nexus, "queues", "set", "audit", "concurrency=3", "retention_ms=7200000", "--json").object["done"] == 1
    assert call(nexus, "queues", "pause", "audit", "--json").object["undo"] == "undo"
    shown = call(nexus, "queues", "show", "audit", "--json").object
    assert (shown["concurrency"], shown["retention_ms"], shown["paused"]) == (3, 7_200_000, True)
    assert "max_attempts" not in shown
    status = call(nexus, "status", "--json").object
    assert status["checks"]["paused"] == {"status": "warn", "observed": 1}
    assert "yes" in call(nexus, "queues", "ls").out
    call(nexus, "queues", "resume", "audit")
    for arguments in (
        ("set", "audit", "colour=1"), ("set", "audit", "batch"), ("set", "audit", "batch=-1"), ("set", "audit", "batch=²"), ("set", "audit", "batch=" + "9" * 30),
        ("set", "audit", "concurrency=0"), ("set", "audit", "max_attempts=2"), ("set", "nope", "batch=1"), ("pause", "nope"), ("show", "nope"), ("purge", "audit"), ("purge", "audit", "--confirm", "ingest"),
    ):  # fmt: skip
        assert call(nexus, "queues", *arguments, code=2).err
    call(nexus, "add", data / "nfe" / NOTE, data / "nfe" / "nfce.xml")
    purged = call(nexus, "queues", "purge", "ingest", "--confirm", "ingest", "--json").object
    assert (purged["done"], purged["undo"]) == (1, "undo")
    assert len(call(nexus, "docs", "ls", "state:cancelled", "--json").objects) == 2
    [binned] = call(nexus, "dlq", "ls", "--bin", "--json").objects
    assert purged["messages"] == [binned["id"]]
    assert call(nexus, "dlq", "undrop", str(binned["id"]), "--json").object["done"] == 1
    assert len(call(nexus, "docs", "ls", "state:active", "--json").objects) == 2


EVENT: dict[str, Any] = {
    "name": "evt.doc.ingested", "version": 1,
    "headers": {"traceId": "t", "docId": "f" * 32, "idempotencyKey": "k", "attempt": 0, "timestamp": "2026-01-01T00:00:00Z"},
    "payload": {
        "docId": "f" * 32, "tenantId": "default", "source": "upload", "kind": "NFE_XML", "name": "x.xml", "sizeBytes": 1,
        "uploadedAt": "2026-01-01T00:00:00Z", "status": "parsed",
    },
}  # fmt: skip


def test_an_event_by_hand_and_its_dead_letter(call: Call, nexus: Nexus, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "event.json"

    def enqueue(event: Any, name: str = "evt.doc.ingested", code: int = 0) -> Any:
        file.write_text(event if isinstance(event, str) else json.dumps(event), encoding="utf-8")
        return call(nexus, "enqueue", name, "--file", file, "--json", code=code)

    for event, name in (
        ("{", "evt.doc.ingested"),
        ([], "evt.doc.ingested"),
        (EVENT, "evt.doc.parsed"),
        ("[" * 100_000, "evt.doc.ingested"),
    ):
        assert enqueue(event, name, code=2).err
    for changed, said in (
        (EVENT | {"payload": EVENT["payload"] | {"sizeBytes": "1"}}, "sizeBytes"),
        (EVENT | {"payload": {}}, "docId"),
        (EVENT | {"headers": EVENT["headers"] | {"timestamp": "now"}}, "timestamp"),
        ({"payload": EVENT["payload"]}, "headers"),
    ):
        refused = enqueue(changed, code=2).object["refused"][0]
        assert refused["code"] == "NX-E14"
        assert said in refused["reason"]
    assert call(nexus, "enqueue", "evt.doc.ingested", "--file", tmp_path / "none", code=2).out == ""

    # No such document: the first agent cannot read what is not there.
    call(nexus, "queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=1")
    assert enqueue({name: EVENT[name] for name in ("headers", "payload", "version")}).object["docId"] == "f" * 32
    for _ in range(20):
        call(nexus, "process", data / "nfe" / NOTE, "--json")
        if letters := call(nexus, "dlq", "ls", "--json").objects:
            break
    [letter] = letters
    message = str(letter["id"])
    assert (letter["queue"], letter["docId"], letter["attempts"], len(letter["history"])) == ("parse", "f" * 32, 5, 5)
    assert call(nexus, "status", "--json").object["checks"]["dead_letters"] == {"status": "warn", "observed": 1}
    shown = call(nexus, "dlq", "show", message, "--json").object
    # A queue's time is a steady clock's, which each process ties to the wall's to the millisecond.
    assert abs(datetime.fromisoformat(shown["createdAt"]) - datetime.fromisoformat(letter["createdAt"])) <= timedelta(
        milliseconds=2
    )
    assert shown | {"createdAt": ""} == letter | {"event": EVENT, "createdAt": ""}
    assert '"evt.doc.ingested"' in call(nexus, "dlq", "show", message).out
    assert message in call(nexus, "dlq", "ls").out
    assert call(nexus, "dlq", "ls", "--queue", "audit", "--json").out == ""
    assert call(nexus, "dlq", "show", "999", code=1).err.startswith("nexus: 999: no such dead letter")

    dropped = call(nexus, "dlq", "drop", message, "--json").object
    assert (dropped["done"], dropped["undo"]) == (1, "undo")
    assert [one["code"] for one in call(nexus, "dlq", "drop", message, "--json", code=1).object["refused"]] == [
        "NX-F07"
    ]
    assert [one["code"] for one in call(nexus, "dlq", "undrop", "999", "--json", code=1).object["refused"]] == [
        "NX-F08"
    ]
    assert call(nexus, "dlq", "undrop", message, "--json").object["done"] == 1
    assert call(nexus, "dlq", "requeue", "--all", "--queue", "audit", "--json").object["done"] == 0
    assert call(nexus, "dlq", "requeue", "--all", "--json").object["done"] == 1
    assert call(nexus, "dlq", "ls", "--json").out == ""
    for arguments in (
        ("requeue",),
        ("drop",),
        ("requeue", message, "--from", "A3"),
        ("show", "0"),
        ("drop", "9" * 30),
        ("drop", "x"),
    ):
        assert call(nexus, "dlq", *arguments, code=2).out == ""


# Keys, locks, sweeping, companies


def test_keys(call: Call, nexus: Nexus, tmp_path: Path) -> None:
    (tmp_path / "value").write_bytes(b"from a file\xff")
    put = call(nexus, "kv", "put", "a:1", "um ção", "--ttl", "60", "--metadata", '{"x":1}', "--json").object
    assert put == {"done": 1, "refused": [], "undo": None}
    call(nexus, "kv", "put", "a:2", f"@{tmp_path / 'value'}")
    assert [key["key"] for key in call(nexus, "kv", "ls", "a:", "--json").objects] == ["a:1", "a:2"]
    assert len(call(nexus, "kv", "ls", "--limit", "1", "--json").objects) == 1
    got = call(nexus, "kv", "get", "a:1", "--json").object
    assert (got["value"], got["metadata"], set(got)) == (
        "um ção",
        '{"x":1}',
        {"key", "version", "expires_ms", "metadata", "value"},
    )
    assert call(nexus, "kv", "get", "a:1").out == "um ção\n"
    assert call(nexus, "kv", "ttl", "a:1", "0", "--json").object["done"] == 1
    assert call(nexus, "kv", "get", "a:1", "--json").object["expires_ms"] is None
    assert call(nexus, "kv", "ttl", "none", "5", code=1).err.startswith("nexus: none: no such key")
    assert call(nexus, "kv", "get", "none", code=1).out == ""
    for arguments in (
        ("put", "", "x"), ("put", "k", "@/nonexistent"), ("put", "k", "v", "--ttl", "0"), ("put", "k", "v", "--ttl", "9" * 20), ("put", "k", "v", "--metadata", "{"),
        ("put", "k", "v", "--namespace", "KV"), ("ls", "--namespace", "KV"), ("ttl", "a:1", "--", "-5"),
    ):  # fmt: skip
        assert call(nexus, "kv", *arguments, code=2).out in ("", "0 written\n")
    assert call(nexus, "kv", "del", "a:1", "a:2", "a:3", "--json").object["done"] == 2
    assert call(nexus, "sweep", "now", "--json").object["done"] == 0


def test_locks_ask_for_the_name_again(call: Call, nexus: Nexus, data: Path) -> None:
    import asyncio

    from engine.outside import SystemClock
    from store import locks, queues
    from store.queues import Draft
    from store.store import Store

    call(nexus, "init")

    async def hold() -> None:
        store = await Store.open(nexus.directory, SystemClock())
        now = store.clock.wall_ms()

        def fill(tx: Any) -> None:
            queue = queues.by_name(tx, "audit")
            assert queue is not None
            queues.send(tx, now, [Draft(queue=queue.id, body=b"{}", trace="alive")])
            locks.acquire(tx, now, "lock:doc:alive", "alive", 60_000)
            locks.acquire(tx, now, "lock:doc:stale", "gone", 60_000)

        await store.write(fill)
        await store.close()

    asyncio.run(hold())
    assert {lock["name"]: lock["alive"] for lock in call(nexus, "locks", "ls", "--json").objects} == {
        "lock:doc:alive": True,
        "lock:doc:stale": False,
    }
    assert call(nexus, "status", "--json").object["checks"]["locks"] == {"status": "warn", "observed": 1}
    assert call(nexus, "locks", "release", "lock:doc:stale", "--json").object["done"] == 1
    for confirm in ((), ("--confirm", "lock:doc:other")):
        refused = call(nexus, "locks", "release", "lock:doc:alive", *confirm, code=1)
        assert "--confirm" in refused.err
    assert (
        call(nexus, "locks", "release", "lock:doc:alive", "--confirm", "lock:doc:alive", "--json").object["done"] == 1
    )
    assert call(nexus, "locks", "release", "lock:doc:alive", "--json", code=1).object["refused"][0]["code"] == "NX-F09"
    assert call(nexus, "locks", "ls", "--json").out == ""


def test_companies_take_letters_and_refuse_wrong_digits(call: Call, nexus: Nexus) -> None:
    call(
        nexus,
        "companies",
        "add",
        "12.ABC.345/01DE-35",
        "--name",
        "Nós",
        "--regime",
        "real",
        "--uf",
        "SP",
        "--cnae",
        "6201501",
    )
    [company] = call(nexus, "companies", "ls", "--json").objects
    assert company == {"cnpj": "12ABC34501DE35", "name": "Nós", "regime": "real", "uf": "SP", "cnae": "6201501"}
    assert "12ABC34501DE35" in call(nexus, "companies", "ls").out
    assert call(nexus, "companies", "ls", "--tenant", "other", "--json").out == ""
    for arguments in (
        ("12ABC34501DE36",),
        ("34128745000152", "--regime", "lucro"),
        ("34128745000152", "--tenant", "*"),
        (),
    ):
        assert call(nexus, "companies", "add", *arguments, code=2).err
    assert call(nexus, "companies", "rm", "12abc34501de35", "--json").object["done"] == 1
    assert call(nexus, "companies", "rm", "12ABC34501DE35", "--json", code=1).object["refused"][0]["code"] == "NX-F12"


def test_incidents_of_the_timers_are_in_the_status(call: Call, nexus: Nexus) -> None:
    call(nexus, "init")
    incident = {"job": "retain", "what": "failed", "error": "DiskFull: No space left.", "at_ms": 1}
    call(nexus, "kv", "put", "scheduler:incidents", json.dumps([incident]), "--namespace", "local")
    check = call(nexus, "status", "--json").object["checks"]["scheduler"]
    assert check == {"status": "warn", "observed": 1, "newest": incident}
    assert "timers that failed" in call(nexus, "status").out
