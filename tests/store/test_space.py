"""Free space: the floor by the size of the file system, and a ballast that really takes room and really gives it back."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from store import space as module
from store.errors import Unwritable
from store.space import BALLAST, FLOOR, MIB, WEIGHT, Capacity, Space, floor_of, measured, weight_of

GB = 1000 * MIB


class Disk:
    """A file system that a test fills; what the ballast occupies is taken from it."""

    def __init__(self, folder: Path, free: int, total: int = 100 * GB) -> None:
        self.folder = folder
        self.free = free
        self.total = total
        self.asked = 0

    def __call__(self, directory: Path) -> Capacity:
        assert directory == self.folder
        self.asked += 1
        path = directory / BALLAST
        return Capacity(self.free - (path.stat().st_blocks * 512 if path.exists() else 0), self.total)


@pytest.mark.parametrize(
    ("total", "floor"), [(100 * GB, 200 * MIB), (GB, 200 * MIB), (500 * MIB, 100 * MIB), (20 * MIB, 4 * MIB), (0, 0)]
)
def test_the_floor_is_200_mb_and_a_fifth_of_what_is_smaller_than_1_gb(total: int, floor: int) -> None:
    assert floor_of(total) == floor
    assert weight_of(total) == floor * 32 // 200
    assert floor_of(total) + weight_of(total) <= total


def test_below_the_floor_it_is_low_and_at_the_floor_it_is_not(tmp_path: Path) -> None:
    disk = Disk(tmp_path, FLOOR)
    space = Space(tmp_path, disk)
    assert not space.look().low
    disk.free = FLOOR - 1
    room = space.look()
    assert room.low and (room.free, room.floor, room.owed) == (FLOOR - 1, FLOOR, 0)


def test_the_ballast_takes_the_room_it_weighs_and_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        assert Space(tmp_path, Disk(tmp_path, 10 * GB)).hold()
    finally:
        os.umask(before)
    status = (tmp_path / BALLAST).stat()
    assert status.st_size == WEIGHT and status.st_blocks * 512 >= WEIGHT
    assert stat.S_IMODE(status.st_mode) == 0o600


@pytest.mark.parametrize("how", ["not there", "of no effect"])
def test_where_room_cannot_be_reserved_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "not there":
        monkeypatch.delattr(os, "posix_fallocate")
    else:
        monkeypatch.setattr(os, "posix_fallocate", lambda handle, start, length: os.ftruncate(handle, length))
    assert Space(tmp_path, Disk(tmp_path, 10 * MIB, 40 * MIB)).hold() is False
    assert Space(tmp_path, Disk(tmp_path, 30 * MIB, 40 * MIB)).hold()
    content = (tmp_path / BALLAST).read_bytes()
    assert len(content) == weight_of(40 * MIB) and len(set(content[:4096])) > 200, "a compressing file system would take no room"


def test_it_is_never_made_on_a_disk_without_ample_room_and_never_twice(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 2 * FLOOR + WEIGHT - 1)
    space = Space(tmp_path, disk)
    assert not space.hold() and not (tmp_path / BALLAST).exists()
    disk.free = 2 * FLOOR + WEIGHT
    assert space.hold()
    disk.free = 10 * GB
    made = (tmp_path / BALLAST).stat().st_mtime_ns
    assert not space.hold() and (tmp_path / BALLAST).stat().st_mtime_ns == made


def test_a_released_ballast_is_owed_its_room_also_after_a_restart(tmp_path: Path) -> None:
    disk = Disk(tmp_path, 10 * GB)
    space = Space(tmp_path, disk)
    space.hold()
    disk.free = FLOOR + WEIGHT - 1
    assert space.relieve().low
    assert (tmp_path / BALLAST).stat().st_size == 0
    again = Space(tmp_path, disk).look()
    assert again.free == FLOOR + WEIGHT - 1 and again.low, "the room of the ballast is for what was acknowledged"
    disk.free = FLOOR + WEIGHT
    assert not space.relieve().low
    assert not space.hold(), "there is room, but not ample"
    disk.free = 10 * GB
    assert space.hold() and not space.look().low


def test_without_a_ballast_there_is_nothing_to_release(tmp_path: Path) -> None:
    assert Space(tmp_path, Disk(tmp_path, 0)).relieve().low
    assert not (tmp_path / BALLAST).exists()


def test_where_there_is_room_one_question_is_all_it_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path, 10 * GB)
    space = Space(tmp_path, disk)
    monkeypatch.setattr(space, "_held", lambda: pytest.fail("the ballast was looked at"))
    space.relieve()
    assert disk.asked == 1


@pytest.mark.parametrize("known", [False, True])
def test_a_quota_that_nobody_told_of_leaves_no_part_of_a_ballast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    def refuse(handle: int, start: int, length: int) -> None:
        os.write(handle, b"x" * 1000)
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    if known:
        (tmp_path / BALLAST).touch()
    monkeypatch.setattr(os, "posix_fallocate", refuse)
    assert Space(tmp_path, Disk(tmp_path, 10 * GB)).hold() is False
    assert (tmp_path / BALLAST).exists() == known
    assert not known or (tmp_path / BALLAST).stat().st_size == 0


def test_what_lies_in_its_place_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("kept")
    (tmp_path / BALLAST).symlink_to(other)
    with pytest.raises(Unwritable):
        Space(tmp_path, lambda directory: Capacity(10 * GB, 100 * GB)).hold()
    assert Space(tmp_path, lambda directory: Capacity(0, 100 * GB)).relieve().low
    assert other.read_text() == "kept"


def test_a_folder_that_is_gone_is_told_in_the_stores_words(tmp_path: Path) -> None:
    with pytest.raises(Unwritable):
        Space(tmp_path / "gone").look()


def test_on_a_real_small_disk_it_holds_room_back_and_gives_it_up(mount: Callable[[str], Path]) -> None:
    disk = mount("size=20m")
    space = Space(disk)
    assert space.hold()
    held = measured(disk).free
    filler = disk / "filler"
    filler.write_bytes(bytes(held - 1 * MIB))
    assert space.relieve().low
    assert measured(disk).free >= 1 * MIB + weight_of(20 * MIB)
    assert module.Space(disk).look().low
    filler.unlink()
    assert not space.look().low and space.hold()
