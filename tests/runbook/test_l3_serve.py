"""L3 and D4: the engine headless with HTTP on loopback; the deployment's calls without a terminal."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, environment, first_line, until


@dataclass
class Web:
    """A service with its HTTP API; `client` presents the token."""

    process: subprocess.Popen[bytes]
    client: httpx.Client
    address: str

    def upload(self, *files: tuple[str, bytes], **fields: str) -> httpx.Response:
        data = {"tenantId": "default"} | fields
        return self.client.post("/api/ingest", data=data, files=[("file", file) for file in files])


@contextmanager
def serving(nexus: Nexus, **changes: str) -> Iterator[Web]:
    process = subprocess.Popen(
        nexus.line(("serve", "--port", "0", "--json")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**changes)
    )
    try:
        told = first_line(process)
        token = (nexus.directory / "api.token").read_text()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=told["http"], headers=headers, timeout=20, trust_env=False) as client:
            yield Web(process, client, told["http"])
    finally:
        process.kill()
        process.communicate()


def test_a_note_is_posted_and_its_report_read(nexus: Nexus, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    with serving(nexus) as web:
        assert httpx.get(f"{web.address}/healthz", trust_env=False).json()["status"] == "pass"
        accepted = web.upload(("nota.xml", note), ("../../x\n.xml", note + b"<!-- 2 -->"), ("nada.xml", b""))
        assert accepted.status_code == 202
        assert set(accepted.json()) == {"jobId", "docIds"}
        first, second, empty = accepted.json()["docIds"]
        until(lambda: all(web.client.get(f"/api/reports/{doc}").status_code == 200 for doc in (first, second, empty)))
        report = web.client.get(f"/api/reports/{first}")
        assert report.headers["content-type"] == "application/json"
        assert report.json()["docId"] == first and report.json()["documents"][0]["doc"]["name"] == "nota.xml"
        assert web.client.get(f"/api/reports/{second}").json()["documents"][0]["doc"]["name"] == "x%0A.xml"
        assert not list((nexus.directory / "incoming").iterdir())
        # Attached commands work beside it.
        assert nexus.json("process", data / "nfe" / NOTE).object["already"] is True
        assert json.loads((nexus.directory / "owner.json").read_text())["http"] == web.address
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(20) == 0
    mode = (nexus.directory / "api.token").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_json_without_bytes_names_what_is_stored_or_is_told_what_to_do(nexus: Nexus, data: Path) -> None:
    note = data / "nfe" / NOTE
    known = nexus.json("process", note).object
    offered = {"name": "nota.xml", "mimeType": "application/xml", "sizeBytes": 1}
    with serving(nexus) as web:
        call = {"tenantId": "other", "documents": [offered | {"checksum": f"sha256:{known['sha256']}"}]}
        accepted = web.client.post("/api/ingest", json=call)
        assert accepted.status_code == 202
        until(lambda: web.client.get(f"/api/reports/{accepted.json()['docIds'][0]}").status_code == 200)
        refused = web.client.post("/api/ingest", json={"tenantId": "t", "documents": [offered, offered | {"checksum": "0" * 64}]})
        assert refused.status_code == 400
        assert refused.json()["issues"] == [f"documents[{number}].bytes required: use multipart" for number in (0, 1)]


def test_a_question_is_answered_from_the_report(nexus: Nexus, data: Path) -> None:
    with serving(nexus) as web:
        early = web.client.post("/api/assistant", json={"docId": "nope", "query": "x"})
        assert (early.status_code, early.content) == (404, b'{"message":"Report not ready"}')
        doc = web.upload(("nota.xml", (data / "nfe" / NOTE).read_bytes())).json()["docIds"][0]
        until(lambda: nexus.json("docs", "show", doc).object["state"] == "done")
        answer = web.client.post("/api/assistant", json={"docId": doc, "query": "Qual o total da nota?"})
        assert answer.status_code == 200
        value = answer.json()
        assert {"docId", "scope", "answer", "knowledge", "reportSummary"} <= set(value)
        assert "610,37" in value["answer"] and value["scope"] == "summary" and value["citations"]
        wrong = web.client.post("/api/assistant", json={"docId": doc, "query": "", "scope": "all"})
        assert wrong.status_code == 400 and len(wrong.json()["issues"]) == 2


def test_known_bytes_are_reprocessed_when_asked(nexus: Nexus, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    with serving(nexus) as web:
        first = web.upload(("nota.xml", note)).json()
        doc = first["docIds"][0]
        until(lambda: web.client.get(f"/api/reports/{doc}").status_code == 200)
        until(lambda: nexus.json("docs", "show", doc).object["state"] == "done")
        again = web.upload(("nota.xml", note), options='{"reprocess":true,"priority":"low"}').json()
        assert again["docIds"] == [doc] and again["jobId"] != first["jobId"]
        until(lambda: web.client.get(f"/api/reports/{doc}").json()["traceId"] == again["jobId"])
        tried = web.upload(("nota.xml", note), options='{"dryRun":true}')
        assert tried.status_code == 200 and tried.json()["docIds"] == [doc]
        wrong = web.upload(("nota.xml", note), options='{"priority":"urgent"}')
        assert wrong.status_code == 400 and "priority" in wrong.json()["issues"][0]


@pytest.mark.parametrize(
    ("body", "issue"),
    [
        (b"notjson", "expected an object"),
        (b'{"documents":[]}', "tenantId: required"),
        (b'{"tenantId":"t","documents":[{"name":3}]}', "documents[0].name: expected text"),
        (b"[" * 100_000, ""),
        (b"\xff\xfe", ""),
    ],
)
def test_a_bad_body_is_answered_with_all_its_issues(nexus: Nexus, body: bytes, issue: str) -> None:
    with serving(nexus) as web:
        refused = web.client.post("/api/ingest", content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code == 400
        assert any(issue in one for one in refused.json()["issues"])
        assert nexus.json("jobs", "ls").objects == []


def test_a_report_that_is_not_there_says_why(nexus: Nexus, data: Path) -> None:
    with serving(nexus) as web:
        assert web.client.get("/api/reports/nope").content == b'{"message":"Report not found"}'
        nexus("queues", "pause", "audit")
        doc = web.upload(("nota.xml", (data / "nfe" / NOTE).read_bytes())).json()["docIds"][0]
        until(lambda: "stage" in web.client.get(f"/api/reports/{doc}").json())
        missing = web.client.get(f"/api/reports/{doc}")
        assert missing.status_code == 404
        assert missing.json()["message"] == "Report not found" and missing.json()["jobStatus"] == "processing"


def test_forged_requests_are_refused_and_change_nothing(nexus: Nexus, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    with serving(nexus) as web:
        port = web.address.rpartition(":")[2]
        token = web.client.headers["authorization"]
        forged: list[tuple[dict[str, str], int]] = [
            ({"Authorization": ""}, 401),
            ({"Authorization": "Bearer"}, 401),
            ({"Authorization": "Bearer " + "0" * 64}, 401),
            ({"Authorization": token + "0"}, 401),
            ({"Authorization": token.replace("Bearer", "Basic")}, 401),
            ({"Authorization": token.removeprefix("Bearer ")}, 401),
            ({"Host": "evil.example"}, 403),
            ({"Host": f"127.0.0.1.evil.example:{port}"}, 403),
            ({"Host": "127.0.0.1:1"}, 403),
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Origin": f"https://127.0.0.1:{port}"}, 403),
        ]
        for headers, status in forged:
            for call in ("/api/ingest", "/api/local/commands"):
                answer = web.client.post(call, files={"file": ("x.xml", note)}, data={"tenantId": "t"}, headers=headers)
                assert answer.status_code == status, headers
                assert "access-control-allow-origin" not in answer.headers
        for path in ("/readyz", "/metrics", "/api/reports/x"):
            assert httpx.get(web.address + path, trust_env=False).status_code == 401
        assert nexus.json("jobs", "ls").objects == [] and nexus.json("docs", "ls").objects == []
        announced = f"POST /api/ingest HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\nContent-Length: {10**10}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10) as raw:
            raw.sendall(announced.encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_busy_port_and_an_open_token_are_told(nexus: Nexus, tmp_path: Path) -> None:
    with serving(nexus) as web:
        other = Nexus(tmp_path / "other")
        busy = other("serve", "--port", web.address.rpartition(":")[2], code=69)
        assert "NX-H01" in busy.err and "--port 0" in busy.err
    (nexus.directory / "api.token").chmod(0o644)
    assert "NX-H02" in nexus("serve", "--port", "0", code=78).err
