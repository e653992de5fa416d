"""An engine in this process over a real store: the same parts as the appliance, with agents that a test may hold or break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.agents.registry import Handle
from engine.contract.events import EventName
from engine.extraction.sandbox.sandbox import Sandbox
from engine.facade.engine import Engine
from engine.facade.execution import LocalExecutor
from engine.facade.owner import OwnerPresence, OwnerReading
from engine.intake.intake import Intake
from engine.outside import Outside
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from engine.runtime.registry import production
from engine.runtime.slots import ensure_queues
from engine.settings.catalogue import Limits
from store.store import Store

NOTE = "35180834128745000152550010000476051695511860-nfe.xml"


@dataclass
class House:
    """A running engine with its parts in reach."""

    engine: Engine
    store: Store
    dispatcher: Dispatcher
    data: Path
    directory: Path

    async def add(self, *names: str | Path, tenant: str = "default") -> str:
        """Take files of tests/data in, as one job. Returns the job."""
        job = await self.engine.jobs.open(tenant)
        async for told in self.engine.jobs.add(job, tenant, [self.data / name for name in names]):
            assert "error" not in told, told
        await self.engine.jobs.close(job)
        return job

    async def end(self, job: str) -> None:
        """Wait until all documents of a job are at their end."""
        async with asyncio.timeout(20):
            while True:
                view = await self.engine.jobs.find(job)
                assert view is not None
                if not view.open and view.finished >= view.total:
                    return
                await asyncio.sleep(0.01)

    async def process(self, *names: str | Path, tenant: str = "default") -> list[dict[str, Any]]:
        """Take in and run to the end. Returns the documents' objects."""
        job = await self.add(*names, tenant=tenant)
        await self.end(job)
        return await self.engine.documents.objects(job, "en")

    async def until(self, true: Callable[[], Awaitable[Any]]) -> Any:
        """Wait until something is true, and return it."""
        async with asyncio.timeout(20):
            while not (found := await true()):
                await asyncio.sleep(0.01)
            return found

    async def rows(self, statement: str, *parameters: Any) -> list[Any]:
        """Look into the database."""
        return await self.store.read(lambda connection: connection.execute(statement, parameters).fetchall())


@asynccontextmanager
async def house(
    directory: Path,
    data: Path,
    *,
    work: bool = True,
    agents: dict[EventName, Handle] | None = None,
    limits: Mapping[str, Limits] | None = None,
    outside: Outside | None = None,
) -> AsyncIterator[House]:
    """Build and tear down; `agents` stand in for the real ones, `limits` for their own, `outside` for the machine's clocks."""
    outside = outside or Outside.system()
    registry = {
        name: replace(agent, handle=(agents or {}).get(name, agent.handle)) for name, agent in production(limits or {}).items()
    }
    directory.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        store = await Store.open(directory, outside.clock, synchronous="OFF")
        stack.push_async_callback(store.close)
        sandbox = Sandbox()
        stack.push_async_callback(sandbox.close)
        dispatcher = Dispatcher(store, outside, registry, Extractor(store.blobs, sandbox))
        intake = Intake(store, outside, sandbox)
        await store.write(ensure_queues)
        if work:
            await dispatcher.start()
            stack.push_async_callback(dispatcher.stop)
        executor = LocalExecutor(store, outside, intake, store.sweep, who="ana, tests")
        yield House(Engine(OwnerReading(store), executor, OwnerPresence(store, dispatcher), directory), store, dispatcher, data, directory)


class Gate:
    """An agent that waits to be let through, in place of a real one."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, event: Any, context: Any) -> Any:
        self.reached.set()
        await self.opened.wait()
        return await self._handle(event, context)


async def broken(event: Any, context: Any) -> Any:
    """An agent that always fails."""
    raise RuntimeError("broken on purpose")


def spread(objects: Sequence[dict[str, Any]], name: str) -> list[Any]:
    """One value of every object."""
    return [value[name] for value in objects]


MakeHouse = Callable[..., AbstractAsyncContextManager[House]]
