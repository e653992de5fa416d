"""Bad input over HTTP: whatever comes is answered with a code and the next step, changes nothing, and leaves no work behind."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import pytest

from nexus_tui.i18n.errors_pt import BY_CODE
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import serving
from tests.runbook.wire import (
    BOUNDARY,
    JSON,
    MULTIPART,
    TENANT,
    Answer,
    Wire,
    answer,
    coded,
    drained,
    form,
    issues,
    part,
    wire,
)

MIB = 1024 * 1024
DOCUMENT = '{"name":"a.xml","mimeType":"application/xml","sizeBytes":1}'
FILE = part(b"<a/>", filename="a.xml")
CHUNKED = "Transfer-Encoding: chunked"


def test_what_is_too_large_is_refused_by_its_size(served: Wire) -> None:
    coded(served.ask("GET", "/healthz", "X: " + "a" * 40_000), 431, "NX-H15")
    coded(served.ask("GET", "/healthz", *(f"X-{number}: a" for number in range(200))), 431, "NX-H15")
    coded(served.ask("GET", "/healthz", "X: " + "a" * 4_000_000), 431, "NX-H15")
    coded(served.ask("GET", "/api/reports/" + "a" * 10_000), 414, "NX-H13")
    coded(served.ask("POST", "/api/ingest", JSON, body=b" " * (5 * MIB)), 413, "NX-H12")
    coded(served.ask("POST", "/api/assistant", JSON, body=b" " * (65 * 1024)), 413, "NX-H12")
    announced = f"POST /api/ingest HTTP/1.1\r\nHost: {served.host}\r\n{served.bearer}\r\n{MULTIPART}\r\nContent-Length: {10**15}\r\n\r\n"
    with served.connect() as connection:
        connection.sendall(announced.encode())
        # Nothing more comes: the answer does not wait for it.
        connection.settimeout(2)
        coded(answer(drained(connection)), 413, "NX-H12")


MALFORMED: dict[str, tuple[bytes, str, str]] = {
    "empty": (b"", MULTIPART, "body: expected parts between lines of its boundary, found no end"),
    "no last boundary": (form(TENANT, FILE, end=False), MULTIPART, "body: expected parts between lines of its boundary, found no end"),
    "cut in a header": (form(TENANT, FILE)[: len(TENANT) + 60], MULTIPART, "body: expected parts between lines of its boundary, found no end"),
    "cut in a file": (form(TENANT, FILE)[: len(TENANT) + len(FILE) - 4], MULTIPART, "body: expected parts between lines of its boundary, found no end"),
    "another boundary": (form(TENANT, FILE).replace(BOUNDARY.encode(), b"other"), MULTIPART, "body: expected parts between lines of its boundary, found other text"),
    "no boundary": (form(TENANT, FILE), "Content-Type: multipart/form-data", "Content-Type.boundary: required"),
    "an endless boundary": (form(TENANT, FILE), f"Content-Type: multipart/form-data; boundary={'x' * 3000}", "Content-Type.boundary: expected at most 256 bytes, found 3000"),
    "a part without a name": (form(TENANT, part(b"x", None), FILE), MULTIPART, "parts[1].name: required"),
    "a part without a header": (form(TENANT, f"--{BOUNDARY}\r\n\r\nx\r\n".encode(), FILE), MULTIPART, "parts[1].name: required"),
    "a huge header": (form(TENANT, part(b"x", "file", "a", "X: " + "a" * 100_000)), MULTIPART, "parts[1]: expected parts between lines of its boundary, found headers that cannot be read"),
    "many headers": (form(TENANT, part(b"x", "file", "a", *(f"X-{n}: y" for n in range(2000)))), MULTIPART, "parts[1]: expected parts between lines of its boundary, found headers that cannot be read"),
    "base64": (form(TENANT, part(b"PGEvPg==", "file", "a.xml", "Content-Transfer-Encoding: base64")), MULTIPART, "parts[1].Content-Transfer-Encoding: expected plain bytes, found base64"),
    "no tenant": (form(FILE), MULTIPART, "tenantId: required"),
    "an empty tenant": (form(part(b"", "tenantId"), FILE), MULTIPART, "tenantId: required"),
    "a blank tenant": (form(part(b" \t ", "tenantId"), FILE), MULTIPART, "tenantId: required"),
    "a tenant twice": (form(TENANT, part(b"other", "tenantId"), FILE), MULTIPART, "tenantId: given twice"),
    "a tenant of no UTF-8": (form(part(b"\xff\xfe", "tenantId"), FILE), MULTIPART, "tenantId: expected text in UTF-8, found bytes that are no UTF-8"),
    "a long tenant": (form(part(b"x" * 201, "tenantId"), FILE), MULTIPART, "tenantId: expected at most 200 characters, found 201"),
    "an endless tenant": (form(part(b"x" * 500_000, "tenantId"), FILE), MULTIPART, "tenantId: expected at most 65536 bytes, found more"),
    "a tenant of two lines": (form(part(b"a\nb", "tenantId"), FILE), MULTIPART, "tenantId: expected text without control characters, found other text"),
    "a tenant with a zero": (form(part(b"a\0b", "tenantId"), FILE), MULTIPART, "tenantId: expected text without control characters, found other text"),
    "every tenant": (form(part(b"*", "tenantId"), FILE), MULTIPART, "tenantId: expected a tenant, found *"),
    "no file": (form(TENANT), MULTIPART, "file: required"),
    "nothing chosen": (form(TENANT, part(b"", filename="")), MULTIPART, "file[0]: expected a file, found no file"),
    "too many files": (form(TENANT, *[FILE] * 1001), MULTIPART, "file: expected at most 1000, found more"),
    "too many fields": (form(*[TENANT] * 3000), MULTIPART, "parts: expected at most 20, found more"),
    "options that are no JSON": (form(TENANT, FILE, part(b"{not", "options")), MULTIPART, "options: expected an object, found text that is no JSON from byte 1 on"),
    "options of another type": (form(TENANT, FILE, part(b"[]", "options")), MULTIPART, "options: expected an object, found a list"),
    "no options": (form(TENANT, FILE, part(b"", "options")), MULTIPART, "options: expected an object, found nothing"),
    "options twice": (form(TENANT, FILE, part(b"{}", "options"), part(b"{}", "options")), MULTIPART, "options: given twice"),
    "an option twice": (form(TENANT, FILE, part(b'{"reprocess":true,"reprocess":false}', "options")), MULTIPART, "options.reprocess: given twice"),
    "a misspelt option": (form(TENANT, FILE, part(b'{"dryrun":true}', "options")), MULTIPART, "options.dryrun: not known, the nearest is dryRun"),
    "a file of another name": (form(TENANT, FILE, part(b"<b/>", "files", "b.xml")), MULTIPART, "parts[2].name: expected file, found files"),
    "a tenant between spaces": (form(part(b" acme", "tenantId"), FILE), MULTIPART, "tenantId: expected text without space around it, found space"),
    "nested options": (form(TENANT, FILE, part(b"[" * 30_000, "options")), MULTIPART, "options: expected an object, found what is nested too deep"),
    "an unknown source": (form(TENANT, FILE, part(b"watch", "source")), MULTIPART, "source: expected one of upload, api, backfill, sync, found other text"),
    "JSON: nothing": (b"", JSON, "body: expected an object, found nothing"),
    "JSON: none": (b"notjson", JSON, "body: expected an object, found notjson"),
    "JSON: a file": (b"<nfeProc/>", JSON, "body: expected an object, found <nfeProc/>"),
    "JSON: half": (b'{"tenantId":"t","docum', JSON, "body: expected an object, found JSON without its end"),
    "JSON: a byte order mark": (b'\xef\xbb\xbf{"tenantId":"t"}', JSON, "body: expected an object, found a mark of the byte order in front"),
    "JSON: UTF-16": ('{"tenantId":"t"}'.encode("utf-16"), JSON, "body: expected an object, found bytes that are no UTF-8"),
    "JSON: Latin-1": ('{"tenantId":"caf\xe9"}'.encode("latin-1"), JSON, "body: expected an object, found bytes that are no UTF-8"),
    "JSON: NaN": (b'{"tenantId":NaN,"documents":[]}', JSON, "body: expected an object, found text that is no JSON from byte 12 on"),
    "JSON: half a character": (b'{"tenantId":"\\ud800","documents":[]}', JSON, "body: expected an object, found text that is no JSON from byte"),
    "JSON: deep lists": (b"[" * 100_000, JSON, "body: expected an object, found what is nested too deep"),
    "JSON: deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON, "body: expected an object, found what is nested too deep"),
    "JSON: deep where nobody looks": (b'{"tenantId":"t","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, "body: expected an object, found what is nested too deep"),
    "JSON: a huge number": (f'{{"tenantId":"t","documents":[{{"name":"a","mimeType":"b","sizeBytes":{"9" * 5000}}}]}}'.encode(), JSON, "documents[0].sizeBytes: expected a whole number of at least 0, found a number"),
    "JSON: a key twice": (f'{{"tenantId":"t","tenantId":"u","documents":[{DOCUMENT}]}}'.encode(), JSON, "tenantId: given twice"),
    "JSON: every tenant": (f'{{"tenantId":"*","documents":[{DOCUMENT}]}}'.encode(), JSON, "tenantId: expected a tenant, found *"),
    "JSON: no bytes": (f'{{"tenantId":"t","documents":[{DOCUMENT}]}}'.encode(), JSON, "documents[0].bytes required: use multipart"),
    "JSON: too many documents": (f'{{"tenantId":"t","documents":[{",".join([DOCUMENT] * 15_000)}]}}'.encode(), JSON, "documents: expected at most 1000, found 15000"),
    "JSON: too many that are none": (b'{"documents":[' + b",".join([b"{}"] * 300_000) + b"]}", JSON, "documents: expected at most 1000, found 300000"),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_body_is_told_what_is_wrong_with_it_and_nothing_is_taken_in(served: Wire, name: str) -> None:
    body, media, said = MALFORMED[name]
    before = served.standing()
    began = time.monotonic()
    found = issues(served.ingest(body, media))
    assert any(one.startswith(said) for one in found), found
    assert len(found) <= 22 and sum(map(len, found)) < 8000
    assert time.monotonic() - began < 5
    assert served.standing() == before


def test_all_issues_come_at_once_in_english_and_portuguese(served: Wire) -> None:
    options = part(b'{"priority":"urgent","reprocess":"yes","dryRun":1}', "options")
    body = form(part(b"x" * 300, "tenantId"), part(b"x", None), part(b"q", "source"), options)
    english = [
        "parts[1].name: required", "tenantId: expected at most 200 characters, found 300", "source: expected one of upload, api, backfill, sync, found other text",
        'options.priority: expected one of high, low, normal, found "urgent"', 'options.reprocess: expected true or false, found "yes"',
        "options.dryRun: expected true or false, found 1", "file: required",
    ]  # fmt: skip
    portuguese = [
        "parts[1].name: obrigatório, falta", "tenantId: esperado no máximo 200 caracteres e veio 300", "source: esperado um de upload, api, backfill, sync e veio outro texto",
        'options.priority: esperado um de high, low, normal e veio "urgent"', 'options.reprocess: esperado true ou false e veio "yes"',
        "options.dryRun: esperado true ou false e veio 1", "file: obrigatório, falta",
    ]  # fmt: skip
    assert issues(served.ingest(body, MULTIPART)) == english
    for accepted in ("pt-BR,pt;q=0.9,en;q=0.8", "fr, pt;q=0.2", "pt"):
        told = served.ingest(body, MULTIPART, f"Accept-Language: {accepted}")
        assert issues(told) == portuguese
        assert told.json["message"] == "A requisição não pode ser atendida." and told.json["hint"] == BY_CODE["NX-H03"][1]
    for accepted in ("en-GB, pt;q=0.5", "fr", "pt;q=0", ";;;,,,", "x" * 5000):
        assert issues(served.ingest(body, MULTIPART, f"Accept-Language: {accepted}")) == english


def test_the_configured_language_is_that_of_a_caller_who_names_none(tmp_path: Path) -> None:
    nexus = Nexus(tmp_path / "data")
    nexus.directory.mkdir(mode=0o700)
    (nexus.directory / "config.toml").write_text('language = "pt"\n')
    with serving(nexus, NEXUS_LANG="") as web:
        at = wire(nexus, web.address)
        told = at.ask("GET", "/readyz", bearer="")
        assert told.json["message"] == "O token deste equipamento falta ou está errado."
        assert at.ask("GET", "/readyz", "Accept-Language: en", bearer="").json["title"] == "Token missing"
        # What the deployment says stays as it says it.
        assert at.ask("GET", "/api/reports/x").body == b'{"message":"Report not found"}'
        assert at.ask("POST", "/api/assistant", JSON, body=b'{"docId":"x","query":"y"}').body == b'{"message":"Report not ready"}'


def test_forms_that_are_not_read_are_told_so(served: Wire) -> None:
    before = served.standing()
    body = form(TENANT, FILE)
    for more in ([MULTIPART, "Content-Encoding: gzip"], [JSON, "Content-Encoding: br"], ["Content-Type: application/xml"], ["Content-Type: application/zip"], ["Content-Type: multipart/mixed"]):
        coded(served.ask("POST", "/api/ingest", *more, body=body), 415, "NX-H14")
    coded(served.ask("POST", "/api/ingest", MULTIPART, JSON, body=body), 400, "NX-H04")
    assert served.standing() == before


def test_a_dry_run_of_an_upload_foretells_what_the_upload_does_and_writes_nothing(nexus: Nexus, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    again = note + b"<!-- other bytes -->"
    dry = part(b'{"dryRun":true}', "options")
    with serving(nexus) as web:
        at = wire(nexus, web.address)
        known = nexus.json("process", data / "nfe" / NOTE).object
        before = at.standing()
        parts = [part(note, filename="nota.xml"), part(again, filename="outra.xml"), part(b"%PDF-1.4\n%%EOF\n" * 100, filename="x.pdf"), part(b"", filename="nada.xml")]
        foreseen = at.ingest(form(TENANT, dry, *parts))
        assert foreseen.status == 200 and foreseen.json["dryRun"] is True
        first, second, pdf, empty = foreseen.json["documents"]
        assert at.standing() == before
        key = known["accessKey"]
        assert first == {
            "file": "nota.xml", "docId": known["docId"], "kind": "NFE_XML", "family": "nfe", "container": False, "sizeBytes": len(note), "accessKey": key,
            "already": True, "state": "done", "duplicateOf": None,
        }  # fmt: skip
        assert (second["already"], second["state"], second["accessKey"], second["duplicateOf"]) == (False, "queued", key, known["docId"])
        assert (pdf["kind"], pdf["family"], pdf["accessKey"]) == ("PDF", "pdf", None)
        assert (empty["sizeBytes"], empty["already"]) == (0, False)
        # By another tenant nothing of it is known.
        other = at.ingest(form(part(b"other", "tenantId"), dry, *parts)).json["documents"]
        assert [one["already"] for one in other] == [False] * 4 and other[1]["duplicateOf"] == other[0]["docId"]
        stored = json.dumps({"tenantId": "default", "documents": [json.loads(DOCUMENT) | {"checksum": known["sha256"]}], "options": {"dryRun": True}})
        assert at.ingest(stored.encode(), JSON).json["docIds"] == [known["docId"]]
        assert at.standing() == before
        # A form that is wrong is wrong for a trial too.
        assert issues(at.ingest(form(dry, FILE), MULTIPART)) == ["tenantId: required"]
        accepted = at.ingest(form(TENANT, *parts))
        assert accepted.status == 202 and accepted.json["docIds"] == foreseen.json["docIds"]
        until(lambda: nexus.json("docs", "show", second["docId"]).object["state"] == "duplicate")


def test_an_unknown_event_and_commands_beyond_all_bounds_are_told_over_http_too(served: Wire) -> None:
    def sent(command: dict[str, object], number: int = 0) -> Answer:
        return served.ask("POST", "/api/local/commands", JSON, body=json.dumps({"command_id": f"bad-{number}", "command": command}).encode())

    [refused] = sent({"type": "Enqueue", "event": {"name": "evt.doc.ingest", "headers": {}}}, 1).json["refused"]
    assert refused["code"] == "NX-E63" and "the nearest is evt.doc.ingested" in refused["reason"] and "payload: required" in refused["reason"]
    [line] = until(lambda: [line for line in served.log("command.refused") if line["command"] == "Enqueue"])
    assert line["code"] == "NX-E63" and "evt.doc" not in str(line)
    for number, command in enumerate(
        [{"type": "DropDead", "messages": [2**63]}, {"type": "ExpireKeys", "namespace": "KV_STATE", "prefix": "", "ttl_s": 10**40}, {"type": "AddWatch", "directory": "AA==", "tenant": "t"}]
    ):
        assert issues(sent(command, 10 + number))[0].startswith("command.")
    for number, command in enumerate([{"type": "CloseJob", "job": "nope"}, {"type": "SendOn", "job": "nope"}, {"type": "TakeIn", "job": "nope", "tenant": "t", "path": "L2V0Yy9ob3N0cw=="}]):
        [refused] = sent(command, 20 + number).json["refused"]
        assert refused["code"] == "NX-E10" and "job" in refused["reason"]
    assert served.log("http.fault") == []


def test_what_is_in_the_way_here_is_503_and_a_fault_of_ours_500_with_nothing_of_its_inside_each_once_in_the_log(nexus: Nexus, data: Path) -> None:
    with serving(nexus) as web:
        at = wire(nexus, web.address)
        nexus("queues", "pause", "audit")
        [doc] = at.ingest(form(TENANT, part((data / "nfe" / NOTE).read_bytes(), filename="nota.xml"))).json["docIds"]
        until(lambda: "stage" in at.ask("GET", f"/api/reports/{doc}").json)
        with sqlite3.connect(nexus.directory / "nexus.db") as database:
            database.execute("UPDATE document SET error_code='NX-A02', error='x', error_arguments='{35260811' WHERE doc=?", (doc,))
        for _ in range(3):
            fault = at.ask("GET", f"/api/reports/{doc}")
            coded(fault, 500, "NX-H17")
            assert fault.json["message"] == "Internal error"
            assert not any(inside in fault.body for inside in (b"Error:", b"Traceback", b".py", b"35260811", b"msgspec", b"json."))
        shutil.rmtree(nexus.directory / "incoming")
        (nexus.directory / "incoming").write_bytes(b"in the way")
        for _ in range(3):
            refused = at.ingest(form(TENANT, FILE))
            coded(refused, 503, "NX-S05")
            assert refused.headers["retry-after"] == "10"
        [line] = until(lambda: at.log("http.fault"))
        assert (line["code"], line["level"]) == ("NX-H17", "error") and line["where"][-1].partition(":")[2].isdigit()
        assert not any("35260811" in json.dumps(one) for one in at.log("http.fault"))
        [line] = until(lambda: at.log("http.refused"))
        assert (line["code"], line["status"], line["level"]) == ("NX-S05", 503, "warning")
        # Both are told together, each once: what follows is counted.
        web.process.terminate()
        assert web.process.wait(20) == 0
    assert [(line["code"], line.get("again")) for event in ("http.fault", "http.refused") for line in at.log(event)] == [
        ("NX-H17", None), ("NX-H17", 2), ("NX-S05", None), ("NX-S05", 2),
    ]  # fmt: skip
    assert at.log("library") == []


def test_two_thousand_bad_requests_leave_a_handful_of_lines_and_a_ready_engine(nexus: Nexus) -> None:
    with serving(nexus) as web:
        at = wire(nexus, web.address)
        assert at.ask("GET", "/readyz").status == 200
        before, lines = at.standing(), len(at.log())
        seen: list[int] = []

        def flood(number: int) -> None:
            connection = HTTPConnection("127.0.0.1", at.port, timeout=20)
            for turn in range(500):
                headers = {} if turn % 2 else {"Authorization": f"Bearer {at.token}"}
                connection.request("POST", "/api/ingest", body=b"notjson", headers={"Content-Type": "application/json", **headers})
                answered = connection.getresponse()
                answered.read()
                seen.append(answered.status)
            connection.close()

        threads = [threading.Thread(target=flood, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        waits = []
        probe = HTTPConnection("127.0.0.1", at.port, timeout=20)
        while any(thread.is_alive() for thread in threads):
            began = time.monotonic()
            probe.request("GET", "/readyz", headers={"Authorization": f"Bearer {at.token}"})
            assert probe.getresponse().read()
            waits.append(time.monotonic() - began)
            time.sleep(0.02)
        probe.close()
        assert sorted(set(seen)) == [400, 401] and len(seen) == 2000
        print(f"\n2000 bad requests; /readyz while they came: median {sorted(waits)[len(waits) // 2] * 1000:.1f} ms, 95 % {sorted(waits)[int(len(waits) * 0.95)] * 1000:.1f} ms")
        assert sorted(waits)[len(waits) // 2] < 0.05
        assert at.standing() == before
        time.sleep(1.5)
        assert len(at.log()) - lines <= 4
        process = web.process
        process.terminate()
        assert process.wait(20) == 0
    assert {line["code"]: line["again"] for line in at.log("http.refused") if "again" in line} == {"NX-H03": 999, "NX-H05": 999}
