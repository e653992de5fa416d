"""The owner's socket: who may open it, that a command is carried out once, and that every mistake has an answer."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.api import client, commands
from engine.api.address import LONGEST, address
from engine.api.client import Failed, RemoteExecutor
from engine.api.local import LocalApi
from engine.errors import NoSpace, Unanswered, VersionMismatch
from engine.facade.commands import Command, CommandResult, OpenJob, SweepNow, TakeIn
from engine.outside import SystemClock
from store.errors import DiskFull
from store.migrate import latest
from store.store import Store
from store.sweep import COMMAND_MS
from tests.engine.api.conftest import Recorder, Served, refusing

SWEEP = {"command_id": "one", "command": {"type": "SweepNow"}}


async def post(served: Served, body: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await served.client.post("/api/local/commands", content=content)


async def test_only_the_user_may_open_the_socket_and_it_goes_away_at_the_end(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, SystemClock(), synchronous="OFF")
    api = LocalApi(tmp_path, store, Recorder(), refusing())
    await api.start()
    mode = api.path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    await api.stop()
    await store.close()
    assert not api.path.exists()


async def test_a_dead_owners_socket_is_replaced(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "nexus.sock"))
    store = await Store.open(tmp_path, SystemClock(), synchronous="OFF")
    api = LocalApi(tmp_path, store, Recorder(), refusing())
    await api.start()
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(api.path)), base_url="http://nexus") as client:
        health = await client.get("/healthz")
    assert health.status_code == 200 and health.json()["status"] == "pass"
    assert health.json()["checks"]["loop:lag"][0]["observedUnit"] == "ms"
    await api.stop()
    await store.close()


async def test_the_same_id_is_carried_out_once(served: Served) -> None:
    first, again = await post(served, SWEEP), await post(served, SWEEP)
    other = await post(served, SWEEP | {"command_id": "two"})
    assert first.status_code == 200
    assert first.content == again.content
    assert (first.json()["done"], other.json()["done"]) == (1, 2)
    assert served.recorder.commands == [SweepNow(), SweepNow()]


async def test_the_same_id_twice_at_once_is_carried_out_once(served: Served) -> None:
    gate = asyncio.Event()
    execute = served.recorder.execute

    async def slow(command: Command, who: str | None = None) -> CommandResult:
        await gate.wait()
        return await execute(command)

    served.recorder.execute = slow  # type: ignore[method-assign]
    both = [asyncio.ensure_future(post(served, SWEEP)) for _ in range(2)]
    await asyncio.sleep(0.1)
    gate.set()
    answers = await asyncio.gather(*both)
    assert [answer.json()["done"] for answer in answers] == [1, 1]
    assert len(served.recorder.commands) == 1


async def test_a_viewer_that_hangs_up_does_not_stop_its_command(served: Served) -> None:
    gate = asyncio.Event()
    execute = served.recorder.execute

    async def slow(command: Command, who: str | None = None) -> CommandResult:
        await gate.wait()
        return await execute(command)

    served.recorder.execute = slow  # type: ignore[method-assign]
    with pytest.raises(httpx.ReadTimeout):
        await served.client.post("/api/local/commands", json=SWEEP, timeout=0.1)
    gate.set()
    assert (await post(served, SWEEP)).json()["done"] == 1
    assert len(served.recorder.commands) == 1


async def test_a_failed_command_may_be_sent_again(served: Served) -> None:
    served.recorder.error = DiskFull("No space left in /x.")
    answer = await post(served, SWEEP)
    assert (answer.status_code, answer.json()) == (
        503, {"message": "No space left in /x.", "code": "NX-S04", "title": "Disk full", "hint": DiskFull.hint, "exitCode": 69},
    )  # fmt: skip
    served.recorder.error = None
    assert (await post(served, SWEEP)).json()["done"] == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"\xff", "malformed"),
        (b"[]", "Expected `object`"),
        (b'"' + b"[" * 5000, "truncated"),
        ({"command_id": "x"}, "command"),
        ({"command": {"type": "SweepNow"}}, "command_id"),
        ({"command_id": 1, "command": {"type": "SweepNow"}}, "Expected `str`"),
        ({"command_id": "x", "command": {"type": "Nothing"}}, "Nothing"),
        ({"command_id": "x", "command": {"type": "OpenJob"}}, "tenant"),
        ({"command_id": "x", "command": {"type": "ChangeQueue", "queue": "a", "settings": {"batch": "1"}}}, "settings"),
    ],
)
async def test_a_malformed_command_is_told_what_is_wrong(served: Served, body: Any, said: str) -> None:
    answer = await post(served, body)
    assert answer.status_code == 400
    assert said in answer.json()["message"]
    assert served.recorder.commands == []


async def test_a_body_nested_without_end_is_refused(served: Served) -> None:
    nested = b'{"command_id":"x","command":{"type":"Enqueue","event":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}}"
    answer = await post(served, nested)
    assert answer.status_code == 400
    assert "recursion" in answer.json()["message"]
    assert (await served.client.get("/healthz")).status_code == 200


async def test_an_oversized_command_is_refused_before_it_is_read(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LARGEST_BODY", 1000)
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 100_000
            yield b" " * 100_000

    try:
        answer = await served.client.post("/api/local/commands", content=endless())
    except httpx.WriteError:
        # The server closed while we were still sending: as good as an answer.
        assert read < 100_000_000
    else:
        assert answer.status_code == 413
        assert "1000 bytes" in answer.json()["message"]
    exact = await post(served, b" " * 1001)
    assert (exact.status_code, exact.json()["code"], exact.json()["message"]) == (413, "NX-H12", "The body is larger than 1000 bytes.")
    assert served.recorder.commands == []


async def test_a_fault_of_ours_is_an_answer_that_says_nothing_of_its_inside_and_stands_in_the_log_once(served: Served) -> None:
    served.recorder.error = ZeroDivisionError("of the document 35260811")
    answer = await post(served, SWEEP)
    assert (answer.status_code, answer.json()["code"], answer.json()["message"]) == (500, "NX-H17", "Internal error")
    assert "ZeroDivision" not in answer.text and "35260811" not in answer.text
    _, [record] = served.journal.take()
    assert (record.event, record.fields["error"], record.fields["code"]) == ("http.fault", "ZeroDivisionError", "NX-H17")
    assert record.fields["where"][-1].startswith("conftest.py:")
    assert "35260811" not in str(record)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/local/commands", 405), ("GET", "/", 404), ("POST", "/healthz", 405)])
async def test_there_is_nothing_else(served: Served, method: str, path: str, status: int) -> None:
    assert (await served.client.request(method, path)).status_code == status


async def test_remembered_results_are_forgotten_after_a_day(served: Served) -> None:
    await post(served, SWEEP)
    assert served.store.next_expiry is not None
    await served.store.write(lambda tx: tx.execute("UPDATE command SET at=at-?", (COMMAND_MS + 1,)))
    served.store.next_expiry = 1
    while await served.store.sweep():
        pass
    assert await served.store.read(lambda connection: connection.execute("SELECT count(*) FROM command").fetchone()) == (0,)


def remote(directory: Path, **owner: Any) -> RemoteExecutor:
    ids = iter(range(100))
    return RemoteExecutor(directory, {"pid": 4242, "schema": latest(), **owner}, latest(), lambda: f"id{next(ids)}")


async def test_a_viewers_commands_arrive_as_they_were(served: Served) -> None:
    executor = remote(served.directory)
    executor._who = "ana, tui"
    await executor.check()
    command = OpenJob(tenant="acme", priority="low")
    assert (await executor.execute(command)).done == 1
    assert (served.recorder.commands, served.recorder.who) == ([command], "ana, tui")
    await executor.close()


async def test_the_owners_error_is_the_viewers(served: Served) -> None:
    executor = remote(served.directory)
    served.recorder.error = DiskFull("No space left in /x.")
    with pytest.raises(Failed) as caught:
        await executor.execute(SweepNow())
    error = caught.value
    assert (error.code, error.title, str(error), error.hint, error.exit_code) == ("NX-S04", "Disk full", "No space left in /x.", DiskFull.hint, 69)
    await executor.close()


async def test_a_file_that_waits_for_room_is_told_once_and_asked_for_again(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "AGAIN_S", 0.01)
    executor = remote(served.directory)
    path = tmp_path / "a.xml"
    path.write_text("x")
    served.recorder.error = NoSpace("/x has 1 MB free; intake waits below 200 MB.")
    stream = executor.take_in("job", "default", [path])
    error = {"code": "NX-E20", "message": "/x has 1 MB free; intake waits below 200 MB.", "hint": NoSpace.hint}
    assert await anext(stream) == {"file": str(path), "docId": None, "jobId": "job", "state": "waiting", "error": error}
    following = asyncio.ensure_future(anext(stream))
    while len(served.recorder.commands) < 4:
        await asyncio.sleep(0.01)
    assert not following.done()
    served.recorder.error = None
    assert await following == {"file": str(path)}
    assert [value async for value in stream] == []
    remembered = await served.store.read(lambda connection: connection.execute("SELECT count(*) FROM command").fetchone()[0])
    assert remembered == 1, "asking in vain writes nothing"
    await executor.close()


async def test_a_name_that_is_no_utf_8_arrives_byte_for_byte(served: Served, tmp_path: Path) -> None:
    executor = remote(served.directory)
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/nota-\xe7\xff.xml"))
    path.write_text("x")
    [told] = [value async for value in executor.take_in("job", "default", [path])]
    assert told["file"] == f"{tmp_path}/nota-\ufffd\ufffd.xml"
    assert served.recorder.commands == [TakeIn(job="job", tenant="default", path=os.fsencode(path))]
    await executor.close()


async def test_another_error_of_the_owner_is_not_waited_for(served: Served, tmp_path: Path) -> None:
    executor = remote(served.directory)
    (tmp_path / "a.xml").write_text("x")
    served.recorder.error = DiskFull("No space left in /x.")
    with pytest.raises(Failed):
        await anext(executor.take_in("job", "default", [tmp_path / "a.xml"]))
    await executor.close()


async def test_nobody_at_the_socket_is_unanswered_and_names_the_pid(tmp_path: Path) -> None:
    executor = remote(tmp_path)
    for ask in (executor.check(), executor.execute(SweepNow())):
        with pytest.raises(Unanswered, match="4242") as caught:
            await ask
        assert caught.value.exit_code == 75
    await executor.close()


def test_another_schema_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(VersionMismatch, match="999") as caught:
        remote(tmp_path, schema=999)
    assert caught.value.exit_code == 78


async def test_a_deep_data_directory_has_a_socket_too(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    with address(deep) as named:
        assert len(named) <= LONGEST
    store = await Store.open(deep, SystemClock(), synchronous="OFF")
    api = LocalApi(deep, store, Recorder(), refusing())
    await api.start()
    executor = remote(deep)
    await executor.check()
    assert (await executor.execute(SweepNow())).done == 1
    await executor.close()
    await api.stop()
    await store.close()
