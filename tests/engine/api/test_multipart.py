"""A form reads the same however its bytes are cut, keeps nothing in memory that is a file, and leaves nothing where it came to lie."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request

from engine.api import multipart
from engine.api.multipart import Form
from engine.api.uploads import Uploads
from engine.errors import RequestRefused
from engine.outside import SystemClock
from store.errors import StoreError
from store.store import Store
from tests.runbook.wire import BOUNDARY, TENANT, form, part


def request(chunks: list[bytes], boundary: str = BOUNDARY, whole: bool = True) -> Request:
    """What the server would hand over: a body in pieces, and its end or that the caller is gone."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False} if whole else {"type": "http.disconnect"})
    coming = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(coming)

    headers = [(b"content-type", f"multipart/form-data; boundary={boundary}".encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}, receive)


@pytest.fixture
async def uploads(tmp_path: Path) -> AsyncIterator[Uploads]:
    store = await Store.open(tmp_path, SystemClock(), synchronous="OFF")
    yield Uploads(tmp_path, store.blobs)
    await store.close()


async def read(uploads: Uploads, asked: Request) -> tuple[Form, list[bytes], list[str]]:
    async with uploads.place(os.urandom(8).hex()) as place:
        found = await multipart.read(asked, place)
        return found, [path.read_bytes() for path in found.files], [path.name for path in found.files]


FILES = (b"<a/>", b"\r\n--nexus-boundar\r\n--", b"", bytes(range(256)) * 300, b"--" + BOUNDARY.encode())
BODY = form(TENANT, *(part(content, filename=f"{number}.xml") for number, content in enumerate(FILES)), part(b"{}", "options"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=40))
async def test_a_form_reads_the_same_however_it_is_cut(uploads: Uploads, cuts: list[int]) -> None:
    chunks = [BODY[start:end] for start, end in pairwise([0, *sorted(cuts), len(BODY)])]
    found, contents, names = await read(uploads, request(chunks))
    assert contents == list(FILES) and names == [f"{number}.xml" for number in range(len(FILES))]
    assert found.fields == {"tenantId": [b"default"], "options": [b"{}"]} and found.issues == []


async def test_byte_by_byte_too(uploads: Uploads) -> None:
    small = form(TENANT, part(b"\r\n-\r\n--n\r", filename="a"))
    _, contents, _ = await read(uploads, request([small[place : place + 1] for place in range(len(small))]))
    assert contents == [b"\r\n-\r\n--n\r"]


async def test_a_form_that_ends_too_early_is_none(uploads: Uploads, tmp_path: Path) -> None:
    whole = form(TENANT, part(b"<a/>", filename="a.xml"))
    # The line end behind the last boundary is nobody's.
    for length in range(len(whole) - len("-\r\n")):
        body = whole[:length]
        found, *_ = await read(uploads, request([body] if body else []))
        assert found.issues[-1] == "body: expected parts between lines of its boundary, found no end", length
        with pytest.raises(ClientDisconnect):
            await read(uploads, request([body], whole=False))
    assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "lies"),
    [("../../x.xml", "x.xml"), ("C:\\\\notas\\\\x.xml", "x.xml"), ("a\x07b.xml", "ab.xml"), ("..", "upload"), ("ção.xml", "ção.xml"), ("x" * 300 + ".xml", "x" * 196 + ".xml")],
)
async def test_a_name_is_one_that_a_file_can_have(uploads: Uploads, given: str, lies: str) -> None:
    _, _, [name] = await read(uploads, request([form(TENANT, part(b"x", filename=given))]))
    assert name == lies


async def test_a_file_is_the_same_by_any_case_of_a_header(uploads: Uploads) -> None:
    body = form(TENANT, part(b"x", filename="a.xml")).replace(b"Content-Disposition", b"CONTENT-disposition")
    found, contents, _ = await read(uploads, request([body]))
    assert contents == [b"x"] and found.fields["tenantId"] == [b"default"]


async def test_what_the_disk_says_is_coded(uploads: Uploads, tmp_path: Path) -> None:
    async def reading() -> None:
        async with uploads.place("y") as place:
            (tmp_path / "incoming" / "y").rmdir()
            await multipart.read(request([BODY]), place)

    with pytest.raises(StoreError) as raised:
        await reading()
    assert raised.value.code == "NX-S05"


async def test_too_many_parts_end_the_reading(uploads: Uploads, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(multipart, "MOST_FILES", 3)
    with pytest.raises(RequestRefused) as raised:
        await read(uploads, request([form(part(b"", None), *[part(b"x", filename="a")] * 4)]))
    assert raised.value.issues == ("parts[0].name: required", "file: expected at most 3, found more")
    assert list((tmp_path / "incoming").iterdir()) == []
