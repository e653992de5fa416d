"""Requests that stop, trickle, lie about their length, have no end, or hang up: bounded in time and memory, and taken in whole or not at all."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

from engine.api import guard, protocol
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.runbook.test_l3_serve import serving
from tests.runbook.wire import MULTIPART, TENANT, Wire, answer, answers, coded, drained, form, issues, part, wire

MIB = 1024 * 1024
FILE = part(b"<a/>", filename="a.xml")
CHUNKED = "Transfer-Encoding: chunked"


def memory(pid: int) -> int:
    """The most memory a process ever had, in bytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_a_body_without_end_is_refused_while_it_comes_and_never_held(served: Wire) -> None:
    pid = json.loads((served.directory / "owner.json").read_text())["pid"]
    before, used = served.standing(), memory(pid)
    head = f"POST /api/ingest HTTP/1.1\r\nHost: {served.host}\r\n{served.bearer}\r\n{MULTIPART}\r\n{CHUNKED}\r\n\r\n"
    piece = f"{MIB:x}\r\n".encode() + b"x" * MIB + b"\r\n"
    sent = 0
    with served.connect(30) as connection:
        connection.sendall(head.encode())
        start = TENANT + part(b"", filename="huge.xml").removesuffix(b"\r\n")
        connection.sendall(f"{len(start):x}\r\n".encode() + start + b"\r\n")
        try:
            for _ in range(1000):
                connection.sendall(piece)
                sent += MIB
        except OSError:
            pass
        came = drained(connection)
    assert guard.LARGEST_BODY <= sent < 2 * guard.LARGEST_BODY
    if came:
        coded(answer(came), 413, "NX-H12")
    assert memory(pid) - used < 48 * MIB
    until(lambda: served.standing() == before)


def test_a_length_that_lies_takes_nothing_in(served: Wire) -> None:
    before = served.standing()
    body = form(TENANT, FILE)
    head = f"POST /api/ingest HTTP/1.1\r\nHost: {served.host}\r\n{served.bearer}\r\n{MULTIPART}\r\n"
    # It announces less: the rest is half a request, or none.
    for rest in (b"", b"\r\n\r\n"):
        cut, *others = answers(served.raw(f"{head}Content-Length: {len(body) - 9}\r\n\r\n".encode() + body + rest))
        assert issues(cut) == ["body: expected parts between lines of its boundary, found no end"]
        assert [one.status for one in others] == [400] * bool(rest)
    # It announces more, and hangs up: in the middle of a file, and behind its last boundary.
    for sent in (body[: len(TENANT) + 50], body):
        with served.connect() as connection:
            connection.sendall(f"{head}Content-Length: {len(body) + 9}\r\n\r\n".encode() + sent)
            until(lambda: served.files() != before[1])
        until(lambda: served.standing() == before)
    with served.connect() as connection:
        connection.sendall(f"{head}{CHUNKED}\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n")
        until(lambda: served.files() != before[1])
    until(lambda: served.standing() == before)


