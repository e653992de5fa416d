"""Opening and closing a store: what is set on it, what is refused in the store's own words, what is left of a crash."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from store import connection as opening
from store import driver, kv, queues, reader
from store.errors import Closed, Damaged, DiskFull, StoreError, Unwritable
from store.kv import Namespace
from store.queues import Draft, State
from store.store import DATABASE, Store
from tests.store.harness import NOON, ManualClock

REPOSITORY = Path(__file__).resolve().parents[2]

WRITING: dict[str, int | str] = {
    "page_size": 4096,
    "auto_vacuum": 2,
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": 5000,
    "cache_size": -32000,
    "temp_store": 2,
    "mmap_size": 0,
    "foreign_keys": 1,
    "journal_size_limit": 64 * 1024 * 1024,
    "wal_autocheckpoint": 16000 if driver.VERSION >= driver.SAFE_WITH_SECOND_CHECKPOINTER else 4000,
    "secure_delete": 1,
    "application_id": 0x4E585331,
}
READING: dict[str, int | str] = {"query_only": 1, "busy_timeout": 5000, "temp_store": 2, "mmap_size": 0}


def read_back(connection: driver.Connection, wanted: dict[str, int | str]) -> dict[str, int | str]:
    # mmap_size answers nothing at all where the library was built without it
    return {name: (connection.execute(f"PRAGMA {name}").fetchone() or (0,))[0] for name in wanted}


async def test_the_writer_is_durable_and_tidy_by_default(store: Store) -> None:
    found = await store.writer._driver.run(lambda connection: read_back(connection, WRITING))
    assert found == WRITING


async def test_a_reader_cannot_write(store: Store) -> None:
    assert await store.read(lambda connection: read_back(connection, READING)) == READING
    with pytest.raises(Unwritable):
        await store.read(lambda connection: connection.execute("DELETE FROM kv"))


def test_the_path_may_hold_what_a_uri_would_trip_over(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1? são" / "nexus.db"
    path.parent.mkdir()
    path.touch()
    opening.open_writer(path).close()
    reader.open_reader(path).close()


async def test_everything_is_private_whatever_the_umask(tmp_path: Path, clock: ManualClock) -> None:
    before = os.umask(0o022)
    try:
        store = await Store.open(tmp_path, clock)
        await store.blobs.put(b"content")
        await store.write(lambda tx: tx.count("something"))
        found = {path: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
        await store.close()
    finally:
        os.umask(before)
    assert {path.name for path in found} >= {"nexus.db", "nexus.db-wal", "nexus.db-shm", "blobs", "tmp", "trash"}
    assert [path for path, mode in found.items() if mode != (0o700 if path.is_dir() else 0o600)] == []


async def test_after_a_close_one_file_holds_everything(tmp_path: Path, clock: ManualClock) -> None:
    store = await Store.open(tmp_path, clock)
    await store.write(lambda tx: tx.count("something"))
    await store.close()
    await store.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blobs", "nexus.db"]
    with pytest.raises(Closed):
        await store.write(lambda tx: None)
    with pytest.raises(Closed):
        await store.read(lambda connection: None)


async def test_at_boot_nobody_holds_a_lease_and_the_counters_are_those_of_the_database(tmp_path: Path, clock: ManualClock) -> None:
    store = await Store.open(tmp_path, clock)
    queue = await store.write(lambda tx: queues.ensure(tx, "parse", 16))
    await store.write(lambda tx: queues.send(tx, NOON, [Draft(queue=queue.id, body=b"")] * 5))
    await store.write(lambda tx: queues.claim(tx, NOON, queue.id, 3, 1, 60_000))
    assert [store.counters[queues.counter(queue.id, state)] for state in State] == [2, 0, 3]
    await store.close()
    store = await Store.open(tmp_path, clock)
    assert [store.counters[queues.counter(queue.id, state)] for state in State] == [5, 0, 0]
    claimed = await store.write(lambda tx: queues.claim(tx, NOON, queue.id, 9, 2, 60_000))
    assert [(one.id, one.deliveries, one.attempts) for one in claimed] == [(1, 2, 0), (2, 2, 0), (3, 2, 0), (4, 1, 0), (5, 1, 0)]
    await store.close()


async def test_topics_and_versions_tell_what_to_look_at_again(store: Store) -> None:
    before = store.version
    await store.write(lambda tx: tx.touch("queues"))
    middle = store.version
    await store.write(lambda tx: tx.touch("kv", "jobs"))
    assert store.touched_since(before) == {"queues", "kv", "jobs"}
    assert store.touched_since(middle) == {"kv", "jobs"}
    assert store.touched_since(store.version) == frozenset()


# What is wrong with the files -------------------------------------------------------------------------


async def filled(directory: Path, clock: ManualClock) -> Path:
    store = await Store.open(directory, clock)
    queue = await store.write(lambda tx: queues.ensure(tx, "parse", 16))
    await store.write(lambda tx: queues.send(tx, NOON, [Draft(queue=queue.id, body=b"x" * 500)] * 2000))
    await store.write(lambda tx: queues.claim(tx, NOON, queue.id, 2000, 1, 60_000))
    await store.close()
    return directory / DATABASE


@pytest.mark.parametrize("damage", ["header", "schema", "half", "odd", "zeroes"])
async def test_a_corrupt_database_is_damaged_and_left_for_repair(tmp_path: Path, clock: ManualClock, damage: str) -> None:
    path = await filled(tmp_path, clock)
    content = bytearray(path.read_bytes())
    if damage == "header":
        content[:16] = b"not what it was!"
    elif damage == "schema":
        content[100:4096] = bytes(3996)
    elif damage == "half":
        del content[len(content) // 2 :]
    elif damage == "odd":
        del content[len(content) // 2 + 1234 :]
    else:
        content[4096 * 2 :] = bytes(len(content) - 4096 * 2)
    path.write_bytes(content)
    with pytest.raises(Damaged):
        await Store.open(tmp_path, clock)
    assert path.stat().st_size == len(content)


async def test_damage_met_later_is_told_in_the_stores_words_too(tmp_path: Path, clock: ManualClock) -> None:
    path = await filled(tmp_path, clock)
    store = await Store.open(tmp_path, clock)
    try:
        pages = await store.read(lambda connection: opening.pragma(connection, "page_count"))
        await store.writer._driver.run(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
        with path.open("r+b") as file:
            for page in range(pages // 2, pages):
                file.seek(page * 4096)
                file.write(bytes(4096))
        with pytest.raises(Damaged):
            await store.read(lambda connection: connection.execute("SELECT sum(length(body)) FROM msg").fetchall())
    finally:
        await store.close()


async def test_a_directory_that_is_missing_is_unwritable(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(Unwritable):
        await Store.open(tmp_path / "missing", clock)


async def test_a_read_only_directory_is_unwritable(mount: Callable[[str], Path], clock: ManualClock) -> None:
    disk = mount("size=8m")
    await (await Store.open(disk, clock)).close()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(Unwritable):
        await Store.open(disk, clock)


async def fill(store: Store, acknowledged: list[str]) -> None:
    for n in range(10_000):
        key = str(n)
        await store.write(lambda tx, key=key: kv.put(tx, Namespace.STATE, key, bytes(5000)))  # type: ignore[misc]
        acknowledged.append(key)


async def test_on_a_full_disk_nothing_acknowledged_is_lost_and_work_goes_on_when_there_is_space(
    mount: Callable[[str], Path], clock: ManualClock
) -> None:
    disk = mount("size=4m")
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(1024 * 1024))
    store = await Store.open(disk, clock)
    acknowledged: list[str] = []
    try:
        with pytest.raises(DiskFull):
            await fill(store, acknowledged)
        count = await store.read(lambda connection: connection.execute("SELECT count(*) FROM kv").fetchone()[0])
        assert count == len(acknowledged) > 100
        ballast.unlink()
        await store.write(lambda tx: kv.delete(tx, Namespace.STATE, "0"))
        assert await store.read(lambda connection: connection.execute("SELECT count(*) FROM kv").fetchone()[0]) == count - 1
    finally:
        await store.close()


# How a process ends -----------------------------------------------------------------------------------

CRASH = """
import asyncio, sys
from pathlib import Path
from store.store import Store
from tests.store.harness import ManualClock

async def main():
    store = await Store.open(Path(sys.argv[1]), ManualClock())
    await store.write(lambda tx: tx.count("acknowledged"))
    {end}

asyncio.run(main())
"""


@pytest.mark.parametrize("end", ["raise RuntimeError('before the first frame')", "return", "sys.exit(3)", "await store.blobs.put(b'x'); 1 / 0"])
async def test_a_process_that_never_closes_its_store_ends_all_the_same(tmp_path: Path, clock: ManualClock, end: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CRASH.format(end=end), str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == (0 if end == "return" else 3 if "exit" in end else 1), done.stderr
    store = await Store.open(tmp_path, clock)
    assert store.counters["acknowledged"] == 1
    await store.close()


async def test_an_opening_that_fails_leaves_no_thread_behind(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"no database" * 1000)
    code = CRASH.format(end="return")
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1 and "store.errors.Damaged" in done.stderr
    assert issubclass(Damaged, StoreError)
