"""A house with the real store, sandbox, intake and dispatcher, on the machine's own clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.extraction.sandbox.sandbox import Sandbox
from engine.intake.intake import Acknowledged, Intake, Request
from engine.outside import Outside
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from engine.runtime.registry import production
from store import driver
from store.records import jobs
from store.records.jobs import Job
from store.space import Measure, Space
from store.store import Store

REQUEST = Request(tenant="default")


class House:
    """What a test works with."""

    def __init__(self, store: Store, sandbox: Sandbox, space: Space | None) -> None:
        outside = Outside.system()
        self.store = store
        self.intake = Intake(store, outside, sandbox, space)
        self.dispatcher = Dispatcher(store, outside, production(), Extractor(store.blobs, sandbox))

    async def add(self, *paths: Path) -> tuple[str, list[Acknowledged]]:
        """Take files in as one job."""
        job = await self.intake.open_job(REQUEST)
        told = await self.take(job, *paths)
        await self.intake.close_job(job)
        return job, told

    async def take(self, job: str, *paths: Path) -> list[Acknowledged]:
        """Take files into a job that stays open."""
        return [one async for one in self.intake.add(job, REQUEST, list(paths))]

    async def rest(self) -> None:
        """Run the engine until nothing is left to do."""
        await self.dispatcher.start()
        async with asyncio.timeout(30):
            while await self.one("SELECT count(*) FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.dlq IS NOT NULL"):
                await asyncio.sleep(0.01)

    async def rows(self, statement: str, *parameters: Any) -> list[Any]:
        """Rows of a query."""

        def query(connection: driver.Connection) -> list[Any]:
            return connection.execute(statement, parameters).fetchall()

        return await self.store.read(query)

    async def one(self, statement: str, *parameters: Any) -> Any:
        """The first cell of a query."""
        found = await self.rows(statement, *parameters)
        return found[0][0] if found else None

    async def job(self, job: str) -> Job:
        """A job's row."""
        found = await self.store.read(lambda connection: jobs.find(connection, job))
        assert found is not None
        return found


@asynccontextmanager
async def opened(directory: Path, measure: Measure | None = None) -> AsyncIterator[House]:
    """A house over a data directory; `measure` says how much room there is, else nobody asks."""
    directory.mkdir(mode=0o700)
    async with AsyncExitStack() as stack:
        store = await Store.open(directory, Outside.system().clock, synchronous="OFF")
        stack.push_async_callback(store.close)
        sandbox = Sandbox()
        stack.push_async_callback(sandbox.close)
        house = House(store, sandbox, None if measure is None else Space(directory, measure))
        stack.push_async_callback(house.dispatcher.stop)
        yield house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Opened over an empty data directory; the engine runs from `rest` on."""
    async with opened(tmp_path / "data") as found:
        yield found


@pytest.fixture
async def other_house(tmp_path: Path) -> AsyncIterator[House]:
    """A second one."""
    async with opened(tmp_path / "other") as found:
        yield found
