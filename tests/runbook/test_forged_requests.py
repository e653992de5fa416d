"""Requests that nobody may make, or that can be read in two ways: refused with a code, and the database holds after them what it held before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import serving
from tests.runbook.wire import JSON, MULTIPART, TENANT, Wire, answer, coded, form, part, wire

FILE = part(b"<a/>", filename="a.xml")
CHUNKED = "Transfer-Encoding: chunked"


def another(token: str) -> str:
    return ("0" if token[0] != "0" else "1") + token[1:]


#: Requests that nobody may make, each wrong in one way: header lines for Host and Authorization, more of them, and what is answered.
FORGED: dict[str, tuple[Callable[[Wire], tuple[str, str, list[str]]], int]] = {
    "no token": (lambda at: (f"Host: {at.host}", "", []), 401),
    "another token": (lambda at: (f"Host: {at.host}", f"Authorization: Bearer {another(at.token)}", []), 401),
    "half a token": (lambda at: (f"Host: {at.host}", f"Authorization: Bearer {at.token[:32]}", []), 401),
    "a longer token": (lambda at: (f"Host: {at.host}", f"Authorization: Bearer {at.token}0", []), 401),
    "two spaces": (lambda at: (f"Host: {at.host}", f"Authorization: Bearer  {at.token}", []), 401),
    "a token in quotes": (lambda at: (f"Host: {at.host}", f'Authorization: Bearer "{at.token}"', []), 401),
    "no scheme": (lambda at: (f"Host: {at.host}", f"Authorization: {at.token}", []), 401),
    "another scheme": (lambda at: (f"Host: {at.host}", f"Authorization: Basic {at.token}", []), 401),
    "two tokens": (lambda at: (f"Host: {at.host}", at.bearer, [f"Authorization: Bearer {another(at.token)}"]), 401),
    "the token twice": (lambda at: (f"Host: {at.host}", at.bearer, [at.bearer]), 401),
    "a token that is no ASCII": (lambda at: (f"Host: {at.host}", f"Authorization: Bearer {at.token[:-1]}\xe9", []), 401),
    "a token in a cookie": (lambda at: (f"Host: {at.host}", "", [f"Cookie: token={at.token}", f"X-Api-Key: {at.token}"]), 401),
    "a proxy's token": (lambda at: (f"Host: {at.host}", "", [f"Proxy-Authorization: Bearer {at.token}"]), 401),
    "another host": (lambda at: ("Host: evil.example", at.bearer, []), 403),
    "a rebound name": (lambda at: (f"Host: rebound.evil.example:{at.port}", at.bearer, []), 403),
    "a name that begins as ours": (lambda at: (f"Host: localhost.evil.example:{at.port}", at.bearer, []), 403),
    "a name that ends as ours": (lambda at: (f"Host: evil.localhost:{at.port}", at.bearer, []), 403),
    "without the port": (lambda at: ("Host: 127.0.0.1", at.bearer, []), 403),
    "port 80": (lambda at: ("Host: 127.0.0.1:80", at.bearer, []), 403),
    "a trailing dot": (lambda at: (f"Host: localhost.:{at.port}", at.bearer, []), 403),
    "with a user": (lambda at: (f"Host: evil@127.0.0.1:{at.port}", at.bearer, []), 403),
    "another loopback": (lambda at: (f"Host: 127.0.0.2:{at.port}", at.bearer, []), 403),
    "a number": (lambda at: (f"Host: 2130706433:{at.port}", at.bearer, []), 403),
    "any address": (lambda at: (f"Host: 0.0.0.0:{at.port}", at.bearer, []), 403),
    "IPv6 in full": (lambda at: (f"Host: [0:0:0:0:0:0:0:1]:{at.port}", at.bearer, []), 403),
    "IPv6 without brackets": (lambda at: (f"Host: ::1:{at.port}", at.bearer, []), 403),
    "an empty host": (lambda at: ("Host:", at.bearer, []), 403),
    "two hosts in one": (lambda at: (f"Host: {at.host}, evil.example", at.bearer, []), 403),
    "two hosts": (lambda at: (f"Host: {at.host}", at.bearer, ["Host: evil.example"]), 400),
    "our host behind another": (lambda at: ("Host: evil.example", at.bearer, [f"X-Forwarded-Host: {at.host}", f"Forwarded: host={at.host}"]), 403),
    "another origin": (lambda at: (f"Host: {at.host}", at.bearer, ["Origin: http://evil.example"]), 403),
    "no origin's name": (lambda at: (f"Host: {at.host}", at.bearer, ["Origin: null"]), 403),
    "an empty origin": (lambda at: (f"Host: {at.host}", at.bearer, ["Origin:"]), 403),
    "another port's origin": (lambda at: (f"Host: {at.host}", at.bearer, ["Origin: http://127.0.0.1:1"]), 403),
    "another scheme's origin": (lambda at: (f"Host: {at.host}", at.bearer, [f"Origin: https://127.0.0.1:{at.port}"]), 403),
    "an origin with a path": (lambda at: (f"Host: {at.host}", at.bearer, [f"Origin: http://127.0.0.1:{at.port}/"]), 403),
    "two origins": (lambda at: (f"Host: {at.host}", at.bearer, [f"Origin: http://127.0.0.1:{at.port}", "Origin: http://evil.example"]), 403),
    "a foreign host and no token": (lambda at: ("Host: evil.example", "", []), 403),
}  # fmt: skip
CODES = {400: ("NX-H04",), 401: ("NX-H05",), 403: ("NX-H06", "NX-H07")}
OPEN_JOB = b'{"command_id":"forged","command":{"type":"OpenJob","tenant":"t"}}'


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_request_is_refused_and_changes_nothing(served: Wire, name: str) -> None:
    forge, status = FORGED[name]
    before = served.standing()
    host, bearer, more = forge(served)
    for target, body, media in (
        ("/api/ingest", form(TENANT, FILE), MULTIPART),
        ("/api/local/commands", OPEN_JOB, JSON),
        ("/api/assistant", b'{"docId":"x","query":"y"}', JSON),
    ):
        refused = served.ask("POST", target, media, *more, body=body, host=host, bearer=bearer)
        assert refused.status == status and refused.json["code"] in CODES[status], refused
        assert refused.json["hint"] and "access-control-allow-origin" not in refused.headers
        assert ("www-authenticate" in refused.headers) == (status == 401)
        assert served.token.encode() not in refused.body
    for target in ("/readyz", "/metrics", "/api/reports/x"):
        assert served.ask("GET", target, *more, host=host, bearer=bearer).status == status
    assert served.standing() == before


def test_a_token_counts_only_as_it_is_presented_to_its_own_directory(served: Wire, tmp_path: Path) -> None:
    other = Nexus(tmp_path / "other")
    with serving(other) as web:
        theirs = (other.directory / "api.token").read_text()
        coded(served.ask("GET", "/readyz", bearer=f"Authorization: Bearer {theirs}"), 401, "NX-H05")
        coded(wire(other, web.address).ask("GET", "/readyz", bearer=served.bearer), 401, "NX-H05")
    for target in (f"/readyz?token={served.token}", f"/readyz?access_token={served.token}", f"/readyz?Authorization=Bearer%20{served.token}", f"/{served.token}/readyz"):
        coded(served.ask("GET", target, bearer=""), 401, "NX-H05")
    # A scheme has no case, and white space around a header's value is none of its value: RFC 9110.
    assert served.ask("GET", "/readyz", bearer=f"Authorization: bEARER {served.token}").status == 200
    assert served.ask("GET", "/readyz", bearer=f"Authorization:   Bearer {served.token} \t").status == 200
    assert served.ask("GET", "/readyz", bearer=f"Authorization: Bearer {served.token}\n").status in (200, 400)
    assert served.ask("GET", "/readyz", host=f"Host: LOCALHOST:{served.port}").status == 200


@pytest.mark.parametrize(
    ("target", "without", "with_token"),
    [
        ("//api/local/commands", 401, 404), ("/api//local/commands", 401, 404), ("/api/../api/local/commands", 401, 404),
        ("/api/%2e%2e/api/local/commands", 401, 404), ("/api%2flocal%2fcommands", 401, 404), ("/api/local%2Fcommands", 401, 404),
        ("/api/local/commands/", 401, 404), ("/API/local/commands", 401, 404), ("/api/local/commands%00", 401, 404),
        ("/healthz/../api/local/commands", 401, 404), ("/healthz/..;/api/local/commands", 401, 404), ("/healthz%2f..%2fapi/local/commands", 401, 404),
        ("/api/reports/..%2f..%2flocal%2fcommands", 401, 404), ("/\\api\\local\\commands", 401, 404), ("/api/local/commands;x", 401, 404),
        ("*", 401, 404), ("http://evil.example/api/local/commands", 403, 403), ("http://127.0.0.1:1/api/local/commands", 403, 403),
        ("//evil.example/api/local/commands", 401, 404), ("evil.example:80", 400, 400), ("api/local/commands", 400, 400),
    ],
)  # fmt: skip
def test_no_way_to_write_a_path_leads_past_the_token_or_to_a_command(served: Wire, target: str, without: int, with_token: int) -> None:
    before = served.standing()
    for bearer, status in (("", without), (None, with_token)):
        refused = served.ask("POST", target, JSON, body=OPEN_JOB, bearer=bearer)
        assert refused.status == status and refused.json["code"].startswith("NX-H"), refused
    assert served.standing() == before


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_other_methods_do_nothing(served: Wire, method: str) -> None:
    before = served.standing()
    for target in ("/api/ingest", "/api/local/commands", "/api/assistant"):
        assert served.ask(method, target, JSON, body=OPEN_JOB, bearer="").status == 401
        refused = served.ask(method, target, JSON, "X-HTTP-Method-Override: POST", body=OPEN_JOB)
        assert refused.status == 405 and refused.headers["allow"] == "POST"
        if method != "HEAD":
            coded(refused, 405, "NX-H09")
        assert served.token.encode() not in refused.body
    upgraded = served.ask("GET", "/api/local/commands", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: eA==", "Sec-WebSocket-Version: 13", length=False)
    assert upgraded.status == 405
    assert served.standing() == before


@pytest.mark.parametrize(
    "content",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"GET /healthz\r\n\r\n", b"GET /healthz HTTP/9.9\r\nHost: HOST\r\n\r\n", b"\r\n" * 40 + b"x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /healthz HTTP/1.1\r\n\r\n", b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nX Y: z\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n", b"GET /heal thz HTTP/1.1\r\nHost: HOST\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: HOST\r\n\r\n",
        b"POST /api/ingest HTTP/1.1\r\nHost: HOST\r\nBEARER\r\nContent-Length: -1\r\n\r\n", b"POST /api/ingest HTTP/1.1\r\nHost: HOST\r\nBEARER\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /api/ingest HTTP/1.1\r\nHost: HOST\r\nBEARER\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /api/ingest HTTP/1.1\r\nHost: HOST\r\nBEARER\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/ingest HTTP/1.1\r\nHost: HOST\r\nBEARER\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnothing\r\n0\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_has_one_coded_answer_and_the_connection_ends(served: Wire, content: bytes) -> None:
    before = served.standing()
    filled = content.replace(b"HOST", served.host.encode()).replace(b"BEARER", served.bearer.encode())
    came = served.raw(filled)
    coded(answer(came), 400, "NX-H04")
    assert came.count(b"HTTP/1.1 4") == 1 and came.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    # A body that breaks is answered before its place is cleared.
    until(lambda: served.standing() == before)


def test_a_request_in_another_ones_body_is_never_carried_out(served: Wire) -> None:
    before = served.standing()
    hidden = f"POST /api/local/commands HTTP/1.1\r\nHost: {served.host}\r\n{served.bearer}\r\n{JSON}\r\nContent-Length: {len(OPEN_JOB)}\r\n\r\n".encode() + OPEN_JOB
    head = f"POST /api/ingest HTTP/1.1\r\nHost: {served.host}\r\n{served.bearer}\r\n{JSON}\r\n"
    for both in (f"Content-Length: 5\r\n{CHUNKED}\r\n\r\n", f"{CHUNKED}\r\nContent-Length: {5 + len(hidden)}\r\n\r\n"):
        came = served.raw(head.encode() + both.encode() + b"0\r\n\r\n" + hidden)
        coded(answer(came), 400, "NX-H04")
        assert came.count(b"HTTP/1.1 4") == 1
    old = served.raw(head.replace("HTTP/1.1", "HTTP/1.0").encode() + f"{CHUNKED}\r\n\r\n".encode() + b"0\r\n\r\n" + hidden)
    assert answer(old).status == 400 and old.count(b"HTTP/1.1 4") == 1
    # What is pipelined behind a refusal must present its own token.
    forged = hidden.replace(served.bearer.encode(), b"X: y")
    came = served.raw(f"GET /readyz HTTP/1.1\r\nHost: {served.host}\r\n\r\n".encode() + forged + forged, patience=3)
    assert came.count(b"HTTP/1.1 401 ") == 3
    assert served.raw(b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 403 ")
    assert served.standing() == before
