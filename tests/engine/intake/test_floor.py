"""The floor of free space: below it no file is begun, what was begun and acknowledged goes on, and intake resumes by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import NoSpace
from engine.intake import floor as module
from engine.intake.intake import WAITING, Acknowledged
from store.errors import DiskFull
from store.space import BALLAST, FLOOR, MIB, WEIGHT, Capacity
from tests.engine.intake.conftest import REQUEST, House, opened
from tests.simulation.notes import write_notes

TOTAL = 1000 * FLOOR


class Disk:
    """A disk with as much room as the test says."""

    def __init__(self) -> None:
        self.free = TOTAL
        self.asked = 0

    def __call__(self, directory: Path) -> Capacity:
        self.asked += 1
        return Capacity(self.free, TOTAL)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    return Disk()


@pytest.fixture
async def house(tmp_path: Path, disk: Disk) -> AsyncIterator[House]:
    async with opened(tmp_path / "data", disk) as found:
        yield found


class Taking:
    """Files being taken in beside the test."""

    def __init__(self, house: House, job: str, *paths: Path) -> None:
        self.told: list[Acknowledged] = []
        self.task = asyncio.ensure_future(self._take(house, job, paths))

    async def _take(self, house: House, job: str, paths: tuple[Path, ...]) -> None:
        async for one in house.intake.add(job, REQUEST, list(paths)):
            self.told.append(one)

    @property
    def states(self) -> list[str]:
        return [one.state for one in self.told]


async def until(true: Any) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


async def test_with_room_nobody_waits_and_the_disk_is_asked_once_a_file(house: House, disk: Disk, tmp_path: Path) -> None:
    _, told = await house.add(*write_notes(tmp_path, 30))
    assert {one.state for one in told} == {"queued"} and len(told) == 30
    assert disk.asked == 30
    assert house.intake.stalled is None


async def test_below_the_floor_a_file_waits_says_so_once_and_is_taken_when_there_is_room(house: House, disk: Disk, tmp_path: Path) -> None:
    disk.free = FLOOR - 1
    paths = write_notes(tmp_path, 3)
    job = await house.intake.open_job(REQUEST)
    taking = Taking(house, job, *paths)
    await until(lambda: taking.told)
    await asyncio.sleep(0.1)
    [waiting] = taking.told
    assert (waiting.path, waiting.state, waiting.doc) == (str(paths[0]), WAITING, None)
    assert isinstance(waiting.error, NoSpace) and waiting.error.code == "NX-E20"
    assert str(waiting.error) == f"{tmp_path / 'data'} has 199 MB free; intake waits below 200 MB."
    assert house.intake.stalled is not None and not await house.rows("SELECT doc FROM document")
    disk.free = FLOOR
    await taking.task
    assert taking.states == [WAITING, "queued", "queued", "queued"]
    assert house.intake.stalled is None
    await house.intake.close_job(job)
    await house.rest()
    assert await house.rows("SELECT state FROM document") == [("done",)] * 3


async def test_what_was_acknowledged_before_is_finished_while_the_rest_waits(house: House, disk: Disk, tmp_path: Path) -> None:
    paths = write_notes(tmp_path, 20)
    job = await house.intake.open_job(REQUEST)
    stream = house.intake.add(job, REQUEST, paths)
    first = await anext(stream)
    disk.free = FLOOR - 1
    told = [first]
    while told[-1].state != WAITING:
        told.append(await anext(stream))
    acknowledged = [one.doc for one in told if one.state == "queued"]
    assert 1 <= len(acknowledged) <= 9, "only what was being read already"
    await house.rest()
    assert await house.rows("SELECT doc, state FROM document ORDER BY seq") == [(doc, "done") for doc in acknowledged]
    assert (await house.job(job)).open == 1
    disk.free = TOTAL
    told += [one async for one in stream]
    await house.intake.close_job(job)
    await house.rest()
    assert await house.one("SELECT count(*) FROM document WHERE state='done'") == 20
    assert (await house.job(job)).status == "report_ready"


async def test_files_that_cannot_be_taken_anyway_do_not_wait(house: House, disk: Disk, tmp_path: Path) -> None:
    disk.free = 0
    _, told = await house.add(tmp_path / "missing", tmp_path / "gone")
    assert [one.state for one in told] == ["refused", "refused"]


async def test_bytes_that_are_still_being_written_count_as_used(
    house: House, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = []
    for number in range(3):
        path = tmp_path / f"{number}.txt"
        path.write_bytes(b"%d" % number)
        with path.open("r+b") as file:
            file.truncate(5 * MIB)
        paths.append(path)
    disk.free = FLOOR + 7 * MIB
    begun: list[Path] = []
    gate = asyncio.Event()
    put_file = house.store.blobs.put_file

    async def slow(path: Path, limit: int, *, links: bool) -> Any:
        begun.append(path)
        await gate.wait()
        return await put_file(path, limit, links=links)

    monkeypatch.setattr(house.store.blobs, "put_file", slow)
    taking = Taking(house, await house.intake.open_job(REQUEST), *paths)
    await until(lambda: len(begun) == 2)
    await asyncio.sleep(0.05)
    assert begun == paths[:2]
    gate.set()
    await taking.task
    assert begun == paths and WAITING not in taking.states


async def test_the_ballast_is_given_up_for_what_was_acknowledged_and_not_for_new_files(house: House, disk: Disk, tmp_path: Path) -> None:
    ballast = tmp_path / "data" / BALLAST
    with ballast.open("wb") as file:
        file.write(b"x" * WEIGHT)
    disk.free = FLOOR - 1
    taking = Taking(house, await house.intake.open_job(REQUEST), *write_notes(tmp_path, 1))
    await until(lambda: taking.told)
    assert ballast.stat().st_size == 0
    disk.free = FLOOR + WEIGHT - 1
    await asyncio.sleep(0.1)
    assert taking.states == [WAITING]
    disk.free += 1
    await taking.task
    assert taking.states == [WAITING, "queued"]


async def test_a_disk_too_full_for_a_plan_says_so_all_the_same(
    house: House, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.intake.open_job(REQUEST)
    paths = write_notes(tmp_path, 2)
    await house.take(job, paths[0])
    disk.free = 0

    def full(*arguments: Any) -> Any:
        raise DiskFull

    with monkeypatch.context() as broken:
        broken.setattr(house.store, "write", full)
        taking = Taking(house, job, paths[1])
        await until(lambda: taking.told)
    assert taking.states == [WAITING]
    disk.free = TOTAL
    await taking.task
    await house.intake.close_job(job)
    await house.rest()
    assert await house.rows("SELECT state FROM document") == [("done",)] * 2


async def test_who_gives_up_waiting_leaves_nothing_behind(house: House, disk: Disk, tmp_path: Path) -> None:
    disk.free = 0
    job = await house.intake.open_job(REQUEST)
    taking = Taking(house, job, *write_notes(tmp_path, 3))
    await until(lambda: taking.told)
    taking.task.cancel()
    await asyncio.gather(taking.task, return_exceptions=True)
    closed = await house.intake.close_job(job)
    assert (closed.total, closed.status) == (0, "report_ready")


def sized(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


async def test_what_never_fits_is_refused_and_its_neighbours_are_taken(tmp_path: Path, disk: Disk) -> None:
    def small(directory: Path) -> Capacity:
        return Capacity(min(disk.free, 30 * MIB), 40 * MIB)

    async with opened(tmp_path / "data", small) as house:
        before, after = write_notes(tmp_path, 2)
        _, told = await house.add(before, sized(tmp_path / "big.txt", 33 * MIB), after)
        assert [one.state for one in told] == ["queued", "refused", "queued"]
        assert told[1].error is not None and told[1].error.code == "NX-E19"
        # This one would fit if the disk were empty: it waits, and says so.
        taking = Taking(house, await house.intake.open_job(REQUEST), sized(tmp_path / "large.txt", 25 * MIB))
        await until(lambda: taking.told)
        assert taking.states == [WAITING] and "intake waits below 33 MB" in str(taking.told[0].error)
        taking.task.cancel()
        await asyncio.gather(taking.task, return_exceptions=True)


@pytest.mark.parametrize("low", [False, True])
async def test_a_disk_that_fills_while_a_file_is_copied(
    house: House, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, low: bool
) -> None:
    put_file = house.store.blobs.put_file

    async def full(path: Path, limit: int, *, links: bool) -> Any:
        if path.name == "big.txt" and (disk.free < FLOOR or not low):
            raise DiskFull
        if path.name == "big.txt" and not taking.states.count(WAITING):
            disk.free = 0
            raise DiskFull
        return await put_file(path, limit, links=links)

    monkeypatch.setattr(house.store.blobs, "put_file", full)
    job = await house.intake.open_job(REQUEST)
    await house.take(job, *write_notes(tmp_path, 1))
    taking = Taking(house, job, sized(tmp_path / "big.txt", MIB))
    if low:
        # It says so, and what was acknowledged before it is planned meanwhile.
        await until(lambda: WAITING in taking.states)
        assert await house.rows("SELECT planned FROM document") == [(1,)]
        disk.free = TOTAL
    await taking.task
    assert taking.states == ([WAITING, "queued"] if low else ["refused"])
    assert low or (taking.told[0].error is not None and taking.told[0].error.code == "NX-E19")


async def test_a_plan_that_failed_is_tried_again_while_intake_waits(
    house: House, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.intake.open_job(REQUEST)
    paths = write_notes(tmp_path, 2)
    await house.take(job, paths[0])
    disk.free = 0

    def full(*arguments: Any) -> Any:
        raise DiskFull

    with monkeypatch.context() as broken:
        broken.setattr(house.store, "write", full)
        taking = Taking(house, job, paths[1])
        await until(lambda: taking.told)
    await house.dispatcher.start()

    async def finished() -> None:
        while await house.rows("SELECT state FROM document") != [("done",)]:
            await asyncio.sleep(0.01)

    await asyncio.wait_for(finished(), 10)
    assert taking.states == [WAITING]
    disk.free = TOTAL
    await taking.task
