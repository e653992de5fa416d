"""Bringing a database to this version's schema: numbered plain-SQL files, each in one transaction, after an online backup."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from store import driver
from store.connection import APPLICATION_ID, pragma
from store.errors import NewerSchema, NotNexus
from store.files import create, sync


def migrations() -> list[tuple[int, str]]:
    """The migrations this version carries: (number, SQL), ascending."""
    entries = resources.files("store.migrations").iterdir()
    return sorted((int(entry.name[:4]), entry.read_text(encoding="utf-8")) for entry in entries if entry.name.endswith(".sql"))


def latest() -> int:
    """Schema number of this version."""
    return migrations()[-1][0]


def refuse_foreign(connection: driver.Connection, path: Path) -> None:
    """Refuse another program's database, and one of a newer Nexus; only reads."""
    version: int = pragma(connection, "user_version")
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise NotNexus(f"{path} is a database of another program.")
    if version and pragma(connection, "application_id") != APPLICATION_ID:
        raise NotNexus(f"{path} is a database of another program.")
    if version > latest():
        raise NewerSchema(f"{path} has schema {version}, this Nexus knows up to {latest()}.")


def migrate(connection: driver.Connection, path: Path) -> None:
    """Bring an empty or older database up to date, each migration whole or not at all. What `refuse_foreign` refuses stays untouched."""
    refuse_foreign(connection, path)
    version: int = pragma(connection, "user_version")
    pending = [(number, sql) for number, sql in migrations() if number > version]
    if pending and version:
        back_up(connection, path.with_name(f"{path.name}.before-schema-{pending[-1][0]}"))
    for number, sql in pending:
        connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\n;PRAGMA application_id={APPLICATION_ID};\nPRAGMA user_version={number};\nCOMMIT;")


def back_up(connection: driver.Connection, target: Path) -> None:
    """A consistent copy while the database is in use; under its name it is always a whole one."""
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    create(partial).close()
    copy = driver.connect(str(partial))
    try:
        connection.backup(copy)
    finally:
        copy.close()
    sync(partial)
    partial.rename(target)
    sync(target.parent)
