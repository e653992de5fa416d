"""What a person decided about the running appliance: when, who and from where, and how it can be taken back. Kept for 30 days."""

from __future__ import annotations

from typing import NamedTuple

from store import driver
from store.transaction import Transaction

KEPT_MS = 30 * 24 * 3600 * 1000


class Decision(NamedTuple):
    """A decision, or a step of one: `command` is the id of its first step. Times are milliseconds of the wall clock; `undone` is 0 where it was passed over."""

    id: int
    command: int
    at: int
    who: str
    verb: str
    subject: str
    reversal: str | None
    undone: int | None


COLUMNS = ", ".join(Decision._fields)


def record(tx: Transaction, at: int, who: str, verb: str, subject: str, reversal: str | None, command: int | None = None) -> int:
    """Keep a decision; belongs into the transaction that carries it out. `command` makes it a further step of one. Returns the command's id."""
    row = tx.row(
        "INSERT INTO decision(command,at,who,verb,subject,reversal) VALUES(?,?,?,?,?,?) RETURNING id", (command or 0, at, who, verb, subject, reversal)
    )
    tx.expires(at + KEPT_MS)
    found: int = row[0]
    if command is None:
        tx.execute("UPDATE decision SET command=id WHERE id=?", (found,))
    return found if command is None else command


def undoable(tx: Transaction, command: int | None = None) -> Decision | None:
    """The newest step that can be taken back and was not; of one command, or of any."""
    row = tx.row(
        f"SELECT {COLUMNS} FROM decision WHERE reversal IS NOT NULL AND undone IS NULL AND command=coalesce(?,command) ORDER BY id DESC LIMIT 1", (command,)
    )
    return None if row is None else Decision._make(row)


def first(tx: Transaction, command: int) -> Decision:
    """The first step of a command."""
    return Decision._make(tx.row(f"SELECT {COLUMNS} FROM decision WHERE id=?", (command,)))


def mark_undone(tx: Transaction, step: int, at: int) -> None:
    """The step was taken back."""
    tx.execute("UPDATE decision SET undone=? WHERE id=?", (at, step))


def newest(connection: Transaction | driver.Connection, limit: int) -> list[Decision]:
    """Commands by their first steps, newest first; one counts as undone when that is."""
    return [
        Decision._make(row)
        for row in connection.execute(f"SELECT {COLUMNS} FROM decision WHERE command=id ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    ]
