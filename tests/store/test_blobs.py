"""Blobs: durable before they are named, checked whenever they are read, gone only by way of the trash."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from store import blobs as module
from store.blobs import Blob, Blobs
from store.errors import Damaged, DiskFull, NotFound, TooLarge, Unwritable
from store.store import Store
from tests.store.harness import NOON, inline


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    made = Blobs(tmp_path / "blobs", inline)
    made.prepare()
    return made


def sha(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


async def test_what_is_put_is_read_under_its_hash(blobs: Blobs, tmp_path: Path) -> None:
    for content in (b"", b"x", os.urandom(3 * module.CHUNK + 1)):
        assert await blobs.put(content) == Blob(sha(content), len(content))
        assert blobs.read(sha(content)) == content
        source = tmp_path / "source"
        source.write_bytes(content + b"!")
        assert await blobs.put_file(source, 10**9) == Blob(sha(content + b"!"), len(content) + 1)
        assert blobs.read(sha(content + b"!")) == content + b"!"


async def test_a_missing_blob_is_not_found(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.read(sha(b"nothing"))
    with pytest.raises(NotFound):
        blobs.confirm(sha(b"nothing"))
    assert not blobs.discard(sha(b"nothing"), NOON)


async def test_every_flipped_bit_is_noticed_on_read(blobs: Blobs) -> None:
    content = random.Random(7).randbytes(4096)
    blob = await blobs.put(content)
    for position in random.Random(8).sample(range(len(content) * 8), 100):
        flipped = bytearray(content)
        flipped[position // 8] ^= 1 << position % 8
        blobs.path(blob.sha).write_bytes(flipped)
        with pytest.raises(Damaged):
            blobs.read(blob.sha)


@pytest.mark.parametrize("damaged", [b"x" * 999, b"x" * 1001, b"y" + b"x" * 999])
async def test_putting_the_same_content_again_heals_a_damaged_blob(blobs: Blobs, tmp_path: Path, damaged: bytes) -> None:
    content = b"x" * 1000
    source = tmp_path / "source"
    source.write_bytes(content)
    blob = await blobs.put(content)
    blobs.path(blob.sha).write_bytes(damaged)
    await blobs.put(content)
    assert blobs.read(blob.sha) == content
    blobs.path(blob.sha).write_bytes(damaged)
    await blobs.put_file(source, 1000)
    assert blobs.read(blob.sha) == content


async def test_content_is_on_the_disk_before_its_name_and_the_name_before_the_answer(
    blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append("fsync " + os.path.relpath(os.readlink(f"/proc/self/fd/{handle}"), tmp_path))
        fsync(handle)

    def renamed(self: Path, target: Path) -> Path:
        done.append("rename")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    blob = await blobs.put(b"content")
    folder = f"fsync blobs/{blob.sha.hex()[:2]}"
    assert done[0].startswith("fsync blobs/tmp/")
    assert done[1:] == ["fsync blobs", "rename", folder]
    done.clear()
    await blobs.put(b"content")
    assert done == [folder], "found there: another put may have renamed it and not synced yet"


async def test_a_file_above_its_limit_is_refused_and_nothing_of_it_is_kept(blobs: Blobs, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 1001)
    with pytest.raises(TooLarge):
        await blobs.put_file(source, 1000)
    assert files(tmp_path / "blobs") == []
    assert (await blobs.put_file(source, 1001)).size == 1001


async def test_without_links_no_part_of_a_path_may_be_one(blobs: Blobs, tmp_path: Path) -> None:
    """What was looked at may be exchanged before it is opened: by then nobody looks again."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    assert (await blobs.put_file(tmp_path / "folder" / "file", 10, links=False)).size == 1
    (tmp_path / "folder" / "link").symlink_to("file")
    (tmp_path / "other").symlink_to("folder")
    for path in (tmp_path / "folder" / "link", tmp_path / "other" / "file"):
        assert (await blobs.put_file(path, 10)).size == 1
        with pytest.raises(OSError, match=r"Too many levels of symbolic links|Not a directory"):
            await blobs.put_file(path, 10, links=False)
    os.mkfifo(tmp_path / "folder" / "pipe")
    with pytest.raises(OSError, match="No regular file"):
        await blobs.put_file(tmp_path / "folder" / "pipe", 10, links=False)
    assert len(list(Path("/proc/self/fd").iterdir())) < 100 and files(tmp_path / "blobs/tmp") == []


