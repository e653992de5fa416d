"""The store of a simulated life: the real SQL on the real SQLite, inline on the loop, with faults at its edges.

Every call of the store passes numbered points: before it runs, at its COMMIT, after it. At a point the process may die: the files are copied
as they are at that instant, and nothing is run any more.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from store import connection as opening
from store import driver, reader
from store.blobs import Blob, Blobs
from store.errors import Closed
from store.migrate import migrate
from store.store import BLOBS, DATABASE, Clock, Store
from store.writer import Writer
from tests.simulation.simloop import SimLoop

T = TypeVar("T")


class Died(BaseException):
    """The process is no more."""


class Mortality:
    """Counts points and ends the life at the chosen one."""

    def __init__(self, directory: Path, heir: Path, at: int | None) -> None:
        self._directory = directory
        self._heir = heir
        self._at = at
        #: Points passed so far.
        self.points = 0
        #: What a process has open, and the operating system closes when it is dead.
        self.open: list[driver.Connection] = []
        self.dead = asyncio.get_running_loop().create_future()
        #: Done when what a dead process left behind is cleared away: until then its calls have no answer.
        self.burial = asyncio.get_running_loop().create_future()

    def point(self) -> None:
        """Somewhere the process could die. Raises `Died`."""
        if self.dead.done():
            raise Died
        self.points += 1
        if self._at is not None and self.points >= self._at:
            bequeath(self._directory, self._heir)
            self.dead.set_result(None)
            raise Died


def bequeath(directory: Path, heir: Path) -> None:
    """Copy database, WAL and blobs as a dying process leaves them. Blobs never change, so a link is a copy."""
    heir.mkdir()
    for name in (DATABASE, f"{DATABASE}-wal"):
        if (directory / name).exists():
            shutil.copyfile(directory / name, heir / name)
    shutil.copytree(directory / BLOBS, heir / BLOBS, copy_function=os.link)


class Weather:
    """Faults of the disk, drawn from a seed; `calm` ends them."""

    def __init__(self, chance: random.Random, *, trouble: float) -> None:
        self._chance = chance
        self._trouble = trouble
        self.full = False
        #: Faults that happened, by kind.
        self.happened: dict[str, int] = {}

    def calm(self) -> None:
        self._trouble = 0.0
        self.full = False

    def strikes(self, kind: str) -> bool:
        if self._trouble and self._chance.random() < self._trouble:
            self.happened[kind] = self.happened.get(kind, 0) + 1
            return True
        return False


#: Reading is from memory, and to roll back is to forget; BEGIN and COMMIT have faults of their own.
SPARED = ("SELECT", "ROLLBACK", "BEGIN", "COMMIT", "PRAGMA")


class FaultyCursor(driver.Cursor):
    """Now and then a statement fails with an I/O error."""

    def execute(self, statement: str, *parameters: Any) -> Any:
        connection: Any = self.connection
        if not statement.startswith(SPARED) and connection.weather.strikes("statement"):
            raise driver.OperationalError("disk I/O error")
        return super().execute(statement, *parameters)


class FaultyConnection(driver.CallableConnection):
    """The writer's connection: BEGIN may find the database busy, COMMIT may fail, the process may die right before COMMIT."""

    weather: Weather
    mortality: Mortality

    def execute(self, statement: Any, *parameters: Any) -> Any:
        if statement == "BEGIN IMMEDIATE" and self.weather.strikes("busy"):
            raise driver.OperationalError("database is locked")
        if statement == "COMMIT":
            self.mortality.point()
            if self.weather.full or self.weather.strikes("commit"):
                raise driver.OperationalError("database or disk is full" if self.weather.full else "disk I/O error")
        return super().execute(statement, *parameters)

    def cursor(self, factory: Any = FaultyCursor) -> Any:
        return super().cursor(factory)


class InlineDriver:
    """Runs functions on the connection where they are called, after a delay drawn by chance."""

    def __init__(self, connection: driver.Connection, mortality: Mortality, chance: random.Random) -> None:
        self._connection: driver.Connection | None = connection
        self._mortality = mortality
        self._chance = chance

    async def run(self, function: Callable[[driver.Connection], T]) -> T:
        await self._take_a_while()
        if self._connection is None:
            raise Closed
        try:
            self._mortality.point()
            result = function(self._connection)
            self._mortality.point()
        except Died:
            await asyncio.shield(self._mortality.burial)
            raise Closed from None
        await self._take_a_while()
        return result

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    async def _take_a_while(self) -> None:
        await asyncio.sleep(self._chance.choice((0, 0, 0.0002, 0.001, 0.004)))


def prepare_template(directory: Path) -> Path:
    """An empty database with today's schema, to be copied."""
    path = directory / "template.db"
    connection = opening.open_writer(path, "OFF")
    migrate(connection, path)
    connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    connection.close()
    return path


async def open_store(
    directory: Path, template: Path, clock: Clock, mortality: Mortality, weather: Weather, chance: random.Random
) -> Store:
    """The store of one life over `directory`."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, SimLoop)
    path = directory / DATABASE
    if not path.exists():
        shutil.copyfile(template, path)
    writing = FaultyConnection(str(path), isolation_level=None, check_same_thread=False, cached_statements=512)
    writing.weather, writing.mortality = weather, mortality
    for pragma in opening.WRITER_PRAGMAS:
        driver.Connection.execute(writing, pragma).fetchall()
    driver.Connection.execute(writing, "PRAGMA synchronous=OFF")

    async def offload(function: Callable[[], Blob]) -> Blob:
        return await loop.run_in_executor(None, function)

    async def around_work(when: str) -> None:
        try:
            mortality.point()
        except Died:
            await asyncio.shield(mortality.burial)
            raise Closed from None
        await asyncio.sleep(chance.choice((0, 0.0005, 0.003)))

    loop.around_work = around_work
    reading = [reader.open_reader(path) for _ in range(2)]
    mortality.open += [writing, *reading]
    readers = [InlineDriver(connection, mortality, chance) for connection in reading]
    blobs = Blobs(directory / BLOBS, offload)
    blobs.prepare()
    store = Store(clock, Writer(InlineDriver(writing, mortality, chance), clock.monotonic), list(readers), blobs, None)
    await store.start()
    return store
