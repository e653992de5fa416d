"""Live settings: rows that change what the configuration file says, which is never rewritten."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from store import driver
from store.errors import StoreError
from store.reader import open_reader
from store.transaction import Transaction

#: Milliseconds that a look from outside waits for a database that is being changed.
PATIENCE_MS = 500


class Setting(NamedTuple):
    """A row: the value as text, when it was set by the wall clock, and by whom."""

    key: str
    value: str
    at: int
    who: str


def put(tx: Transaction, now: int, key: str, value: str, who: str) -> None:
    """Set a key."""
    tx.execute("INSERT OR REPLACE INTO setting(key,value,at,who) VALUES(?,?,?,?)", (key, value, now, who))
    tx.touch("settings")


def remove(tx: Transaction, key: str) -> bool:
    """Take a key back. True if it was set."""
    tx.touch("settings")
    return tx.execute("DELETE FROM setting WHERE key=?", (key,)).rowcount > 0


def everyone(connection: Transaction | driver.Connection) -> list[Setting]:
    """All rows."""
    return [
        Setting._make(row)
        for row in connection.execute("SELECT key, value, at, who FROM setting ORDER BY key").fetchall()
    ]


def peek(path: Path) -> list[Setting]:
    """The rows of a database that is not open yet; none where it cannot be read, which its opening will say better."""
    try:
        connection = open_reader(path, PATIENCE_MS)
    except (driver.Error, StoreError):
        return []
    try:
        return everyone(connection)
    except driver.Error:
        return []
    finally:
        connection.close()
