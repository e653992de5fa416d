"""Backups: of one moment while the writer goes on, verified, private, whole or not there. Restores: all of it or nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from store import backup, blobs, kv, migrate
from store.backup import Abandoned, back_up, verify
from store.errors import BadBackup, Damaged, DiskFull, NewerSchema, NoBackup, NoPlace, NotEmpty, NotFound
from store.kv import Namespace
from store.quarantine import opened
from store.restoring import restore
from store.store import Store
from tests.store.harness import NOON, ManualClock

BLOBS = [b"first " * 1000, os.urandom(3 * blobs.CHUNK), b""]


async def put(store: Store, key: str, content: bytes) -> None:
    """A key whose value is a blob."""
    blob = await store.blobs.put(content)

    def operation(tx: object) -> None:
        store.blobs.confirm(blob.sha)
        kv.put(tx, Namespace.LOCAL, key, None, sha=blob.sha, size=blob.size)  # type: ignore[arg-type]

    await store.write(operation)


@pytest.fixture
async def filled(store: Store) -> Store:
    for number, content in enumerate(BLOBS):
        await put(store, f"blob{number}", content)
    await store.write(lambda tx: kv.put(tx, Namespace.LOCAL, "small", b"value"))
    await store.blobs.put(b"nothing names this")
    return store


def place(directory: Path) -> Path:
    """Where a data directory's backup may lie."""
    (directory / "backups").mkdir(mode=0o700, exist_ok=True)
    return directory / "backups" / "saved.zip"


@pytest.fixture
def archive(filled: Store, tmp_path: Path) -> Path:
    """A backup of the store that still runs."""
    return back_up(tmp_path, place(tmp_path), NOON).path


async def keys(directory: Path) -> dict[str, bytes]:
    """All keys of a data directory, with the content of blobs."""
    again = await Store.open(directory, ManualClock())
    try:
        entries = await again.read(lambda connection: connection.execute("SELECT key, sha, val FROM kv").fetchall())
        return {key: again.blobs.read(sha) if val is None else val for key, sha, val in entries}
    finally:
        await again.close()


EVERYTHING = {**{f"blob{number}": content for number, content in enumerate(BLOBS)}, "small": b"value"}


