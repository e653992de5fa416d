"""`telemetry.db`: spans, log records and measured values of the last days, in a file of its own.

Its commits are NORMAL and never wait for the documents' database, nor that for them: what a power cut takes is a second of telemetry. A file
that cannot be read, or of another version, is set aside and made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from store import driver
from store.connection import ThreadDriver, open_reader, pragma
from store.errors import Damaged, NotFound
from store.files import create

T = TypeVar("T")

DATABASE = "telemetry.db"
VERSION = 1
#: Rows deleted in one transaction.
BATCH = 2_000
#: Bytes of the database beyond which the oldest goes even before its time.
MOST_BYTES = 1024 * 1024 * 1024

# A trace has as many spans as its job has documents times eleven: its name stands once. An exporter has got as far as the ids of spans and records say.
SCHEMA = f"""
CREATE TABLE trace(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE span(
  id INTEGER PRIMARY KEY AUTOINCREMENT, trace INTEGER NOT NULL, span INTEGER NOT NULL, parent INTEGER, link INTEGER, doc TEXT NOT NULL, agent TEXT NOT NULL,
  event TEXT NOT NULL, run INTEGER NOT NULL, attempt INTEGER NOT NULL, started INTEGER NOT NULL, took INTEGER NOT NULL, waited INTEGER NOT NULL,
  status INTEGER NOT NULL, error TEXT) STRICT;
CREATE INDEX span_trace ON span(trace, doc);
CREATE TABLE record(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, level INTEGER NOT NULL, event TEXT NOT NULL, message TEXT NOT NULL, trace TEXT, doc TEXT, agent TEXT,
  fields TEXT NOT NULL) STRICT;
CREATE INDEX record_trace ON record(trace) WHERE trace IS NOT NULL;
CREATE INDEX record_level ON record(level) WHERE level>20;
CREATE TABLE point(name TEXT NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY(name, at)) STRICT, WITHOUT ROWID;
CREATE TABLE exporter(name TEXT PRIMARY KEY, span INTEGER NOT NULL, record INTEGER NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version={VERSION};
"""
PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA cache_size=-2000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA secure_delete=ON",
    "PRAGMA journal_size_limit=16777216",
)
SPAN_COLUMNS = "span, parent, link, trace.name, doc, agent, event, run, attempt, started, took, waited, status, error"
RECORD_COLUMNS = "at, level, event, message, trace, doc, agent, fields"


class StoredSpan(NamedTuple):
    """A span as its row stands; `id` rises with time. Units as in the engine's journal."""

    id: int
    span: int
    parent: int | None
    link: int | None
    trace: str
    doc: str
    agent: str
    event: str
    run: int
    attempt: int
    started: int
    took: int
    waited: int
    status: int
    error: str | None


class StoredRecord(NamedTuple):
    """A log record as its row stands; `fields` is a JSON object."""

    id: int
    at: int
    level: int
    event: str
    message: str
    trace: str | None
    doc: str | None
    agent: str | None
    fields: str


class Filter(NamedTuple):
    """Which records: all that is given must hold. `text` stands anywhere in event, message or fields."""

    trace: str | None = None
    doc: str | None = None
    agent: str | None = None
    least: int = 0
    since: int = 0
    text: str | None = None


class Telemetry:
    """The writing connection, opened by the process that owns the data directory."""

    def __init__(self, connection: ThreadDriver) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, directory: Path) -> Telemetry:
        """Open or make the database. Raises what the disk says."""
        path = directory / DATABASE
        try:
            return cls(await ThreadDriver.open(lambda: _opened(path)))
        except Damaged:
            _set_aside(path)
            return cls(await ThreadDriver.open(lambda: _opened(path)))

    async def write(self, operation: Callable[[driver.Connection], T]) -> T:
        """Run an operation in one transaction."""

        def whole(connection: driver.Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = operation(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return await self._connection.run(whole)

    async def read(self, query: Callable[[driver.Connection], T]) -> T:
        """Run a short query."""
        return await self._connection.run(query)

    async def close(self) -> None:
        """Fold the WAL back and close."""
        await self._connection.close()


async def look(directory: Path, query: Callable[[driver.Connection], T]) -> T:
    """Run a query from outside, whoever owns the directory. Raises `NotFound` where nothing was ever told."""
    path = directory / DATABASE
    if not path.exists():
        raise NotFound(f"There is no telemetry in {directory}.")

    def connect() -> driver.Connection:
        connection = open_reader(path)
        if pragma(connection, "user_version") != VERSION:
            connection.close()
            raise NotFound(f"There is no telemetry of this version in {directory}.")
        return connection

    connection = await ThreadDriver.open(connect)
    try:
        return await connection.run(query)
    finally:
        await connection.close()


# Writing --------------------------------------------------------------------------------------


def add(connection: driver.Connection, spans: Iterable[Sequence[Any]], records: Iterable[Sequence[Any]]) -> None:
    """Add spans (in the order of `StoredSpan` after its id) and records (likewise)."""
    known: dict[str, int] = {}
    rows = []
    for span in spans:
        trace = known.get(span[3])
        if trace is None:
            trace = known[span[3]] = _trace(connection, span[3])
        rows.append((*span[:3], trace, *span[4:]))
    connection.executemany(
        "INSERT INTO span(span,parent,link,trace,doc,agent,event,run,attempt,started,took,waited,status,error) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows
    )
    connection.executemany("INSERT INTO record(at,level,event,message,trace,doc,agent,fields) VALUES(?,?,?,?,?,?,?,?)", records)


def measure(connection: driver.Connection, at: int, values: Iterable[tuple[str, float]]) -> None:
    """Add measured values of a moment."""
    connection.executemany("INSERT OR REPLACE INTO point(name,at,value) VALUES(?,?,?)", [(name, at, value) for name, value in values])


def forget(connection: driver.Connection, before: int) -> bool:
    """Delete a batch of what is older than `before` (milliseconds), and of the oldest while the file is too large. True if there may be more."""
    if pragma(connection, "page_count") * pragma(connection, "page_size") - pragma(connection, "freelist_count") * pragma(connection, "page_size") > MOST_BYTES:
        before = 2**62
    gone = connection.execute(
        "DELETE FROM span WHERE started<? AND id IN (SELECT id FROM span ORDER BY id LIMIT ?)", (before, BATCH)
    ).rowcount
    told = connection.execute(
        "DELETE FROM record WHERE at<? AND id IN (SELECT id FROM record ORDER BY id LIMIT ?)", (before, BATCH)
    ).rowcount
    if before < 2**62:
        connection.execute("DELETE FROM point WHERE at<?", (before,))
    if not gone:
        connection.execute("DELETE FROM trace WHERE id NOT IN (SELECT trace FROM span)")
    return max(gone, told) == BATCH


def erase(connection: driver.Connection, docs: Iterable[str], needles: Sequence[bytes]) -> int:
    """Delete all that is told of documents, and records in which something of `needles` stands. Returns how many rows."""
    gone = 0
    for doc in docs:
        for table in ("span", "record"):
            gone += connection.execute(f"DELETE FROM {table} WHERE doc=?", (doc,)).rowcount
    for needle in needles:
        gone += connection.execute(
            "DELETE FROM record WHERE instr(CAST(message AS BLOB),?1)>0 OR instr(CAST(fields AS BLOB),?1)>0", (needle,)
        ).rowcount
    return gone


def cut_wal(connection: driver.Connection) -> None:
    """Fold the WAL back and empty it."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


# Reading --------------------------------------------------------------------------------------


def trace(connection: driver.Connection, name: str, doc: str | None = None) -> list[StoredSpan]:
    """The spans of a trace in the order in which they began."""
    condition = "" if doc is None else " AND doc IN (?, '')"
    rows = connection.execute(
        f"SELECT span.id, {SPAN_COLUMNS} FROM span JOIN trace ON trace.id=span.trace WHERE trace.name=?{condition} ORDER BY started, span.id",
        (name,) if doc is None else (name, doc),
    ).fetchall()
    return [StoredSpan._make(row) for row in rows]


def records(connection: driver.Connection, which: Filter, limit: int) -> list[StoredRecord]:
    """The newest records that fit, oldest first."""
    conditions, values = ["level>=?", "at>=?"], [which.least, which.since]
    parameters: list[Any] = list(values)
    for column, value in (("trace", which.trace), ("doc", which.doc), ("agent", which.agent)):
        if value is not None:
            conditions.append(f"{column}=?")
            parameters.append(value)
    if which.text is not None:
        conditions.append("instr(lower(event||' '||message||' '||fields),lower(?))>0")
        parameters.append(which.text)
    rows = connection.execute(
        f"SELECT id, {RECORD_COLUMNS} FROM record WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*parameters, limit)
    ).fetchall()
    return [StoredRecord._make(row) for row in reversed(rows)]


def points(connection: driver.Connection, name: str, since: int) -> list[tuple[int, float]]:
    """Measured values of a name, oldest first."""
    rows = connection.execute("SELECT at, value FROM point WHERE name=? AND at>=? ORDER BY at", (name, since)).fetchall()
    return [(row[0], row[1]) for row in rows]


def point_names(connection: driver.Connection) -> list[str]:
    """What is measured."""
    return [row[0] for row in connection.execute("SELECT DISTINCT name FROM point ORDER BY name").fetchall()]


# Exporters ------------------------------------------------------------------------------------


def cursor(connection: driver.Connection, name: str) -> tuple[int, int]:
    """How far an exporter has got, by the ids of spans and records; one that is new begins with what is told from now on."""
    row = connection.execute("SELECT span, record FROM exporter WHERE name=?", (name,)).fetchone()
    if row is None:
        # The ids of what was deleted count: they never come again.
        ends = dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        row = (ends.get("span", 0), ends.get("record", 0))
        connection.execute("INSERT INTO exporter(name,span,record) VALUES(?,?,?)", (name, *row))
    return row[0], row[1]


def advance(connection: driver.Connection, name: str, span: int, record: int) -> None:
    """An exporter has delivered everything up to these ids."""
    connection.execute("INSERT OR REPLACE INTO exporter(name,span,record) VALUES(?,?,?)", (name, span, record))


def spans_after(connection: driver.Connection, after: int, limit: int) -> list[StoredSpan]:
    """Spans beyond an id, oldest first."""
    rows = connection.execute(
        f"SELECT span.id, {SPAN_COLUMNS} FROM span JOIN trace ON trace.id=span.trace WHERE span.id>? ORDER BY span.id LIMIT ?", (after, limit)
    ).fetchall()
    return [StoredSpan._make(row) for row in rows]


def records_after(connection: driver.Connection, after: int, limit: int) -> list[StoredRecord]:
    """Records beyond an id, oldest first."""
    rows = connection.execute(f"SELECT id, {RECORD_COLUMNS} FROM record WHERE id>? ORDER BY id LIMIT ?", (after, limit)).fetchall()
    return [StoredRecord._make(row) for row in rows]


def _trace(connection: driver.Connection, name: str) -> int:
    row = connection.execute("SELECT id FROM trace WHERE name=?", (name,)).fetchone()
    if row is None:
        row = connection.execute("INSERT INTO trace(name) VALUES(?) RETURNING id", (name,)).fetchone()
    found: int = row[0]
    return found


def _opened(path: Path) -> driver.Connection:
    with suppress(FileExistsError):
        create(path).close()
    connection = driver.connect(str(path), threads=True)
    try:
        # First of all: the others already need the lock that somebody else may hold.
        connection.execute("PRAGMA busy_timeout=5000").fetchall()
        version = pragma(connection, "user_version")
        if version not in (0, VERSION):
            raise Damaged(f"{path} has schema {version}.")
        if not version:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        for statement in PRAGMAS:
            connection.execute(statement).fetchall()
        if not version:
            _make(connection)
        connection.execute("SELECT count(*) FROM exporter").fetchall()
    except BaseException as error:
        connection.close()
        raise driver.translate(error) from error
    return connection


def _make(connection: driver.Connection) -> None:
    """Make the tables, unless somebody else has done so by the time the database is ours."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not pragma(connection, "user_version"):
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _set_aside(path: Path) -> None:
    """Under another name it is there for whoever wants to look into it; one is kept."""
    path.replace(path.with_name(f"{DATABASE}.unreadable"))
    for end in ("-wal", "-shm"):
        path.with_name(DATABASE + end).unlink(missing_ok=True)
