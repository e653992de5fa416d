"""Looking a database over from outside, read-only: whether its pages hold together, and which schema it has."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from store.connection import ThreadDriver, pragma
from store.driver import Connection
from store.migrate import refuse_foreign
from store.reader import open_reader

#: Problems told at most.
MOST = 5


class Inspection(NamedTuple):
    """What was found: the schema's number, what `quick_check` says, nothing if all is well, and how many documents there are."""

    schema: int
    problems: tuple[str, ...]
    documents: int


async def inspect(path: Path) -> Inspection:
    """Check the database at `path`; takes about a second a GB. Raises `Damaged`, `NotNexus`, `NewerSchema`, `Busy`."""

    def connect() -> Connection:
        connection = open_reader(path)
        try:
            refuse_foreign(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection

    driver = await ThreadDriver.open(connect)
    try:
        return await driver.run(_look)
    finally:
        await driver.close()


def _look(connection: Connection) -> Inspection:
    told = [str(row[0]) for row in connection.execute(f"PRAGMA quick_check({MOST})").fetchall()]
    problems = tuple(line for line in told if line != "ok")
    schema = pragma(connection, "user_version")
    documents = 0 if problems or not schema else connection.execute("SELECT count(*) FROM document").fetchone()[0]
    return Inspection(schema, problems, documents)