async def test_a_source_that_cannot_be_read_is_the_sources_fault(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "blobs-of-mine").mkdir()
    for missing in (tmp_path / "missing", tmp_path / "blobs-of-mine" / "missing"):
        with pytest.raises(FileNotFoundError):
            await blobs.put_file(missing, 1000)
    with pytest.raises(IsADirectoryError):
        await blobs.put_file(tmp_path, 1000)
    assert files(tmp_path / "blobs") == []


async def test_many_puts_of_the_same_content_at_once_make_one_file(store: Store, tmp_path: Path) -> None:
    content = os.urandom(100_000)
    found = await asyncio.gather(*(store.blobs.put(content) for _ in range(40)))
    assert set(found) == {Blob(sha(content), len(content))}
    assert files(tmp_path / "blobs") == [str(store.blobs.path(sha(content)).relative_to(tmp_path / "blobs"))]
    assert store.blobs.read(sha(content)) == content


async def test_what_an_interrupted_write_left_is_cleared(blobs: Blobs, tmp_path: Path) -> None:
    kept = await blobs.put(b"kept")
    (tmp_path / "blobs" / "tmp" / "123-1").write_bytes(b"half")
    blobs.prepare()
    assert files(tmp_path / "blobs") == [str(blobs.path(kept.sha).relative_to(tmp_path / "blobs"))]


async def test_what_is_discarded_can_be_confirmed_until_the_trash_is_emptied(blobs: Blobs, tmp_path: Path) -> None:
    blob = await blobs.put(b"content")
    blobs.confirm(blob.sha)
    assert blobs.discard(blob.sha, NOON)
    with pytest.raises(NotFound):
        blobs.read(blob.sha)
    assert blobs.empty_trash(NOON / 1000) == 0, "it is dated with the time of its discard"
    blobs.confirm(blob.sha)
    assert blobs.read(blob.sha) == b"content"
    assert blobs.discard(blob.sha, NOON)
    assert blobs.empty_trash(NOON / 1000 + 1) == 1
    with pytest.raises(NotFound):
        blobs.confirm(blob.sha)
    assert files(tmp_path / "blobs") == []


async def test_files_that_are_no_blobs_are_left_alone(blobs: Blobs, tmp_path: Path) -> None:
    blob = await blobs.put(b"content")
    (blobs.path(blob.sha).parent / ".DS_Store").write_bytes(b"")
    (tmp_path / "blobs" / "zz").mkdir()
    folder = blob.sha.hex()[:2]
    assert blobs.folders() == [folder]
    assert blobs.stored(folder) == [blob.sha]
    assert blobs.stored(folder, older_than=0) == []


async def test_folders_and_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        blobs = Blobs(tmp_path / "blobs", inline)
        blobs.prepare()
        await blobs.put(b"content")
    finally:
        os.umask(before)
    for path in [tmp_path / "blobs", *(tmp_path / "blobs").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


async def test_a_full_disk_is_told_as_such_and_leaves_no_half_a_file(mount: Callable[[str], Path], tmp_path: Path) -> None:
    disk = mount("size=1m")
    blobs = Blobs(disk / "blobs", inline)
    blobs.prepare()
    kept = await blobs.put(b"x" * 300_000)
    source = tmp_path / "source"
    source.write_bytes(os.urandom(2_000_000))
    with pytest.raises(DiskFull):
        await blobs.put(os.urandom(2_000_000))
    with pytest.raises(DiskFull):
        await blobs.put_file(source, 10**9)
    assert len(files(disk)) == 1
    assert blobs.read(kept.sha) == b"x" * 300_000
    assert (await blobs.put(b"y" * 300_000)).size == 300_000, "space that is free again is used"


async def test_a_read_only_folder_is_told_as_such(mount: Callable[[str], Path]) -> None:
    disk = mount("size=1m")
    blobs = Blobs(disk / "blobs", inline)
    blobs.prepare()
    kept = await blobs.put(b"kept")
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(Unwritable):
        await blobs.put(b"new")
    with pytest.raises(Unwritable):
        Blobs(disk / "other", inline).prepare()
    assert blobs.read(kept.sha) == b"kept"