def test_a_request_that_stops_or_trickles_loses_its_connection(served: Wire) -> None:
    before = served.standing()
    body = form(TENANT, FILE)
    head = f"POST /api/ingest HTTP/1.1\r\nHost: {served.host}\r\n{served.bearer}\r\n{MULTIPART}\r\nContent-Length: {len(body)}\r\n\r\n"
    came: dict[str, tuple[bytes, float]] = {}

    def slow(name: str, content: bytes, drop: bytes = b"") -> None:
        began = time.monotonic()
        with served.connect(1) as connection:
            connection.sendall(content)
            got = b""
            while time.monotonic() - began < 40:
                try:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    got += piece
                except TimeoutError:
                    if drop:
                        connection.sendall(drop)
                except OSError:
                    break
        came[name] = (got, time.monotonic() - began)

    attacks = [
        ("silent", b"", b""), ("half a head", head[:40].encode(), b""), ("a trickled head", head[:40].encode(), b"a"),
        ("a stopped body", head.encode() + body[:-20], b""), ("an answered one that goes on", head.replace(served.token, "x").encode(), b"a"),
    ]  # fmt: skip
    threads = [threading.Thread(target=slow, args=attack) for attack in attacks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came["silent"][0] == b""
    for name in ("half a head", "a trickled head", "a stopped body"):
        coded(answer(came[name][0]), 408, "NX-H10")
    coded(answer(came["an answered one that goes on"][0]), 401, "NX-H05")
    for name, (_, lasted) in came.items():
        assert lasted < (guard.PAUSE_S if name == "a stopped body" else protocol.HEAD_S) + 4, (name, lasted)
    assert served.standing() == before


def test_more_connections_than_are_served_are_told_so_and_the_engine_goes_on(served: Wire) -> None:
    held = [served.connect() for _ in range(protocol.MOST_CONNECTIONS)]
    try:
        with served.connect() as one:
            coded(answer(drained(one)), 503, "NX-H16")
        # Commands come on the socket, which none of this reaches.
        assert Nexus(served.directory).json("status").object["engine"]["state"] == "running"
    finally:
        for one in held:
            one.close()
    assert until(lambda: served.ask("GET", "/readyz").status == 200)


def test_a_caller_that_closes_its_side_has_its_answer_and_half_a_request_none(served: Wire) -> None:
    before = served.standing()
    body = form(part(b"*", "tenantId"), FILE)
    head = f"POST /api/ingest HTTP/1.1\r\nHost: {served.host}\r\n{served.bearer}\r\n{MULTIPART}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for sent in (head + body, head + body[:-9], head[:50]):
        began = time.monotonic()
        with served.connect() as connection:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            came = drained(connection)
        assert time.monotonic() - began < 3
        if sent == head + body:
            assert issues(answer(came)) == ["tenantId: expected a tenant, found *"]
        else:
            assert came == b""
    until(lambda: served.standing() == before)


def test_an_upload_that_hangs_up_before_its_answer_is_taken_in_whole_or_not_at_all(nexus: Nexus, data: Path) -> None:
    note = (data / "nfe" / NOTE).read_bytes()
    body = form(TENANT, *(part(note + b"<!-- %d -->" % number, filename=f"{number}.xml") for number in range(20)))
    with serving(nexus) as web:
        at = wire(nexus, web.address)
        head = f"POST /api/ingest HTTP/1.1\r\nHost: {at.host}\r\n{at.bearer}\r\n{MULTIPART}\r\nContent-Length: {len(body)}\r\n\r\n"
        for sent in range(0, len(body), len(body) // 12):
            with at.connect() as connection:
                connection.sendall(head.encode() + body[:sent])
        time.sleep(0.5)
        assert nexus.json("docs", "ls").objects == [] and nexus.json("jobs", "ls").objects == []
        with at.connect() as connection:
            connection.sendall(head.encode() + body)
        until(lambda: len(nexus.json("docs", "ls").objects) == 20)
        [job] = nexus.json("jobs", "ls").objects
        assert until(lambda: not list((nexus.directory / "incoming").iterdir()))
        until(lambda: all(one["state"] in ("done", "duplicate") for one in nexus.json("docs", "ls").objects))


def test_an_engine_that_stops_refuses_what_still_comes_and_does_not_wait_for_it(nexus: Nexus) -> None:
    with serving(nexus) as web:
        at = wire(nexus, web.address)
        head = f"POST /api/ingest HTTP/1.1\r\nHost: {at.host}\r\n{at.bearer}\r\n{MULTIPART}\r\nContent-Length: 100000\r\n\r\n"
        with at.connect() as connection:
            connection.sendall(head.encode() + TENANT + part(b"<a/>" * 1000, filename="a.xml"))
            until(lambda: [path for path in at.files() if path.endswith("a.xml")])
            web.process.terminate()
            began = time.monotonic()
            coded(answer(drained(connection)), 503, "NX-H18")
        assert web.process.wait(20) == 0 and time.monotonic() - began < 2
        assert [path for path in at.files() if path.startswith("incoming/")] == []
        assert [line["code"] for line in at.log("http.refused")] == ["NX-H18"] and at.log("library") == []