async def test_what_was_committed_is_all_there_after_a_restore(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    done = restore(archive, tmp_path / "new", NOON)
    assert done.aside is None and done.manifest.schema == migrate.latest()
    assert await keys(tmp_path / "new") == EVERYTHING
    assert not (tmp_path / "new" / "restoring").exists()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").rglob("*")}
    assert modes == {0o600, 0o700}


async def test_a_backup_is_one_private_file_and_holds_only_what_is_named(archive: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["saved.zip"], "nothing else is left"
    names = {f"blobs/{name[:2]}/{name[2:]}" for name in (hashlib.sha256(content).hexdigest() for content in BLOBS)}
    assert set(zipfile.ZipFile(archive).namelist()) == {"nexus.db", "manifest.json"} | names
    told = json.loads(zipfile.ZipFile(archive).read("manifest.json"))
    assert all(
        hashlib.sha256(zipfile.ZipFile(archive).read(one["name"])).hexdigest() == one["sha256"] for one in told["files"]
    )


async def test_the_writer_goes_on_while_a_backup_is_made_of_one_moment(filled: Store, tmp_path: Path) -> None:
    ballast = os.urandom(60_000)
    for number in range(200):
        await filled.write(lambda tx, number=number: kv.put(tx, Namespace.LOCAL, f"ballast{number}", ballast))  # type: ignore[misc]
    made = asyncio.ensure_future(asyncio.to_thread(back_up, tmp_path, place(tmp_path), NOON))
    written = 0
    while not made.done():
        # Two keys in one transaction, each time the same: a copy that is not of one moment tells them apart.
        def both(tx: object, number: int = written) -> None:
            for key in ("left", "right"):
                kv.put(tx, Namespace.LOCAL, key, b"%d" % number)  # type: ignore[arg-type]

        await filled.write(both)
        written += 1
    assert (await made).manifest.lacking == ()
    assert written > 20, "the writer was held up"
    (tmp_path / "new").mkdir()
    restore(place(tmp_path), tmp_path / "new", NOON)
    found = await keys(tmp_path / "new")
    assert found.get("left") == found.get("right")


async def test_what_lies_in_the_wal_is_saved_although_nobody_runs(filled: Store, tmp_path: Path) -> None:
    for name in ("nexus.db", "nexus.db-wal"):
        (tmp_path / "crashed").mkdir(exist_ok=True)
        shutil.copy(tmp_path / name, tmp_path / "crashed" / name)
    shutil.copytree(tmp_path / "blobs", tmp_path / "crashed" / "blobs")
    back_up(tmp_path / "crashed", place(tmp_path), NOON)
    (tmp_path / "new").mkdir()
    restore(place(tmp_path), tmp_path / "new", NOON)
    assert await keys(tmp_path / "new") == EVERYTHING


async def test_a_folder_gets_a_file_named_after_the_moment_and_the_newest_is_found(
    filled: Store, tmp_path: Path
) -> None:
    first = back_up(tmp_path, None, NOON).path
    second = back_up(tmp_path, None, NOON + 60_000).path
    assert first.parent == second.parent == tmp_path / "backups"
    assert first.name == "nexus-20270115T080000Z.zip" and backup.newest(tmp_path / "backups") == second
    assert stat.S_IMODE((tmp_path / "backups").stat().st_mode) == 0o700
    with pytest.raises(NoBackup):
        backup.newest(tmp_path / "nowhere")


async def test_a_blob_that_is_lost_is_named_and_the_rest_is_saved(filled: Store, tmp_path: Path) -> None:
    lost, rotten = (hashlib.sha256(content).digest() for content in BLOBS[:2])
    filled.blobs.path(lost).unlink()
    content = bytearray(filled.blobs.path(rotten).read_bytes())
    content[5] ^= 1
    filled.blobs.path(rotten).write_bytes(content)
    made = back_up(tmp_path, place(tmp_path), NOON)
    assert set(made.manifest.lacking) == {lost.hex(), rotten.hex()} and made.manifest.blobs == 1
    verify(made.path)


async def test_a_blob_in_the_trash_that_is_named_again_is_saved(filled: Store, tmp_path: Path) -> None:
    sha = hashlib.sha256(BLOBS[0]).digest()
    filled.blobs.discard(sha, NOON)
    assert back_up(tmp_path, place(tmp_path), NOON).manifest.lacking == ()


async def test_a_damaged_database_is_not_saved_over_a_good_backup(archive: Path, filled: Store, tmp_path: Path) -> None:
    before = archive.read_bytes()
    await filled.close()
    damage(tmp_path / "nexus.db")
    with pytest.raises(Damaged):
        back_up(tmp_path, archive, NOON)
    assert archive.read_bytes() == before
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["saved.zip"]


async def test_a_backup_that_is_called_off_leaves_nothing(filled: Store, tmp_path: Path) -> None:
    looks = 0

    def stopping() -> bool:
        nonlocal looks
        looks += 1
        return looks > 3

    with pytest.raises(Abandoned):
        back_up(tmp_path, place(tmp_path), NOON, stopping)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == []


async def test_a_full_disk_is_told_and_nothing_is_left_on_it(
    filled: Store, tmp_path: Path, mount: Callable[[str], Path]
) -> None:
    small = mount("size=1m")
    here = tmp_path / "here"
    here.mkdir()
    for name in ("nexus.db", "nexus.db-wal"):
        shutil.copy(tmp_path / name, here / name)
    shutil.copytree(tmp_path / "blobs", here / "blobs")
    with pytest.raises(DiskFull):
        back_up(here, small / "saved.zip", NOON)
    assert list(small.iterdir()) == []


async def test_there_must_be_something_to_save_and_a_place_for_it(filled: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        back_up(tmp_path / "nowhere", place(tmp_path), NOON)
    with pytest.raises(NoPlace, match="There is no folder"):
        back_up(tmp_path, tmp_path.parent / "no" / "such" / "folder.zip", NOON)


async def test_nothing_but_an_earlier_backup_is_replaced_and_none_lies_among_the_data(
    archive: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "note.xml").write_text("a person's file")
    (elsewhere / "link.zip").symlink_to(elsewhere / "note.xml")
    (elsewhere / "database").symlink_to(tmp_path / "nexus.db")
    os.mkfifo(elsewhere / "pipe")
    before = (tmp_path / "nexus.db").read_bytes()
    among = [tmp_path / "nexus.db", tmp_path / "new.zip", tmp_path / "blobs", tmp_path, elsewhere / "database"]
    for target in (*among, elsewhere / "note.xml", elsewhere / "link.zip", elsewhere / "pipe", elsewhere / "note.xml" / "in.zip"):
        with pytest.raises(NoPlace):
            back_up(tmp_path, target, NOON)
    assert (tmp_path / "nexus.db").read_bytes() == before
    assert (elsewhere / "note.xml").read_text() == "a person's file"
    assert {path.name for path in elsewhere.iterdir()} == {"note.xml", "link.zip", "database", "pipe"}
    (elsewhere / "latest.zip").symlink_to(archive)
    earlier = archive.stat().st_ino
    assert back_up(tmp_path, elsewhere / "latest.zip", NOON).path == archive and archive.stat().st_ino != earlier


async def test_what_a_killed_backup_left_goes_with_the_next_but_not_from_under_one_at_work(filled: Store, tmp_path: Path) -> None:
    folder = place(tmp_path).parent
    left = [folder / f"nexus-20260101T000000Z.zip{kind}" for kind in backup.UNFINISHED]
    for path in left:
        path.write_bytes(b"half a database")
    (folder / "mine.partial").write_bytes(b"somebody's")
    seen: list[bool] = []

    def looking() -> bool:
        if not seen:
            seen.append(True)
            assert not any(path.exists() for path in left)
            left[0].write_bytes(b"of another process")
            # A second one, into the same folder, at the same time.
            back_up(tmp_path, folder / "second.zip", NOON)
            assert left[0].exists()
            with pytest.raises(NoPlace, match="Another backup is being written"):
                back_up(tmp_path, folder / "saved.zip", NOON)
        return False

    back_up(tmp_path, folder / "saved.zip", NOON, looking)
    assert seen and {path.name for path in folder.iterdir()} == {"mine.partial", "saved.zip", "second.zip", left[0].name}


def repacked(archive: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The archive with other files in it."""
    files = {name: zipfile.ZipFile(archive).read(name) for name in zipfile.ZipFile(archive).namelist()}
    change(files)
    changed = archive.with_name("changed.zip")
    with zipfile.ZipFile(changed, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return changed


def flip(name: str) -> Callable[[dict[str, bytes]], None]:
    """A changer that flips a bit of a file."""

    def change(files: dict[str, bytes]) -> None:
        full = next(one for one in files if one.startswith(name))
        files[full] = bytes([files[full][0] ^ 1]) + files[full][1:]

    return change


def told(packed: dict[str, bytes], **changes: object) -> None:
    packed["manifest.json"] = json.dumps(json.loads(packed["manifest.json"]) | changes).encode()


def outside(files: dict[str, bytes]) -> None:
    """A file that would be written beside the data directory."""
    part = {"name": "blobs/../../evil", "size": 4, "sha256": hashlib.sha256(b"evil").hexdigest()}
    files["blobs/../../evil"] = b"evil"
    told(files, files=[*json.loads(files["manifest.json"])["files"], part])


@pytest.mark.parametrize(
    "change",
    [
        flip("nexus.db"), flip("blobs/"), flip("manifest.json"), outside,
        lambda files: files.pop("nexus.db"), lambda files: files.pop("manifest.json"),
        lambda files: files.update({"more": b""}), lambda files: told(files, files=[]), lambda files: told(files, schema="x"),
    ],
)  # fmt: skip
async def test_what_does_not_match_its_manifest_is_refused_before_anything_is_touched(
    archive: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(BadBackup):
        restore(repacked(archive, change), tmp_path / "new", NOON)
    assert list((tmp_path / "new").iterdir()) == []


async def test_a_backup_cut_short_and_what_is_no_backup_are_refused(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    for content in (archive.read_bytes()[:-100], archive.read_bytes()[:5000], b"", b"Caro contador"):
        (tmp_path / "short.zip").write_bytes(content)
        with pytest.raises(BadBackup):
            restore(tmp_path / "short.zip", tmp_path / "new", NOON)
    with pytest.raises(NoBackup):
        restore(tmp_path / "none.zip", tmp_path / "new", NOON)
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("change", [{"schema": 1000}, {"format": 2}])
async def test_a_backup_of_a_newer_nexus_is_refused(archive: Path, tmp_path: Path, change: dict[str, int]) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(NewerSchema):
        restore(repacked(archive, lambda files: told(files, **change)), tmp_path / "new", NOON)
    assert list((tmp_path / "new").iterdir()) == []


async def test_data_that_is_there_is_refused_and_with_replace_moved_aside_whole(archive: Path, tmp_path: Path) -> None:
    here = tmp_path / "new"
    here.mkdir()
    other = await opened(here, ManualClock(), cut_off=False)
    await put(other, "other", b"other content")
    await other.close()
    with pytest.raises(NotEmpty):
        restore(archive, here, NOON)
    assert await keys(here) == {"other": b"other content"}
    done = restore(archive, here, NOON, replace=True)
    assert await keys(here) == EVERYTHING
    assert done.aside == here / "quarantine" / "20270115T080000Z"
    assert await keys(done.aside) == {"other": b"other content"}, "what was there is whole, blobs and all"


async def test_a_folder_of_someone_elses_is_not_restored_into(archive: Path, tmp_path: Path) -> None:
    here = tmp_path / "letters"
    here.mkdir()
    (here / "carta.txt").write_text("Caro contador")
    with pytest.raises(NotEmpty):
        restore(archive, here, NOON)
    assert [path.name for path in here.iterdir()] == ["carta.txt"]


async def test_a_restore_that_was_cut_off_can_be_begun_again(archive: Path, tmp_path: Path) -> None:
    here = tmp_path / "new"
    (here / "restoring" / "blobs").mkdir(parents=True)
    (here / "restoring" / "nexus.db").write_bytes(b"half")
    restore(archive, here, NOON)
    assert await keys(here) == EVERYTHING


def damage(path: Path) -> None:
    """Zero the pages behind the first."""
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 4] = bytes(4096 * 3)
    path.write_bytes(content)
