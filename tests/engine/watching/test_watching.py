"""Watched folders over the real store, intake and agents; only the patience is shorter."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.extraction.sandbox.sandbox import Sandbox
from engine.facade.watches import WatchedFolders, WatchView
from engine.intake.intake import Intake
from engine.outside import Outside
from engine.watching.folder import Timing
from engine.watching.watching import watching
from tests.engine.facade.house import NOTE, House, house

QUICK = Timing(stable_s=0.05, empty_s=0.2, rescan_s=0.3, gone_s=0.1)


class Place:
    """A house whose watched folders are watched."""

    def __init__(self, one: House, folders: WatchedFolders, inbox: Path) -> None:
        self.house = one
        self.folders = folders
        self.inbox = inbox

    async def view(self) -> WatchView:
        [view] = await self.folders.everyone()
        return view

    async def until(self, true: Callable[[WatchView], Any]) -> WatchView:
        """Wait until the one watched folder looks so."""

        async def looked() -> WatchView | None:
            view = await self.view()
            return view if true(view) else None

        found: WatchView = await self.house.until(looked)
        return found

    async def jobs(self) -> list[Any]:
        return await self.house.rows("SELECT source, tenant, total, open, prio FROM job ORDER BY created")


@asynccontextmanager
async def placed(tmp_path: Path, data: Path, timing: Timing = QUICK) -> AsyncIterator[Place]:
    inbox = tmp_path / "in"
    inbox.mkdir(exist_ok=True)
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(house(tmp_path / "data", data))
        sandbox = Sandbox()
        stack.push_async_callback(sandbox.close)
        outside = Outside.system()
        await stack.enter_async_context(watching(one.store, outside, Intake(one.store, outside, sandbox), timing))
        yield Place(one, one.engine.watches, inbox)


@pytest.fixture
async def place(tmp_path: Path, data: Path) -> AsyncIterator[Place]:
    async with placed(tmp_path, data) as one:
        yield one


async def test_a_burst_is_one_job_and_runs_to_its_reports(place: Place, data: Path) -> None:
    await place.folders.add(place.inbox, "acme")
    for path in sorted((data / "nfe").glob("*.xml"))[:5]:
        shutil.copy(path, place.inbox)
    view = await place.until(lambda one: one.taken == 5)
    assert (view.state, view.refused, view.tenant) == ("watching", 0, "acme")
    await place.house.until(lambda: place.house.rows("SELECT 1 FROM job WHERE open=0 AND finished=5"))
    assert await place.jobs() == [("upload", "acme", 5, 0, 5)]
    assert len(list(place.inbox.iterdir())) == 5, "files are kept"


async def test_what_was_taken_before_a_restart_is_not_taken_again(tmp_path: Path, data: Path) -> None:
    async with placed(tmp_path, data) as place:
        await place.folders.add(place.inbox, "default")
        shutil.copy(data / "nfe" / NOTE, place.inbox)
        await place.until(lambda one: one.taken == 1)
    async with placed(tmp_path, data) as place:
        before = (await place.view()).scanned_ms or 0
        await place.until(lambda one: (one.scanned_ms or 0) > before + 400)
        assert len(await place.jobs()) == 1
        (place.inbox / NOTE).write_bytes((data / "nfe" / NOTE).read_bytes() + b"\n")
        assert (await place.until(lambda one: one.taken == 2)).refused == 0


async def test_files_are_moved_once_acknowledged_and_nothing_is_remembered_of_them(
    place: Place, data: Path, tmp_path: Path
) -> None:
    await place.folders.add(place.inbox, "default", move_to=tmp_path / "done")
    shutil.copy(data / "nfe" / NOTE, place.inbox)
    await place.until(lambda one: one.taken == 1)
    shutil.copy(data / "nfe" / NOTE, place.inbox)
    await place.until(lambda one: one.taken == 2)
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == [NOTE.replace(".xml", "-2.xml"), NOTE]
    assert list(place.inbox.iterdir()) == []
    assert await place.house.rows("SELECT * FROM seen") == []
    assert await place.house.rows("SELECT count(*) FROM document") == [(1,)]


async def test_a_file_that_cannot_be_moved_is_an_alarm_until_it_is(place: Place, data: Path, tmp_path: Path) -> None:
    await place.folders.add(place.inbox, "default", move_to=tmp_path / "done")
    (tmp_path / "done").write_text("in the way")
    shutil.copy(data / "nfe" / NOTE, place.inbox)
    view = await place.until(lambda one: one.alarm)
    assert view.alarm is not None and (view.state, view.alarm.code, view.taken, view.refused) == (
        "alarm",
        "NX-E33",
        1,
        1,
    )
    (tmp_path / "done").unlink()
    view = await place.until(lambda one: one.state == "watching")
    assert (view.taken, view.refused) == (1, 0) and (tmp_path / "done" / NOTE).exists()
    assert len(await place.jobs()) == 1


async def test_what_cannot_be_taken_is_told_once_and_the_rest_goes_on(place: Place, data: Path) -> None:
    await place.folders.add(place.inbox, "default")
    os.mkfifo(place.inbox / "pipe")
    (place.inbox / "loop").symlink_to("loop")
    shutil.copy(data / "nfe" / NOTE, place.inbox)
    await place.until(lambda one: (one.taken, one.refused) == (1, 2))
    told = await place.folders.troubles(place.inbox)
    assert told is not None and {(one.file, one.code) for one in told} == {("pipe", "NX-E17"), ("loop", "NX-E17")}
    before = {one.file: one.at_ms for one in told}
    scanned = (await place.view()).scanned_ms or 0
    await place.until(lambda one: (one.scanned_ms or 0) > scanned + 400)
    again = await place.folders.troubles(place.inbox)
    assert again is not None and {one.file: one.at_ms for one in again} == before
    assert [row[2] for row in await place.jobs()] == [1]
    (place.inbox / "loop").unlink()
    await place.until(lambda one: one.refused == 1)


async def test_a_folder_that_is_gone_is_an_alarm_with_a_code_and_watched_again_when_it_is_back(
    place: Place, data: Path
) -> None:
    await place.folders.add(place.inbox, "default")
    await place.until(lambda one: one.scanned_ms)
    place.inbox.rmdir()
    view = await place.until(lambda one: one.alarm)
    assert view.alarm is not None and view.alarm.code == "NX-E30" and str(place.inbox) in view.alarm.message
    assert [one.directory for one in await place.folders.alarms()] == [str(place.inbox)]
    since = view.alarm.since_ms
    await asyncio.sleep(0.3)
    view = await place.view()
    assert view.alarm is not None and view.alarm.since_ms == since, "an alarm began when it began"
    place.inbox.mkdir()
    shutil.copy(data / "nfe" / NOTE, place.inbox)
    view = await place.until(lambda one: one.taken == 1)
    assert view.alarm is None and await place.folders.alarms() == ()


async def test_a_paused_folder_waits_and_a_removed_one_is_forgotten(place: Place, data: Path) -> None:
    await place.folders.add(place.inbox, "default")
    assert (await place.folders.pause(place.inbox, paused=True)).undo == "undo"
    await asyncio.sleep(0.1)
    shutil.copy(data / "nfe" / NOTE, place.inbox)
    await asyncio.sleep(0.5)
    assert (await place.view()).taken == 0 and (await place.view()).state == "paused"
    await place.folders.pause(place.inbox, paused=False)
    await place.until(lambda one: one.taken == 1)
    await place.folders.remove(place.inbox)
    assert await place.folders.everyone() == () and await place.house.rows("SELECT * FROM seen") == []
    refused = (await place.folders.remove(place.inbox)).refused
    assert [one.code for one in refused] == ["NX-E34"]
    assert await place.house.rows("SELECT count(*) FROM document") == [(1,)], "its documents stay"


async def test_changed_options_count_at_once_and_lift_no_pause(place: Place, data: Path, tmp_path: Path) -> None:
    await place.folders.add(place.inbox, "default", ignore=["*.xml"])
    shutil.copy(data / "nfe" / NOTE, place.inbox)
    await asyncio.sleep(0.5)
    assert (await place.view()).taken == 0
    await place.folders.add(place.inbox, "acme", move_to=tmp_path / "done")
    await place.until(lambda one: one.taken == 1)
    assert [row[1] for row in await place.jobs()] == ["acme"]
    await place.folders.pause(place.inbox, paused=True)
    await place.folders.add(place.inbox, "default")
    assert (await place.view()).state == "paused"


async def test_two_thousand_files_at_once_are_one_job_and_leave_the_loop_free(place: Place) -> None:
    for number in range(2000):
        (place.inbox / f"{number}.txt").write_text(f"not a document {number}")
    gaps = []

    async def tick() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.005)
            gaps.append(loop.time() - before - 0.005)

    ticking = asyncio.ensure_future(tick())
    await place.folders.add(place.inbox, "default")
    await place.until(lambda one: one.taken == 2000)
    ticking.cancel()
    assert [row[2] for row in await place.jobs()] == [2000]
    gaps.sort()
    assert gaps[int(len(gaps) * 0.95)] < 0.030, "half again the bar of an appliance at work, for a test machine"


async def test_a_file_that_changes_while_it_is_taken_comes_back_when_it_is_whole(place: Place, data: Path) -> None:
    """It looks the same twice, and grows again the moment it is read."""
    await place.folders.add(place.inbox, "default")
    path = place.inbox / "slow.xml"
    content = (data / "nfe" / NOTE).read_bytes()
    for cut in range(200, len(content), max(1, len(content) // 12)):
        path.write_bytes(content[:cut])
        await asyncio.sleep(0.02)
    path.write_bytes(content)
    await place.until(lambda one: one.taken >= 1)
    await place.house.until(lambda: place.house.rows("SELECT 1 FROM document WHERE family='nfe' AND state='done'"))
