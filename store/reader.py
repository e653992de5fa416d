"""The reading connection of `nexus.db` and `telemetry.db`: it cannot write, and it reads a data directory too that nobody may write into.

SQLite reads a WAL database through a file of shared memory, which it has to make. Where that cannot be, and nothing is in a WAL, the file alone is all of
it: it is read as it is (`immutable`). With a WAL that would show less than was committed, so it is refused.
"""

from __future__ import annotations

from pathlib import Path

from store import driver
from store.errors import Unwritable
from store.files import size_of

PRAGMAS = (
    "PRAGMA query_only=ON",
    "PRAGMA cache_size=-8000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA mmap_size=0",
)
PATIENCE_MS = 5000
#: What SQLite says where it may not make its file of shared memory.
CANNOT_MAKE = ("SQLITE_CANTOPEN", "SQLITE_READONLY")


def open_reader(path: Path, patience_ms: int = PATIENCE_MS) -> driver.Connection:
    """A connection for short reads only: a long one would hold back the WAL's checkpoint. It waits for a lock at most `patience_ms`.

    Raises `Unwritable` where the newest commits lie in a WAL that may not be read without writing, and SQLite's own errors.
    """
    try:
        return _open(path, "mode=ro", patience_ms)
    except driver.OperationalError as error:
        if not error.sqlite_errorname.startswith(CANNOT_MAKE) or not path.exists():
            raise
        if size_of(path.with_name(f"{path.name}-wal")):
            raise Unwritable(
                f"The last changes of {path} lie beside it in {path.name}-wal, which cannot be read without writing. Copy the folder to where it may be written."
            ) from error
        return _open(path, "mode=ro&immutable=1", patience_ms)


def quoted(path: Path) -> str:
    """A path as a URI of SQLite wants it."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _open(path: Path, how: str, patience_ms: int) -> driver.Connection:
    connection = driver.connect(f"file:{quoted(path)}?{how}", uri=True, threads=True)
    try:
        connection.execute(f"PRAGMA busy_timeout={patience_ms}").fetchall()
        for pragma in PRAGMAS:
            connection.execute(pragma).fetchall()
        # The first look into the file: until then nothing has been opened.
        connection.execute("PRAGMA schema_version").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection
