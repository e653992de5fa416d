"""Watched folders, and what became of the files in them; mass backfills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from store import driver
from store.transaction import Transaction


class Watch(NamedTuple):
    """A row of `watch`. `options` is JSON; times are wall-clock milliseconds."""

    id: int
    directory: bytes
    tenant: str
    options: str
    paused: int
    created: int
    scanned: int | None
    taken: int
    alarm_code: str | None
    alarm: str | None
    alarm_at: int | None


class Seen(NamedTuple):
    """A row of `seen` without its folder: a file as it was when it was taken or refused."""

    path: bytes
    inode: int
    size: int
    mtime: int
    ctime: int
    state: str
    doc: str | None
    error_code: str | None
    error: str | None
    at: int


class Backfill(NamedTuple):
    """A row of `backfill`."""

    job: str
    tenant: str
    directory: bytes
    rate: int | None
    paused: int
    found: int
    taken: int
    known: int
    refused: int
    began: int
    ended: int | None


WATCH = ", ".join(Watch._fields)
SEEN = ", ".join(Seen._fields)
BACKFILL = ", ".join(Backfill._fields)
#: Whoever watches reads the table again when this topic was touched; what it writes itself touches another.
TOPIC = "watches"
PROGRESS = "watched"


def put(tx: Transaction, now: int, directory: bytes, tenant: str, options: str) -> None:
    """Watch a folder, or change how it is watched; a change lifts no pause."""
    tx.execute(
        "INSERT INTO watch(directory,tenant,options,created) VALUES(?,?,?,?) "
        "ON CONFLICT(directory) DO UPDATE SET tenant=excluded.tenant, options=excluded.options",
        (directory, tenant, options, now),
    )
    tx.touch(TOPIC)


def remove(tx: Transaction, directory: bytes) -> bool:
    """Watch a folder no more, and forget what was seen in it. True if it was watched."""
    row = tx.row("SELECT id FROM watch WHERE directory=?", (directory,))
    if row is None:
        return False
    tx.execute("DELETE FROM seen WHERE watch=?", (row[0],))
    tx.execute("DELETE FROM watch WHERE id=?", (row[0],))
    tx.touch(TOPIC)
    return True


def pause(tx: Transaction, directory: bytes, *, paused: bool) -> bool:
    """Stop taking files from a folder, or go on. True if it is watched."""
    tx.touch(TOPIC)
    return tx.execute("UPDATE watch SET paused=? WHERE directory=?", (int(paused), directory)).rowcount > 0


def everyone(connection: Transaction | driver.Connection) -> list[Watch]:
    """All watched folders, oldest first."""
    return [Watch._make(row) for row in connection.execute(f"SELECT {WATCH} FROM watch ORDER BY id").fetchall()]


def find(connection: Transaction | driver.Connection, directory: bytes) -> Watch | None:
    """A watched folder."""
    row = connection.execute(f"SELECT {WATCH} FROM watch WHERE directory=?", (directory,)).fetchone()
    return None if row is None else Watch._make(row)


def looked(tx: Transaction, now: int, watch: int, alarm: tuple[str, str] | None) -> None:
    """A folder was looked at; `alarm` is the code and sentence of what is in the way. An alarm keeps the time it began."""
    code, told = (None, None) if alarm is None else alarm
    tx.execute(
        "UPDATE watch SET scanned=?, alarm=?, alarm_at=CASE WHEN ? IS NULL THEN NULL WHEN alarm_code IS ? THEN alarm_at ELSE ? END, alarm_code=? WHERE id=?",
        (now, told, code, code, now, code, watch),
    )
    tx.touch(PROGRESS)


def note(tx: Transaction, watch: int, rows: Sequence[Seen], taken: int = 0) -> None:
    """Remember what became of files; `taken` of them are taken in by now. Nothing is remembered of a folder that is watched no more."""
    if not tx.execute("UPDATE watch SET taken=taken+? WHERE id=?", (taken, watch)).rowcount:
        return
    marks = ",".join("?" * (1 + len(Seen._fields)))
    tx.executemany(f"INSERT OR REPLACE INTO seen(watch, {SEEN}) VALUES({marks})", [(watch, *row) for row in rows])
    tx.touch(PROGRESS)


def forget(tx: Transaction, watch: int, paths: Iterable[bytes]) -> None:
    """Files are gone from the folder."""
    tx.executemany("DELETE FROM seen WHERE watch=? AND path=?", [(watch, path) for path in paths])


def seen(connection: Transaction | driver.Connection, watch: int) -> list[Seen]:
    """What was seen in a folder."""
    return [
        Seen._make(row) for row in connection.execute(f"SELECT {SEEN} FROM seen WHERE watch=?", (watch,)).fetchall()
    ]


def troubles(connection: Transaction | driver.Connection, watch: int, limit: int) -> list[Seen]:
    """Files of a folder that were not taken in, or not moved, the newest first."""
    rows = connection.execute(
        f"SELECT {SEEN} FROM seen WHERE watch=? AND error_code IS NOT NULL ORDER BY at DESC LIMIT ?", (watch, limit)
    )
    return [Seen._make(row) for row in rows.fetchall()]


def troubled(connection: Transaction | driver.Connection, watch: int) -> int:
    """How many files of a folder were not taken in, or not moved."""
    count: int = connection.execute(
        "SELECT count(*) FROM seen WHERE watch=? AND error_code IS NOT NULL", (watch,)
    ).fetchone()[0]
    return count


def begin_backfill(
    tx: Transaction, now: int, job: str, tenant: str, directory: bytes, rate: int | None, found: int
) -> None:
    """A backfill begins: `job` takes `found` files of a folder in. One of the same folder that was killed has ended."""
    tx.execute("UPDATE backfill SET ended=? WHERE ended IS NULL AND tenant=? AND directory=?", (now, tenant, directory))
    tx.execute(
        "INSERT OR REPLACE INTO backfill(job,tenant,directory,rate,found,began) VALUES(?,?,?,?,?,?)",
        (job, tenant, directory, rate, found, now),
    )
    tx.touch("jobs")


def note_backfill(tx: Transaction, job: str, taken: int, known: int, refused: int) -> None:
    """Files of a backfill that were taken in, need not be, and cannot be, so far."""
    tx.execute("UPDATE backfill SET taken=?, known=?, refused=? WHERE job=?", (taken, known, refused, job))
    tx.touch("jobs")


def end_backfill(tx: Transaction, now: int, job: str) -> None:
    """A backfill has ended, or was broken off."""
    tx.execute("UPDATE backfill SET ended=? WHERE job=? AND ended IS NULL", (now, job))
    tx.touch("jobs")


def pause_backfills(tx: Transaction, directory: bytes | None, *, paused: bool) -> int:
    """Pause the backfills under way, of one folder or all, or let them go on. Returns how many."""
    where, parameters = ("", ()) if directory is None else (" AND directory=?", (directory,))
    tx.touch("jobs")
    return tx.execute(f"UPDATE backfill SET paused=? WHERE ended IS NULL{where}", (int(paused), *parameters)).rowcount


def backfills_under_way(connection: Transaction | driver.Connection, directory: bytes | None, *, paused: bool) -> list[str]:
    """The jobs of backfills under way, of one folder or all, that are paused, or that are not."""
    where, parameters = ("", ()) if directory is None else (" AND directory=?", (directory,))
    rows = connection.execute(f"SELECT job FROM backfill WHERE ended IS NULL AND paused=?{where}", (int(paused), *parameters)).fetchall()
    return [row[0] for row in rows]


def pause_backfill(tx: Transaction, job: str, *, paused: bool) -> bool:
    """Pause one backfill, or let it go on. True if it is under way and was not so."""
    tx.touch("jobs")
    return tx.execute("UPDATE backfill SET paused=? WHERE job=? AND ended IS NULL AND paused<>?", (int(paused), job, int(paused))).rowcount > 0


def find_backfill(connection: Transaction | driver.Connection, job: str) -> Backfill | None:
    """A backfill by its job."""
    row = connection.execute(f"SELECT {BACKFILL} FROM backfill WHERE job=?", (job,)).fetchone()
    return None if row is None else Backfill._make(row)


def backfills(connection: Transaction | driver.Connection, limit: int) -> list[Backfill]:
    """The newest backfills."""
    return [
        Backfill._make(row)
        for row in connection.execute(
            f"SELECT {BACKFILL} FROM backfill ORDER BY began DESC LIMIT ?", (limit,)
        ).fetchall()
    ]


def backfilled(
    connection: Transaction | driver.Connection, tenant: str, paths: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Which of these paths a backfill of the tenant took in: size in bytes, and when (wall-clock ms, the last time)."""
    jobs = [row[0] for row in connection.execute("SELECT job FROM backfill WHERE tenant=?", (tenant,)).fetchall()]
    known: dict[str, tuple[int, int]] = {}
    statement = (
        "SELECT document.size, source.added FROM source JOIN document ON document.tenant=source.tenant AND document.doc=source.doc "
        "WHERE source.job=? AND source.path=? ORDER BY source.added DESC LIMIT 1"
    )
    for path in paths:
        for job in jobs:
            row = connection.execute(statement, (job, path)).fetchone()
            if row is not None and (path not in known or row[1] > known[path][1]):
                known[path] = row[0], row[1]
    return known
