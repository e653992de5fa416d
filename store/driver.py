"""Which SQLite the process uses, decided once: pysqlite3 where it has wheels, the standard library elsewhere.

Stock libraries up to 3.51.2 can lose committed pages when a second process checkpoints while the first commits (the WAL-reset bug),
so the bundled 3.53 is preferred. Two SQLite libraries must never open the same file in one process: closing the second drops the
POSIX locks of the first. Everything that opens a database, tests included, therefore imports the library from here.

aiosqlite is only the thread that runs a function: it works on any DB-API connection, whose errors are this driver's own.
`translate` says them in the store's words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from store.errors import Busy, Damaged, DiskFull, StoreError, Unwritable

if TYPE_CHECKING:
    import sqlite3 as library
else:
    try:
        import pysqlite3.dbapi2 as library
    except ImportError:  # no wheel for this platform: the doctor warns
        import sqlite3 as library

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)

Connection = library.Connection
Cursor = library.Cursor
Error = library.Error
DatabaseError = library.DatabaseError
OperationalError = library.OperationalError
IntegrityError = library.IntegrityError

#: Which of the two it is.
LIBRARY: str = library.__name__.partition(".")[0]
#: Version of the SQLite in use, e.g. (3, 53, 4).
VERSION: tuple[int, ...] = tuple(int(part) for part in library.sqlite_version.split("."))
#: First release without the WAL-reset bug.
SAFE_WITH_SECOND_CHECKPOINTER = (3, 51, 3)


class CallableConnection(Connection):
    """A connection whose `execute` also accepts a `Call`, so that a whole function costs one thread hop.

    A statement by statement conversation with the thread of aiosqlite costs 171 µs each and lets other tasks in between; a function
    costs 50 µs whatever it does.
    """

    def execute(self, statement: Any, *parameters: Any) -> Any:
        if isinstance(statement, Call):
            return statement.run(self)
        return super().execute(statement, *parameters)


class Call:
    """A function to be run on the connection's own thread; it stands where aiosqlite expects a statement."""

    __slots__ = ("error", "function", "result")

    def __init__(self, function: Callable[[Connection], Any]) -> None:
        self.function = function
        self.result: Any = None
        self.error: BaseException | None = None

    def run(self, connection: Connection) -> Call:
        try:
            self.result = self.function(connection)
        except BaseException as error:  # raised again on the loop, by whoever awaits the call
            self.error = error
        return self

    def fetchall(self) -> list[Any]:
        """aiosqlite fetches what `execute` returned; the outcome stays on the call."""
        return []

    def close(self) -> None:
        """Part of the cursor's shape that aiosqlite expects."""


def connect(path: str, *, uri: bool = False, threads: bool = False) -> Connection:
    """Open `path` in autocommit mode (transactions are written out by the writer).

    `threads` allows a connection to be used away from the thread that made it, one thread at a time.
    """
    return library.connect(
        path, uri=uri, isolation_level=None, check_same_thread=not threads, factory=CallableConnection, cached_statements=512
    )


def translate(error: E) -> E | StoreError:
    """SQLite's errors in the store's own words; other errors as they are."""
    if isinstance(error, StoreError) or not isinstance(error, Error):
        return error
    name = getattr(error, "sqlite_errorname", "") or ""
    text = str(error)
    if name.startswith("SQLITE_FULL") or "disk is full" in text:
        translated: StoreError = DiskFull(text)
    elif name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")) or "readonly" in text or "unable to open" in text:
        translated = Unwritable(text)
    elif name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "malformed" in text or "not a database" in text:
        translated = Damaged(text)
    elif name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")) or "locked" in text:
        translated = Busy(text)
    elif name.startswith("SQLITE_IOERR") or "disk I/O" in text:
        translated = Unwritable(text)
    else:
        return error
    translated.__cause__ = error
    return translated
