"""Looking at another process's database: what cannot be looked at is said in words of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import driver
from store.errors import NewerSchema, NotFound, NotNexus
from store.store import DATABASE, Store
from store.viewer import Viewer
from tests.store.harness import ManualClock


async def test_a_database_that_nobody_has_filled_yet_is_no_data_to_look_at(tmp_path: Path) -> None:
    """Its maker died between making the file and filling it; the next owner goes on."""
    (tmp_path / DATABASE).touch()
    with pytest.raises(NotFound):
        await Viewer.open(tmp_path)


async def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    connection = driver.connect(str(tmp_path / DATABASE))
    connection.execute("CREATE TABLE theirs(a)")
    connection.close()
    with pytest.raises(NotNexus):
        await Viewer.open(tmp_path)


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, ManualClock())
    await store.close()
    connection = driver.connect(str(tmp_path / DATABASE))
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(NewerSchema):
        await Viewer.open(tmp_path)
