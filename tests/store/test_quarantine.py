"""A damaged database is moved aside, whole, and no start makes an empty one in its place by itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from store import kv
from store.errors import Damaged, NewerSchema, NotNexus, Quarantined
from store.kv import Namespace
from store.owner import Ownership
from store.quarantine import opened, start_empty
from store.store import Store
from store.transaction import Transaction
from tests.store.harness import ManualClock


async def filled(directory: Path, clock: ManualClock, *, count: int = 1000, crashed: bool = False) -> None:
    """A data directory with a few hundred pages; `crashed` leaves the WAL as a killed process would."""
    store = await opened(directory, clock, cut_off=False)

    def fill(tx: Transaction) -> None:
        for number in range(count):
            kv.put(tx, Namespace.LOCAL, f"{number}", os.urandom(500))

    await store.write(fill)
    await store.blobs.put(b"content of a document")
    if crashed:
        copies = {name: (directory / name).read_bytes() for name in ("nexus.db", "nexus.db-wal")}
        await store.close()
        for name, content in copies.items():
            (directory / name).write_bytes(content)
        (directory / "nexus.db-shm").unlink(missing_ok=True)
    else:
        await store.close()


def header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(bytes(16))


def middle_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    half = len(content) // 4096 // 2 * 4096
    content[half : half + 4096] = bytes(4096)
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)


@pytest.mark.parametrize(
    ("harm", "cut_off"), [(header, False), (header, True), (middle_page, True), (cut_short, False), (cut_short, True)]
)
async def test_a_damaged_database_is_moved_aside_with_all_its_files(
    tmp_path: Path, clock: ManualClock, harm: Callable[[Path], None], cut_off: bool
) -> None:
    await filled(tmp_path, clock)
    harm(tmp_path / "nexus.db")
    (tmp_path / "config.toml").write_text("")
    before = (tmp_path / "nexus.db").read_bytes()
    with pytest.raises(Quarantined, match="20270115T080000Z"):
        await opened(tmp_path, clock, cut_off=cut_off)
    aside = tmp_path / "quarantine" / "20270115T080000Z"
    assert (aside / "nexus.db").read_bytes() == before
    assert len([path for path in (aside / "blobs").rglob("*") if path.is_file()]) == 1, (
        "blobs go with the rows that name them"
    )
    assert {path.name for path in tmp_path.iterdir()} == {"quarantine", "config.toml"}


async def test_no_start_begins_empty_by_itself_until_someone_says_so(tmp_path: Path, clock: ManualClock) -> None:
    await filled(tmp_path, clock)
    header(tmp_path / "nexus.db")
    for _ in range(3):
        with pytest.raises(Quarantined):
            await opened(tmp_path, clock, cut_off=False)
    assert not (tmp_path / "nexus.db").exists()
    assert len(list((tmp_path / "quarantine").iterdir())) == 1
    assert await start_empty(tmp_path, clock)
    store = await opened(tmp_path, clock, cut_off=False)
    assert await store.read(lambda connection: connection.execute("SELECT count(*) FROM kv").fetchone()[0]) == 0
    await store.close()
    assert not await start_empty(tmp_path, clock), "a database that is there stays"


async def test_an_end_without_a_word_is_checked_and_a_whole_database_goes_on(
    tmp_path: Path, clock: ManualClock
) -> None:
    await filled(tmp_path, clock, crashed=True)
    store = await opened(tmp_path, clock, cut_off=True)
    assert await store.read(lambda connection: connection.execute("SELECT count(*) FROM kv").fetchone()[0]) == 1000
    await store.close()


async def test_a_page_damaged_behind_a_wal_that_was_left_is_found(tmp_path: Path, clock: ManualClock) -> None:
    await filled(tmp_path, clock)
    await filled(tmp_path, clock, count=1, crashed=True)
    middle_page(tmp_path / "nexus.db")
    with pytest.raises(Quarantined):
        await opened(tmp_path, clock, cut_off=False)
    assert (tmp_path / "quarantine" / "20270115T080000Z" / "nexus.db-wal").stat().st_size > 0, "the WAL goes with it"


async def test_a_move_that_broke_off_never_leaves_a_database_without_its_wal(
    tmp_path: Path, clock: ManualClock
) -> None:
    await filled(tmp_path, clock, crashed=True)
    aside = tmp_path / "quarantine" / "20270115T080000Z"
    aside.mkdir(parents=True)
    (tmp_path / "nexus.db").rename(aside / "nexus.db")
    with pytest.raises(Quarantined):
        await opened(tmp_path, clock, cut_off=True)
    assert await start_empty(tmp_path, clock)
    assert (tmp_path / "quarantine" / "20270115T080000Z-2" / "nexus.db-wal").exists(), (
        "the new database does not get the old WAL"
    )


async def test_a_database_that_vanished_is_missed_where_files_of_documents_are(
    tmp_path: Path, clock: ManualClock
) -> None:
    await filled(tmp_path, clock)
    (tmp_path / "nexus.db").unlink()
    with pytest.raises(Quarantined, match="files of documents"):
        await opened(tmp_path, clock, cut_off=False)
    assert not (tmp_path / "nexus.db").exists()


async def test_a_first_start_that_broke_off_is_none_of_that(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "nexus.db").touch()
    (tmp_path / "blobs" / "tmp").mkdir(parents=True)
    (tmp_path / "blobs" / "tmp" / "1-1").write_bytes(b"half")
    await (await opened(tmp_path, clock, cut_off=True)).close()


async def test_files_that_are_not_ours_are_refused_where_they_lie(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "nexus.db").write_bytes(b"Caro contador, " * 1000)
    with pytest.raises(Damaged):
        await opened(tmp_path, clock, cut_off=True)
    assert [path.name for path in tmp_path.iterdir()] == ["nexus.db"]


async def test_a_newer_or_foreign_database_is_refused_and_not_moved(tmp_path: Path, clock: ManualClock) -> None:
    await filled(tmp_path, clock)
    store = await Store.open(tmp_path, clock)
    await store.write(lambda tx: tx.execute("PRAGMA user_version=1000"))
    await store.close()
    with pytest.raises(NewerSchema):
        await opened(tmp_path, clock, cut_off=True)
    store_path = tmp_path / "nexus.db"
    content = bytearray(store_path.read_bytes())
    content[68:72] = b"\0\0\0\7"
    store_path.write_bytes(content)
    with pytest.raises(NotNexus):
        await opened(tmp_path, clock, cut_off=True)
    assert not (tmp_path / "quarantine").exists()


def test_an_owner_knows_whether_the_one_before_it_ended_in_order(tmp_path: Path) -> None:
    first = Ownership.take(tmp_path)
    assert not first.cut_off
    first.announce({"pid": 1})
    first.release()
    second = Ownership.take(tmp_path)
    assert not second.cut_off
    second.announce({"pid": 2})
    left = (tmp_path / "owner.json").read_bytes()
    second.release()
    (tmp_path / "owner.json").write_bytes(left)
    third = Ownership.take(tmp_path)
    assert third.cut_off
    third.release()
    shutil.rmtree(tmp_path)
