"""Reading another process's database from outside: read-only connections, and PRAGMA data_version to see that something changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from store import connection as opening
from store import driver
from store.connection import APPLICATION_ID, ThreadDriver, pragma
from store.errors import Damaged, NewerSchema, NotFound, NotNexus
from store.migrate import latest
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
        path = directory / DATABASE
        if not path.exists():
            raise NotFound(f"There is no database in {directory}.")

        def connect() -> driver.Connection:
            connection = opening.open_reader(path)
            version = pragma(connection, "user_version")
            if pragma(connection, "application_id") != APPLICATION_ID or not version:
                connection.close()
                raise NotNexus(f"{path} is no Nexus database.")
            if version > latest():
                connection.close()
                raise NewerSchema(f"{path} has schema {version}, this Nexus knows up to {latest()}.")
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
        except FileNotFoundError:
            raise NotFound(f"Blob {name} is missing.") from None
        if hashlib.sha256(content).digest() != sha:
            raise Damaged(f"Blob {name} does not match its hash.")
        return content

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()
