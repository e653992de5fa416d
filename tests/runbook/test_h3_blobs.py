"""H3: files that nothing names go, those that are named never do; room of deleted rows goes back to the disk; the log stays small; it is all shown."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

from benchmarks.notes import write
from scheduler.housekeeping import Housekeeping
from store import kv
from store.kv import Namespace
from store.store import Store
from tests.nexus_tui.cli.running import Nexus
from tests.store.harness import ManualClock

OLD = time.time() - 3 * 3600


def planted(directory: Path, content: bytes) -> Path:
    """A file as a crashed intake leaves it: durable, and named by no row."""
    name = hashlib.sha256(content).hexdigest()
    path = directory / "blobs" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def test_collection_keeps_every_file_that_is_named_and_removes_the_rest_after_grace(
    nexus: Nexus, tmp_path: Path
) -> None:
    write(tmp_path / "in", 40)
    documents = nexus.json("process", tmp_path / "in").objects
    old, young = planted(nexus.directory, b"old orphan"), planted(nexus.directory, b"young orphan")
    for folder in (nexus.directory / "blobs").iterdir():
        if len(folder.name) == 2:
            for path in folder.iterdir():
                os.utime(path, (OLD, OLD))
    os.utime(young)
    with nexus.running():
        collected = nexus.json("blobs", "gc").object
        trash = nexus.directory / "blobs" / "trash"
        assert (
            collected["done"] >= 1 and not old.exists() and (trash / hashlib.sha256(b"old orphan").hexdigest()).exists()
        )
        assert young.exists(), "it may be on its way into a transaction"
        assert nexus.json("blobs", "check").object["bad"] == []
        for one in documents:
            assert (nexus.directory / "blobs" / one["sha256"][:2] / one["sha256"][2:]).exists()
        for path in trash.iterdir():
            os.utime(path, (OLD, OLD))
        assert nexus.json("blobs", "gc").object["deleted"] >= 1
        assert list(trash.iterdir()) == []


def test_what_lies_on_the_disk_is_shown(nexus: Nexus, tmp_path: Path) -> None:
    files = write(tmp_path / "in", 5)
    nexus.json("process", tmp_path / "in")
    shown = nexus.json("status").object["storage"]
    assert shown["database"] == (nexus.directory / "nexus.db").stat().st_size
    wal = nexus.directory / "nexus.db-wal"
    assert shown["wal"] == (wal.stat().st_size if wal.exists() else 0)
    assert shown["blobs"] >= sum(path.stat().st_size for path in files) and shown["files"] >= 5
    assert {"database", "wal", "blobs", "files", "trash"} == set(shown)
    assert "bytes of the write-ahead log" in nexus("status").out


async def test_room_of_deleted_rows_goes_back_to_the_disk_in_bites_and_the_log_stays_below_its_limit(
    tmp_path: Path,
) -> None:
    store = await Store.open(tmp_path, ManualClock(), synchronous="OFF")
    value = os.urandom(60_000)
    for number in range(400):
        await store.write(lambda tx, number=number: kv.put(tx, Namespace.LOCAL, f"{number}", value))  # type: ignore[misc]
    before = await store.read(lambda connection: connection.execute("PRAGMA page_count").fetchone()[0])
    await store.write(lambda tx: tx.execute("DELETE FROM kv"))
    await Housekeeping(store).retain()
    after, free = await store.read(
        lambda connection: (
            connection.execute("PRAGMA page_count").fetchone()[0],
            connection.execute("PRAGMA freelist_count").fetchone()[0],
        )
    )
    assert before > 5000 and after < before / 10 and free == 0
    assert (tmp_path / "nexus.db-wal").stat().st_size <= 64 * 1024 * 1024
    await store.close()
    assert (tmp_path / "nexus.db").stat().st_size < before * 4096 / 10
