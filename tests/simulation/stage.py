"""A small world for one behaviour: the real intake, dispatcher and store under virtual time, with nothing drawn by chance but the order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from engine.agents.context import Context, SourceFacts
from engine.agents.outcome import Event, Outcome
from engine.contract.events import EventName
from engine.extraction.documents import extract
from engine.extraction.result import Extraction
from engine.intake.intake import Acknowledged, Intake, Request
from engine.outside import Outside
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from engine.runtime.registry import Registry, production
from store import driver, locks
from store.records import jobs
from store.records.jobs import Job
from store.store import Store
from tests.simulation.simloop import SimClock, SimLoop
from tests.simulation.storage import Mortality, Weather, open_store, prepare_template
from tests.simulation.world import IDLE, LOCK_MS, RENEWAL_S, TENANT, NoSandbox, end_lease

#: Stands before an agent: may raise, wait or look, then lets it do its work.
Before = Callable[[Event, Context], Awaitable[None]]
Scenario = Callable[["Stage"], Coroutine[Any, Any, None]]


class SlowExtractor(Extractor):
    """Reads heavy bytes in `seconds` instead of a sandbox."""

    seconds = 0.0

    async def extract(self, source: SourceFacts) -> Extraction:
        if self.is_light(source):
            return await super().extract(source)
        await asyncio.sleep(self.seconds)
        return extract(self._blobs.read(source.sha), source.name)


class Stage:
    """What a scenario works with."""

    def __init__(self, store: Store, outside: Outside, registry: Registry, weather: Weather, clock: SimClock, *, run_ahead: bool) -> None:
        self.store = store
        self.outside = outside
        self.weather = weather
        self.clock = clock
        self.registry = registry
        self.run_ahead = run_ahead
        self.sandbox = cast("Any", NoSandbox())
        self.extractor = SlowExtractor(store.blobs, self.sandbox)
        self.dispatcher = self.new_dispatcher()
        self.intake = Intake(store, outside, self.sandbox)
        #: Jobs the dispatcher said have ended.
        self.ended: list[Job] = []

    def new_dispatcher(self) -> Dispatcher:
        """Another dispatcher over the same store, as after a restart."""
        self.dispatcher = Dispatcher(self.store, self.outside, self.registry, self.extractor, run_ahead=self.run_ahead)
        self.dispatcher.on_job_end = lambda job: self.ended.append(job)
        return self.dispatcher

    async def add(self, *paths: Path, **request: Any) -> tuple[str, list[Acknowledged]]:
        """Take files in as one job."""
        wanted = Request(tenant=TENANT, **request)
        job = await self.intake.open_job(wanted)
        told = [one async for one in self.intake.add(job, wanted, list(paths))]
        await self.intake.close_job(job)
        return job, told

    async def rest(self, seconds: float = 7200.0) -> None:
        """Wait until nothing is left to do, renewing locks as the scheduler does."""
        async with asyncio.timeout(seconds):
            while await self.one(IDLE):
                wall = self.clock.wall_ms()
                await self.store.write(lambda tx: locks.renew_live(tx, wall, LOCK_MS))
                for _ in range(20):
                    if await self.one(IDLE):
                        await asyncio.sleep(RENEWAL_S / 20)
        # A reader sees a COMMIT before the writer has told of it; behind this one everything is told.
        await self.store.write(lambda tx: None)

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

    async def end_lease(self) -> bool:
        """The oldest lease runs out now."""
        now = self.clock.steady_ms()
        return await self.store.write(lambda tx: end_lease(tx, now))


def behind(before: Mapping[EventName, Before]) -> Registry:
    """The eleven agents, each behind what stands before it."""

    def guarded(name: EventName, agent: Any) -> Any:
        async def handle(event: Event, context: Context) -> Outcome:
            await before[name](event, context)
            outcome: Outcome = await agent.handle(event, context)
            return outcome

        return replace(agent, handle=handle)

    return {name: guarded(name, agent) if name in before else agent for name, agent in production().items()}


def play(folder: Path, scenario: Scenario, registry: Registry | None = None, *, run_ahead: bool = True, start: bool = True, seed: int = 1) -> None:
    """Run a scenario to its end; tasks that failed unseen fail it."""
    loop = SimLoop(random.Random(seed))

    async def whole() -> None:
        chance = random.Random(seed)
        mortality = Mortality(folder, folder / "heir", None)
        weather = Weather(random.Random(seed), trouble=0.0)
        clock = SimClock(loop, 0.0, chance)
        template = folder / "template.db"
        if not template.exists():
            prepare_template(folder)
        store = await open_store(folder, template, clock, mortality, weather, chance)
        ids = iter(range(1, 1000))
        outside = Outside(clock, lambda: f"job-{next(ids)}", chance)
        stage = Stage(store, outside, registry or production(), weather, clock, run_ahead=run_ahead)
        if start:
            await stage.dispatcher.start()
        try:
            await scenario(stage)
        finally:
            weather.calm()
            await stage.dispatcher.stop(grace_s=1.0)
            await store.close()

    try:
        loop.run_until_complete(whole())
    finally:
        loop.close()
    assert not loop.uncaught, loop.uncaught
