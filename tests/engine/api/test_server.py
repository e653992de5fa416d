"""One connection, whatever is sent on it: limits of time, of what is passed over, and faults in the middle of an answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from engine.api import protocol
from engine.api.application import Application
from engine.api.server import Server
from engine.outside import SystemClock
from engine.telemetry.journal import Journal
from engine.telemetry.library_log import listening
from tests.engine.api.conftest import refusing

HEAD = b"GET %s HTTP/1.1\r\nHost: x\r\n"


async def large(request: Request) -> Response:
    return PlainTextResponse("x" * 50_000_000)


async def early(request: Request) -> Response:
    return PlainTextResponse("no")


async def breaks(request: Request) -> Response:
    raise KeyError("35260811")


async def halfway(request: Request) -> Response:
    async def pieces() -> AsyncIterator[str]:
        yield "x" * 10
        raise KeyError("35260811")

    return StreamingResponse(pieces())


async def takes(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


@asynccontextmanager
async def serving(journal: Journal) -> AsyncIterator[int]:
    routes = [Route("/large", large), Route("/early", early, methods=["POST"]), Route("/breaks", breaks), Route("/halfway", halfway), Route("/takes", takes, methods=["POST"])]
    bound = socket.create_server(("127.0.0.1", 0))
    answering = refusing(journal)
    server = Server(Application(routes, answering), answering)
    server.start([bound])
    try:
        yield bound.getsockname()[1]
    finally:
        await server.stop()


@pytest.fixture
def journal() -> Journal:
    return Journal(SystemClock().wall_ms)


async def test_who_does_not_read_the_answer_loses_the_connection(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "UNREAD_S", 0.3)
    async with serving(journal) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(HEAD % b"/large" + b"\r\n")
        await asyncio.sleep(1)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(50_000_000)
        writer.close()
        # Who reads slowly, and does read, gets all of it.
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        writer.write(HEAD % b"/large" + b"Connection: close\r\n\r\n")
        got = 0
        while piece := await reader.read(2**20):
            got += len(piece)
            await asyncio.sleep(0.002)
        assert got > 50_000_000
        writer.close()


async def test_what_is_sent_behind_an_answer_is_passed_over_within_bounds(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MOST_PASSED_OVER", 5_000_000)
    async with serving(journal) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + b"x" * 4_000_000)
        await writer.drain()
        assert (await reader.readuntil(b"no")).startswith(b"HTTP/1.1 200 ")
        # The connection is as good as before.
        writer.write(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
        sent = 0
        with suppress(ConnectionError):
            while sent < 100_000_000:
                writer.write(b"x" * 100_000)
                await writer.drain()
                sent += 100_000
        assert sent < 60_000_000
        writer.close()


async def test_half_a_head_has_its_time(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.2)
    async with serving(journal) as port:
        for sent, answered in ((b"", b""), (b"GET /", b"HTTP/1.1 408 Request Timeout\r\n")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            assert (await asyncio.wait_for(reader.read(), 5)).startswith(answered)
            writer.close()
        # The second request of a connection has its own time.
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\nPOST /")
        came = await asyncio.wait_for(reader.read(), 8)
        assert came.startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_a_fault_stands_in_the_log_once_before_and_in_the_middle_of_an_answer(journal: Journal) -> None:
    with listening(journal):
        async with serving(journal) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD % b"/breaks" + b"Connection: close\r\n\r\n")
            assert b"NX-H17" in await reader.read()
            _, [record] = journal.take()
            assert record.event == "http.fault" and record.fields["error"] == "KeyError" and record.fields["where"][-1].startswith("test_server.py:")
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD % b"/halfway" + b"\r\n")
            cut = await reader.read()
            assert cut.startswith(b"HTTP/1.1 200 ") and not cut.endswith(b"0\r\n\r\n")
            _, [record] = journal.take()
            assert record.event == "library" and "35260811" not in str(record)
            writer.close()


async def test_a_body_that_breaks_or_ends_too_early_is_one_line_of_the_log(journal: Journal) -> None:
    head = b"POST /takes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    async with serving(journal) as port:
        for sent, code in ((b"zz\r\n", "NX-H04"), (b"", "NX-H11")):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head + sent)
            await asyncio.sleep(0.1)
            if sent:
                assert code.encode() in await reader.read()
            writer.close()
            await asyncio.sleep(0.2)
            _, records = journal.take()
            assert [record.fields["code"] for record in records] == [code]
