"""Live settings as rows, and a look at them from outside."""

from __future__ import annotations

from pathlib import Path

from engine.outside import SystemClock
from store import settings
from store.inspection import inspect
from store.migrate import latest
from store.settings import Setting
from store.store import DATABASE, Store


async def test_a_row_is_put_replaced_and_removed_and_seen_from_outside(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, SystemClock())
    path = tmp_path / DATABASE
    try:
        await store.write(lambda tx: settings.put(tx, 1, "language", "pt", "ana, cli"))
        await store.write(lambda tx: settings.put(tx, 2, "language", "en", "rui, tui"))
        expected = [Setting("language", "en", 2, "rui, tui")]
        assert await store.read(settings.everyone) == expected
        assert settings.peek(path) == expected
        assert "settings" in store.touched_since(0)
        assert await store.write(lambda tx: settings.remove(tx, "language")) is True
        assert await store.write(lambda tx: settings.remove(tx, "language")) is False
        found = await inspect(path)
        assert (found.schema, found.problems) == (latest(), ())
    finally:
        await store.close()


def test_what_is_no_database_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "a ?#%.db"
    assert settings.peek(path) == []
    assert not path.exists()
    path.write_bytes(b"not a database at all" * 100)
    assert settings.peek(path) == []
