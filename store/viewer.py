"""Reading another process's database from outside: read-only connections, and PRAGMA data_version to see that something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from store import driver
from store.access import refuse_closed
from store.connection import ThreadDriver, pragma
from store.errors import Damaged, NotFound
from store.migrate import refuse_foreign
from store.reader import open_reader
from store.store import BLOBS, DATABASE

T = TypeVar("T")


class Viewer:
    """Read-only access to a data directory that another process owns, or that nobody runs."""

    def __init__(self, directory: Path, connection: ThreadDriver) -> None:
        self._directory = directory
        self._connection = connection

    @classmethod
    async def open(cls, directory: Path) -> Viewer:
        """Open the database of `directory`, whose schema must be this version's."""
        refuse_closed(directory)
        path = directory / DATABASE
        if not path.exists():
            raise NotFound(f"There is no database in {directory}.")

        def connect() -> driver.Connection:
            connection = open_reader(path)
            try:
                refuse_foreign(connection, path)
                if not pragma(connection, "user_version"):
                    # Whoever made the file has not filled it yet, or died before; the next owner does.
                    raise NotFound(f"There is nothing in {path} yet.")
            except BaseException:
                connection.close()
                raise
            return connection

        return cls(directory, await ThreadDriver.open(connect))

    async def read(self, query: Callable[[driver.Connection], T]) -> T:
        """Run a short query; it sees what is committed."""
        return await self._connection.run(query)

    async def version(self) -> int:
        """Differs from an earlier value if any process committed in between."""
        version: int = await self._connection.run(lambda connection: pragma(connection, "data_version"))
        return version

    def blob(self, sha: bytes) -> bytes:
        """A blob's content, checked against its name."""
        name = sha.hex()
        try:
            content = (self._directory / BLOBS / name[:2] / name[2:]).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"Blob {name} is missing.") from None
        if hashlib.sha256(content).digest() != sha:
            raise Damaged(f"Blob {name} does not match its hash.")
        return content

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()
