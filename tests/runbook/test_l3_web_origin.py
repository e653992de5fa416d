"""L3: the deployment's web UI, pointed at this machine, makes its three calls without a token; nobody else does, and it makes no other."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import Web, serving

ORIGIN = "https://nexus.example.com"
#: Pages that are not the configured one, each in one way.
OTHERS = [
    "https://nexus.example.com:8443", "http://nexus.example.com", "https://example.com", "https://a.nexus.example.com",
    "https://nexus.example.com.evil.example", "https://nexus.example.com/", "null", "*", "",
]  # fmt: skip


@pytest.fixture
def nexus(tmp_path: Path) -> Nexus:
    found = Nexus(tmp_path / "data")
    found.directory.mkdir(mode=0o700)
    (found.directory / "config.toml").write_text(f'[http]\nweb_ui_origin = "{ORIGIN}"\n')
    return found


@pytest.fixture
def web(nexus: Nexus) -> Iterator[Web]:
    """A service whose client has no token."""
    with serving(nexus) as found:
        del found.client.headers["authorization"]
        yield found


def shared(answer: httpx.Response) -> bool:
    """Whether the page that asked may read the answer."""
    allowed = answer.headers.get_list("access-control-allow-origin")
    assert answer.headers.get("access-control-allow-credentials") is None
    return allowed == [ORIGIN] and "origin" in answer.headers["vary"].lower()


def test_the_configured_page_makes_the_three_calls(nexus: Nexus, web: Web, data: Path) -> None:
    page = {"Origin": ORIGIN}
    for call, method in (("/api/ingest", "POST"), ("/api/reports/x", "GET"), ("/api/assistant", "POST")):
        asked = {**page, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type"}
        preflight = web.client.options(call, headers=asked)
        assert preflight.status_code == 204 and preflight.content == b"" and shared(preflight), call
        assert method in preflight.headers["access-control-allow-methods"]
        assert preflight.headers["access-control-allow-headers"] == "content-type"
        assert "access-control-allow-private-network" not in preflight.headers
        # Browsers ask this of a public page that calls a private address.
        private = web.client.options(call, headers={**asked, "Access-Control-Request-Private-Network": "true"})
        assert private.headers["access-control-allow-private-network"] == "true"
    note = (data / "nfe" / NOTE).read_bytes()
    accepted = web.client.post(
        "/api/ingest", data={"tenantId": "default"}, files={"file": ("nota.xml", note)}, headers=page
    )
    assert accepted.status_code == 202 and shared(accepted)
    [doc] = accepted.json()["docIds"]
    report = until(
        lambda: answer if (answer := web.client.get(f"/api/reports/{doc}", headers=page)).status_code == 200 else None
    )
    assert report.json()["docId"] == doc and shared(report)
    answer = web.client.post("/api/assistant", json={"docId": doc, "query": "Qual o total da nota?"}, headers=page)
    assert answer.status_code == 200 and "610,37" in answer.json()["answer"] and shared(answer)
    # What is refused must be readable too, or the page could not say why.
    wrong = web.client.post("/api/ingest", json={}, headers=page)
    assert wrong.status_code == 400 and shared(wrong)
    host = web.address.removeprefix("http://")
    announced = f"POST /api/ingest HTTP/1.1\r\nHost: {host}\r\nOrigin: {ORIGIN}\r\nContent-Length: {10**10}\r\n\r\n"
    with socket.create_connection((host.partition(":")[0], int(host.partition(":")[2])), timeout=10) as raw:
        raw.sendall(announced.encode())
        large = raw.recv(2000).decode()
    assert large.startswith("HTTP/1.1 413 ") and f"access-control-allow-origin: {ORIGIN}\r\n" in large


def test_the_configured_page_makes_no_other_call(nexus: Nexus, web: Web) -> None:
    wire = {"command_id": "c", "command": {"type": "PutKey", "namespace": "KV_STATE", "key": "k", "value": ""}}
    token = {"Authorization": f"Bearer {(nexus.directory / 'api.token').read_text()}"}
    for headers in ({"Origin": ORIGIN}, {"Origin": ORIGIN, **token}):
        for path in (
            "/metrics",
            "/readyz",
            "/api/local/commands",
            "/api/ingestion",
            "/api/reports",
            "/api/assistant/x",
            "/api",
        ):
            for method in ("GET", "POST", "OPTIONS"):
                answer = web.client.request(method, path, headers=headers, json=wire if method == "POST" else None)
                assert answer.status_code == 403 and "access-control-allow-origin" not in answer.headers, (method, path)
        for path in (
            "/api/reports/..%2Flocal%2Fcommands",
            "/api/reports/../local/commands",
            "/api/reports//api/local/commands",
        ):
            answer = web.client.post(path, headers=headers, json=wire)
            assert answer.status_code in (403, 404, 405), path
    assert nexus.json("kv", "ls").objects == []


def test_no_other_page_and_no_other_host_makes_them(nexus: Nexus, web: Web, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    port = web.address.rpartition(":")[2]

    def refused(headers: list[tuple[str, str]], status: int = 403) -> None:
        for path in ("/api/ingest", "/api/assistant"):
            answer = web.client.post(path, headers=headers, data={"tenantId": "t"}, files={"file": ("x.xml", note)})
            assert answer.status_code == status and "access-control-allow-origin" not in answer.headers, headers
        for method in ("GET", "OPTIONS"):
            answer = web.client.request(method, "/api/reports/x", headers=headers)
            assert answer.status_code == status and "access-control-allow-origin" not in answer.headers, headers

    for origin in OTHERS:
        refused([("Origin", origin)])
    refused([("Origin", ORIGIN), ("Origin", ORIGIN)])
    refused([("Origin", ORIGIN), ("Host", "nexus.example.com")])
    refused([("Origin", ORIGIN), ("Host", f"127.0.0.1.evil.example:{port}")])
    # Without an origin, or from the machine's own page, the token is needed as ever.
    refused([], 401)
    refused([("Origin", web.address)], 401)
    assert nexus.json("docs", "ls").objects == []


def test_the_origin_counts_as_a_browser_sends_it(nexus: Nexus) -> None:
    for configured in ("https://Nexus.Example.com", f"{ORIGIN}:443"):
        nexus("config", "set", "http.web_ui_origin", configured)
        with serving(nexus) as web:
            del web.client.headers["authorization"]
            assert shared(web.client.get("/api/reports/x", headers={"Origin": ORIGIN})), configured
            assert web.client.get("/api/reports/x", headers={"Origin": f"{ORIGIN}:443"}).status_code == 403


def test_doctor_warns_of_it_and_it_is_off_by_itself(nexus: Nexus, tmp_path: Path, data: Path) -> None:
    nexus("init")
    [check] = [one for one in nexus.json("doctor", code=None).object["checks"] if one["name"] == "http"]
    assert check["status"] == "warn" and ORIGIN in check["observed"] and "http.web_ui_origin" in check["hint"]
    with serving(nexus) as web:
        [check] = [one for one in nexus.json("doctor", code=None).object["checks"] if one["name"] == "http"]
        assert check["status"] == "warn" and web.address in check["observed"] and ORIGIN in check["observed"]
    other = Nexus(tmp_path / "other")
    with serving(other) as web:
        assert web.client.get("/api/reports/x", headers={"Origin": ORIGIN}).status_code == 403
        assert web.client.options("/api/ingest", headers={"Origin": ORIGIN}).status_code == 403
        [check] = [one for one in other.json("doctor", code=None).object["checks"] if one["name"] == "http"]
        assert check["status"] == "pass"
