"""The WAL is folded into the database beside the writer, and stays small however much is written."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from store import checkpoint, driver
from store.checkpoint import Checkpointer
from store.reader import open_reader
from store.store import DATABASE, Store
from store.transaction import Transaction
from tests.store.harness import ManualClock

pytestmark = pytest.mark.skipif(
    driver.VERSION < driver.SAFE_WITH_SECOND_CHECKPOINTER, reason="NOT TESTED: this SQLite's checkpoints must not cross commits, so there is none"
)

PAGE = 4096


def fill(tx: Transaction) -> None:
    tx.execute("INSERT INTO setting(key,value,at,who) VALUES('big',hex(randomblob(100000)),0,'') ON CONFLICT(key) DO UPDATE SET value=excluded.value")


async def settled(store: Store) -> Checkpointer:
    checkpointer = store._checkpointer
    assert checkpointer is not None
    if checkpointer._task is not None:
        await checkpointer._task
    return checkpointer


async def test_much_writing_leaves_a_small_wal_and_nothing_is_lost(store: Store, tmp_path: Path) -> None:
    sizes = []
    for _ in range(60 * checkpoint.LOOK_EVERY):
        await store.write(fill)
        sizes.append((tmp_path / f"{DATABASE}-wal").stat().st_size // PAGE)
    checkpointer = await settled(store)
    assert checkpointer.runs > 1
    written = 60 * checkpoint.LOOK_EVERY * 50
    assert max(sizes) < 17_000 < written / 2, "without a pause to write in it reaches its wall at most, and begins at its front again"
    reader = open_reader(tmp_path / DATABASE)
    try:
        assert reader.execute("SELECT length(value) FROM setting").fetchall() == [(200_000,)]
        assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        reader.close()


async def test_a_commit_does_not_checkpoint_before_the_wall(store: Store) -> None:
    assert await store.write(lambda tx: tx.row("PRAGMA wal_autocheckpoint")[0]) * PAGE == 16_000 * PAGE


async def test_a_reader_in_its_way_is_no_error(store: Store, tmp_path: Path) -> None:
    reader = open_reader(tmp_path / DATABASE)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM setting").fetchall()
        for _ in range(4 * checkpoint.LOOK_EVERY):
            await store.write(fill)
        await settled(store)
        reader.execute("COMMIT")
    finally:
        reader.close()
    before = (await settled(store)).runs
    for _ in range(2 * checkpoint.LOOK_EVERY):
        await store.write(fill)
        await asyncio.sleep(0)
    assert (await settled(store)).runs >= before


async def test_the_store_closes_while_a_checkpoint_is_under_way(tmp_path: Path) -> None:
    opened = await Store.open(tmp_path, ManualClock())
    for _ in range(checkpoint.LOOK_EVERY * 3):
        await opened.write(fill)
    await opened.close()
    assert not (tmp_path / f"{DATABASE}-wal").exists(), "the last connection folds what is left"
