"""The composition root: who owns, who looks on, and that everything comes down in the order it went up."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path

import pytest

from engine.errors import NoData, Unanswered
from nexus_tui import appliance as composing
from nexus_tui.appliance import appliance, looking, serving
from nexus_tui.version import VERSION
from store.errors import Owned
from store.migrate import latest
from store.owner import Ownership, is_owned

NOTE = "35180834128745000152550010000476051695511860-nfe.xml"


@pytest.fixture(autouse=True)
def umask() -> object:
    """Owning sets the process's umask; other tests get theirs back."""
    before = os.umask(0o022)
    yield
    os.umask(before)


async def test_an_owner_announces_itself_serves_and_leaves_nothing(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    tasks, threads = asyncio.all_tasks(), threading.active_count()
    async with appliance(directory) as nexus:
        assert nexus.owner
        assert nexus.engine.engine_state() == "running"
        owner = json.loads((directory / "owner.json").read_text(encoding="utf-8"))
        assert owner.pop("boot") > 1_700_000_000_000
        assert owner == {"pid": os.getpid(), "version": VERSION, "schema": latest(), "socket": str(directory / "nexus.sock"), "http": None}
        assert is_owned(directory)
        assert serving(directory)
    assert not is_owned(directory)
    assert {path.name for path in directory.iterdir()} == {"nexus.db", "nexus.lock", "blobs", "telemetry.db", "logs"}
    await asyncio.sleep(0)
    assert asyncio.all_tasks() - tasks == set()
    # The loop keeps the threads of its own pool until it is closed.
    assert sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate()) <= threads + 1


async def test_a_second_one_looks_on_and_its_commands_reach_the_owner(tmp_path: Path, data: Path) -> None:
    async with appliance(tmp_path) as owner, appliance(tmp_path) as viewer:
        assert (owner.owner, viewer.owner) == (True, False)
        assert viewer.engine.engine_state() == "viewer"
        version = viewer.engine.changes(0).version
        job = await viewer.engine.jobs.open("default")
        told = [one async for one in viewer.engine.jobs.add(job, "default", [data / "nfe" / NOTE, tmp_path / "none"])]
        await viewer.engine.jobs.close(job)
        assert [one["state"] for one in told] == ["queued", "refused"]
        assert [one["file"] for one in told] == [str(data / "nfe" / NOTE), str(tmp_path / "none")]
        assert await asyncio.wait_for(owner.ended.get(), 20) == job
        assert await viewer.engine.documents.count("state:done", "*") == 1
        assert await viewer.engine.documents.objects(job, "en") == await owner.engine.documents.objects(job, "en")
        async with asyncio.timeout(5):
            while viewer.engine.changes(version).topics != frozenset({"*"}):
                await asyncio.sleep(0.01)


async def test_who_must_own_is_refused(tmp_path: Path) -> None:
    async with appliance(tmp_path):
        with pytest.raises(Owned, match=str(os.getpid())):
            async with appliance(tmp_path, attach=False):
                pass


async def test_an_owner_that_does_no_work_takes_no_commands_but_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with appliance(tmp_path, work=False) as quiet:
        owner = json.loads((tmp_path / "owner.json").read_text(encoding="utf-8"))
        assert (owner["pid"], owner["socket"]) == (os.getpid(), None)
        assert not serving(tmp_path)
        assert len(await quiet.engine.queues.everyone()) == 10
        monkeypatch.setattr(composing, "PATIENCE_TICKS", 2)
        with pytest.raises(Unanswered, match=f"Process {os.getpid()} owns"):
            async with appliance(tmp_path):
                pass
        monkeypatch.setattr(composing, "PATIENCE_TICKS", 50)

        async def next_one() -> bool:
            async with appliance(tmp_path, work=False) as nexus:
                return nexus.owner

        waiting = asyncio.ensure_future(next_one())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    assert await asyncio.wait_for(waiting, 5)


async def test_a_killed_owners_leftovers_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "owner.json").write_text(json.dumps({"pid": 1, "schema": latest(), "socket": str(tmp_path / "nexus.sock")}))
    (tmp_path / "nexus.sock").write_text("not even a socket")
    assert not serving(tmp_path)
    async with appliance(tmp_path) as nexus:
        assert nexus.owner
        async with appliance(tmp_path) as viewer:
            assert (await viewer.engine.state.sweep()).done == 0


async def test_a_broken_owner_file_is_no_owner_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "PATIENCE_TICKS", 2)
    owned = Ownership.take(tmp_path)
    try:
        for content in ("", "{", "[]", "{}"):
            (tmp_path / "owner.json").write_text(content)
            with pytest.raises(Unanswered, match="Another process"):
                async with appliance(tmp_path):
                    pass
    finally:
        owned.release()


async def test_looking_starts_nothing_and_needs_data(tmp_path: Path) -> None:
    with pytest.raises(NoData):
        async with looking(tmp_path / "absent"):
            pass
    assert not (tmp_path / "absent").exists()
    async with appliance(tmp_path, work=False):
        pass
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.is_file()}
    async with looking(tmp_path) as nexus:
        assert nexus.engine.engine_state() == "stopped"
        assert await nexus.engine.documents.count("", "*") == 0
        with pytest.raises(Unanswered):
            await nexus.engine.queues.pause("audit")
        with pytest.raises(Unanswered):
            async for _ in nexus.engine.jobs.add("job", "default", [tmp_path]):
                pass
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir() if path.is_file()}
    assert {name: after[name] for name in before} == before
    async with appliance(tmp_path), looking(tmp_path) as nexus:
        assert nexus.engine.engine_state() == "running"


async def test_a_failing_start_gives_the_directory_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.api.local import LocalApi

    async def refuses(self: LocalApi) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(LocalApi, "start", refuses)
    with pytest.raises(RuntimeError):
        async with appliance(tmp_path):
            pass
    monkeypatch.undo()
    async with appliance(tmp_path) as nexus:
        assert nexus.owner
