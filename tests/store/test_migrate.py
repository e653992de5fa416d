"""Schemas: fresh, older, newer, foreign. What is refused is left as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from store import driver, migrate
from store.connection import APPLICATION_ID, open_writer, pragma
from store.errors import Damaged, NewerSchema, NotNexus
from store.store import Store
from tests.store.harness import Database, ManualClock

FIRST, SECOND, THIRD = "CREATE TABLE one(n)", "CREATE TABLE two(n)", "CREATE TABLE three(n)"


def known(monkeypatch: pytest.MonkeyPatch, *scripts: str) -> None:
    """Let this version carry just these migrations."""
    monkeypatch.setattr(migrate, "migrations", lambda: list(enumerate(scripts, 1)))


def tables(connection: driver.Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY rowid").fetchall()]


def opened(path: Path) -> driver.Connection:
    path.touch()
    return open_writer(path)


def old_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, FIRST)
    connection = opened(path)
    migrate.migrate(connection, path)
    connection.execute("INSERT INTO one VALUES(1)")
    connection.close()


def test_a_fresh_database_gets_the_whole_schema_and_its_marks(database: Database) -> None:
    assert pragma(database.connection, "user_version") == migrate.latest()
    assert pragma(database.connection, "application_id") == APPLICATION_ID == 0x4E585331
    assert {"queue", "msg", "kv", "lock", "step", "counter", "document", "report", "search"} <= set(tables(database.connection))
    assert list(database.path.parent.glob("*before*")) == [], "there was nothing to back up"


def test_migrating_again_changes_nothing(database: Database) -> None:
    before = database.rows("SELECT type, name, sql FROM sqlite_master")
    database.reopen()
    migrate.migrate(database.connection, database.path)
    assert database.rows("SELECT type, name, sql FROM sqlite_master") == before


def test_migrations_are_numbered_without_gaps_from_one() -> None:
    assert [number for number, _ in migrate.migrations()] == list(range(1, migrate.latest() + 1))


def test_an_older_database_is_backed_up_whole_and_privately_before_it_is_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "nexus.db"
    old_database(path, monkeypatch)
    known(monkeypatch, FIRST, SECOND, THIRD)
    before = os.umask(0o022)
    try:
        connection = opened(path)
        migrate.migrate(connection, path)
    finally:
        os.umask(before)
    assert tables(connection) == ["one", "two", "three"] and pragma(connection, "user_version") == 3
    assert connection.execute("SELECT n FROM one").fetchall() == [(1,)]
    connection.close()
    backup = tmp_path / "nexus.db.before-schema-3"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    copy = driver.connect(str(backup))
    assert tables(copy) == ["one"] and pragma(copy, "user_version") == 1 and copy.execute("SELECT n FROM one").fetchall() == [(1,)]
    copy.close()
    assert list(tmp_path.glob("*.partial")) == []


def test_a_backup_that_was_cut_off_is_never_taken_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "nexus.db"
    old_database(path, monkeypatch)
    (tmp_path / "nexus.db.before-schema-2.partial").write_bytes(b"half a backup")
    known(monkeypatch, FIRST, SECOND)
    connection = opened(path)
    migrate.migrate(connection, path)
    connection.close()
    copy = driver.connect(str(tmp_path / "nexus.db.before-schema-2"))
    assert tables(copy) == ["one"]
    copy.close()


def test_a_migration_that_fails_leaves_the_schema_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "nexus.db"
    old_database(path, monkeypatch)
    known(monkeypatch, FIRST, SECOND, "CREATE TABLE three(n); INSERT INTO three VALUES(1); INSERT INTO nowhere VALUES(1)")
    connection = opened(path)
    with pytest.raises(driver.OperationalError):
        migrate.migrate(connection, path)
    connection.close()
    connection = driver.connect(str(path))
    assert tables(connection) == ["one", "two"] and pragma(connection, "user_version") == 2
    connection.close()


async def test_a_newer_schema_is_refused_untouched(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "nexus.db"
    await (await Store.open(tmp_path, clock)).close()
    connection = driver.connect(str(path))
    connection.execute(f"PRAGMA user_version={migrate.latest() + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NewerSchema):
        await Store.open(tmp_path, clock)
    assert path.read_bytes() == before


@pytest.mark.parametrize("marks", ["", "PRAGMA user_version=1", "PRAGMA application_id=7", "PRAGMA user_version=1; PRAGMA application_id=7"])
async def test_a_database_of_another_program_is_refused_untouched(tmp_path: Path, clock: ManualClock, marks: str) -> None:
    path = tmp_path / "nexus.db"
    connection = driver.connect(str(path))
    connection.executescript(f"CREATE TABLE theirs(n); INSERT INTO theirs VALUES(1); {marks}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotNexus):
        await Store.open(tmp_path, clock)
    assert path.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["nexus.db"], "nothing is put beside it"


async def test_a_file_that_is_no_database_is_refused_untouched(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "nexus.db"
    path.write_bytes(b"Caro contador, " * 1000)
    before = path.read_bytes()
    with pytest.raises(Damaged):
        await Store.open(tmp_path, clock)
    assert path.read_bytes() == before
