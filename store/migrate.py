"""Bringing a database to this version's schema: numbered plain-SQL files, each in one transaction, after an online backup."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from store import driver
from store.connection import APPLICATION_ID, pragma
from store.errors import NewerSchema, NotNexus


def migrations() -> list[tuple[int, str]]:
    """The migrations this version carries: (number, SQL), ascending."""
    found = []
    for entry in resources.files("store.migrations").iterdir():
        if entry.name.endswith(".sql"):
            found.append((int(entry.name[:4]), entry.read_text(encoding="utf-8")))
    return sorted(found)


def latest() -> int:
    """Schema number of this version."""
    return migrations()[-1][0]


def migrate(connection: driver.Connection, path: Path) -> None:
    """Bring an empty or older database up to date. A newer one, or a foreign file, is refused untouched."""
    version: int = pragma(connection, "user_version")
    known = migrations()
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise NotNexus(f"{path} is a database of another program.")
    if version and pragma(connection, "application_id") != APPLICATION_ID:
        raise NotNexus(f"{path} is a database of another program.")
    if version > known[-1][0]:
        raise NewerSchema(f"{path} has schema {version}, this Nexus knows up to {known[-1][0]}.")
    pending = [(number, sql) for number, sql in known if number > version]
    if pending and version:
        back_up(connection, path.with_name(f"{path.name}.before-schema-{pending[-1][0]}"))
    for number, sql in pending:
        connection.executescript(f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA application_id={APPLICATION_ID};\nPRAGMA user_version={number};\nCOMMIT;")


def back_up(connection: driver.Connection, target: Path) -> None:
    """A consistent copy while the database is in use."""
    copy = driver.connect(str(target))
    try:
        connection.backup(copy)
    finally:
        copy.close()
    target.chmod(0o600)
