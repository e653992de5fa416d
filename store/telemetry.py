"""`telemetry.db`: spans, log records and measured values of the last days, in a file of its own.

Its commits are NORMAL and never wait for the documents' database, nor that for them: what a power cut takes is a second of telemetry. A file
that cannot be read, or of another version, is set aside and made anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from store import driver
from store.batch import rollback
from store.connection import ThreadDriver, pragma
from store.errors import Damaged, NotFound
from store.files import create
from store.reader import open_reader
from store.records.steps import StepStatus

T = TypeVar("T")

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

DATABASE = "telemetry.db"
VERSION = 3
#: Rows deleted in one transaction.
BATCH = 2_000
#: Bytes of the database beyond which the oldest goes even before its time.
MOST_BYTES = 1024 * 1024 * 1024

# A trace has as many spans as its job has documents times eleven. A row holds those of one document that were told together, as JSON: a row and an index
# entry a span were half of what spans cost. An exporter has got as far as the id of the rows it takes says.
SCHEMA = f"""
CREATE TABLE trace(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE span(
  id INTEGER PRIMARY KEY AUTOINCREMENT, trace INTEGER NOT NULL, doc TEXT NOT NULL, started INTEGER NOT NULL, hops TEXT NOT NULL) STRICT;
CREATE INDEX span_trace ON span(trace);
CREATE TABLE record(
  id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, level INTEGER NOT NULL, event TEXT NOT NULL, message TEXT NOT NULL, trace TEXT, doc TEXT, agent TEXT,
  fields TEXT NOT NULL) STRICT;
CREATE INDEX record_trace ON record(trace) WHERE trace IS NOT NULL;
CREATE INDEX record_level ON record(level) WHERE level>20;
CREATE TABLE point(name TEXT NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY(name, at)) STRICT, WITHOUT ROWID;
CREATE TABLE exporter(name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
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
SPANS = "SELECT span.id, trace.name, doc, hops FROM span JOIN trace ON trace.id=span.trace"
RECORDS = "SELECT at, level, event, message, trace, doc, agent, fields, id FROM record"


class Span(NamedTuple):
    """One hop of a trace. `started` is in milliseconds of the wall clock, `took` in microseconds, `waited` (in the queue) in milliseconds."""

    span: int
    parent: int | None
    #: The attempt that failed before this one.
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
    status: StepStatus
    error: str | None
    #: Of its row, once it is kept; rises with time. Spans of one document that were told together share it.
    id: int = 0


class Record(NamedTuple):
    """One line of the log; `at` is in milliseconds of the wall clock, `level` a number of Python's own logging, `fields` a JSON object."""

    at: int
    level: int
    event: str
    message: str
    trace: str | None
    doc: str | None
    agent: str | None
    fields: dict[str, Any]
    #: Of its row, once it is kept; rises with time.
    id: int = 0


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
        return await self._connection.run(lambda connection: _whole(connection, operation))

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


def add(connection: driver.Connection, spans: Iterable[Span], records: Iterable[Record]) -> None:
    """Add spans and records, in order."""
    together: dict[tuple[str, str], list[Span]] = {}
    for span in spans:
        together.setdefault((span.trace, span.doc), []).append(span)
    known: dict[str, int] = {}
    rows = []
    for (name, doc), told in together.items():
        trace = known.get(name)
        if trace is None:
            trace = known[name] = _trace(connection, name)
        rows.append((trace, doc, told[0].started, _encode([(*span[:3], *span[5:14]) for span in told])))
    connection.executemany("INSERT INTO span(trace,doc,started,hops) VALUES(?,?,?,?)", rows)
    connection.executemany(
        "INSERT INTO record(at,level,event,message,trace,doc,agent,fields) VALUES(?,?,?,?,?,?,?,?)", [(*record[:-2], _encode(record.fields)) for record in records]
    )


def measure(connection: driver.Connection, at: int, values: Iterable[tuple[str, float]]) -> None:
    """Add measured values of a moment."""
    connection.executemany("INSERT OR REPLACE INTO point(name,at,value) VALUES(?,?,?)", [(name, at, value) for name, value in values])


def forget(connection: driver.Connection, before: int) -> bool:
    """Delete a batch of what is older than `before` (milliseconds), and of the oldest while the file is too large. True if there may be more."""
    if (pragma(connection, "page_count") - pragma(connection, "freelist_count")) * pragma(connection, "page_size") > MOST_BYTES:
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


# Reading --------------------------------------------------------------------------------------


def trace(connection: driver.Connection, name: str, doc: str | None = None) -> list[Span]:
    """The spans of a trace in the order in which they began."""
    condition = "" if doc is None else " AND doc IN (?, '')"
    rows = connection.execute(f"{SPANS} WHERE trace.name=?{condition} ORDER BY span.id", (name,) if doc is None else (name, doc))
    return sorted((span for row in rows for span in _spans(*row)), key=lambda span: span.started)


def records(connection: driver.Connection, which: Filter, limit: int) -> list[Record]:
    """The newest records that fit, oldest first."""
    conditions = ["level>=?", "at>=?"]
    parameters: list[Any] = [which.least, which.since]
    for column, value in (("trace", which.trace), ("doc", which.doc), ("agent", which.agent)):
        if value is not None:
            conditions.append(f"{column}=?")
            parameters.append(value)
    if which.text is not None:
        conditions.append("instr(lower(event||' '||message||' '||fields),lower(?))>0")
        parameters.append(which.text)
    return _records(connection, f"WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*parameters, limit))[::-1]


def points(connection: driver.Connection, name: str, since: int) -> list[tuple[int, float]]:
    """Measured values of a name, oldest first."""
    rows = connection.execute("SELECT at, value FROM point WHERE name=? AND at>=? ORDER BY at", (name, since)).fetchall()
    return [(row[0], row[1]) for row in rows]


def point_names(connection: driver.Connection) -> list[str]:
    """What is measured."""
    return [row[0] for row in connection.execute("SELECT DISTINCT name FROM point ORDER BY name").fetchall()]


# Exporters ------------------------------------------------------------------------------------


def cursor(connection: driver.Connection, name: str, table: Literal["span", "record"]) -> int:
    """How far an exporter has got, by the id of the rows it takes; one that is new begins with what is told from now on."""
    row = connection.execute("SELECT at FROM exporter WHERE name=?", (name,)).fetchone()
    if row is None:
        # The ids of what was deleted count: they never come again.
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name=?", (table,)).fetchone() or (0,)
        advance(connection, name, row[0])
    found: int = row[0]
    return found


def advance(connection: driver.Connection, name: str, at: int) -> None:
    """An exporter has delivered everything up to this id."""
    connection.execute("INSERT OR REPLACE INTO exporter(name,at) VALUES(?,?)", (name, at))


def waiting(connection: driver.Connection, name: str, table: str) -> int:
    """Rows of a table that an exporter has not delivered; none where it never ran."""
    row = connection.execute("SELECT at FROM exporter WHERE name=?", (name,)).fetchone()
    if row is None:
        return 0
    found: int = connection.execute(f"SELECT count(*) FROM {table} WHERE id>?", (row[0],)).fetchone()[0]
    return found


def spans_after(connection: driver.Connection, after: int, limit: int) -> list[Span]:
    """Spans beyond an id, oldest first: those of whole rows, until there are `limit` of them or more."""
    found: list[Span] = []
    for row in connection.execute(f"{SPANS} WHERE span.id>? ORDER BY span.id LIMIT ?", (after, limit)):
        found += _spans(*row)
        if len(found) >= limit:
            break
    return found


def records_after(connection: driver.Connection, after: int, limit: int) -> list[Record]:
    """Records beyond an id, oldest first."""
    return _records(connection, "WHERE id>? ORDER BY id LIMIT ?", (after, limit))


def _spans(row: int, trace: str, doc: str, hops: str) -> list[Span]:
    return [Span._make((*hop[:3], trace, doc, *hop[3:10], StepStatus(hop[10]), hop[11], row)) for hop in json.loads(hops)]


def _records(connection: driver.Connection, condition: str, parameters: Sequence[Any]) -> list[Record]:
    rows = connection.execute(f"{RECORDS} {condition}", parameters).fetchall()
    return [Record._make((*row[:7], json.loads(row[7]), row[8])) for row in rows]


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
            _whole(connection, _make)
        connection.execute("SELECT count(*) FROM exporter").fetchall()
    except BaseException as error:
        connection.close()
        raise driver.translate(error) from error
    return connection


def _make(connection: driver.Connection) -> None:
    """Make the tables, unless somebody else has done so by the time the database is ours."""
    if not pragma(connection, "user_version"):
        for statement in filter(str.strip, SCHEMA.split(";")):
            connection.execute(statement)


def _whole(connection: driver.Connection, operation: Callable[[driver.Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = operation(connection)
        connection.execute("COMMIT")
    except BaseException:
        rollback(connection)
        raise
    return result


def _set_aside(path: Path) -> None:
    """Under another name it is there for whoever wants to look into it; one is kept."""
    path.replace(path.with_name(f"{DATABASE}.unreadable"))
    for end in ("-wal", "-shm"):
        path.with_name(DATABASE + end).unlink(missing_ok=True)
