"""One seed, from the first file to the last report: lives that die and are reborn over what the dead one left on disk."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.extraction.kinds import recognise
from engine.intake.identity import document_id
from engine.intake.intake import Intake, Request
from engine.outside import Outside
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from store import driver, locks, queues
from store.errors import StoreError
from store.records import jobs
from store.store import Store
from store.transaction import Transaction
from tests.simulation.agents import registry
from tests.simulation.history import History
from tests.simulation.plan import Plan
from tests.simulation.simloop import SimClock, SimLoop, Stuck
from tests.simulation.storage import Mortality, Weather, open_store

#: Virtual seconds after which a world that has not come to rest is stuck.
PATIENCE_S = 6 * 3600.0
LOCK_MS = 60_000
RENEWAL_S = 20.0
TENANT = "default"

IDLE = "SELECT count(*) FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.dlq IS NOT NULL"


class NoSandbox:
    """In the simulation all documents are light; what a large one is can be asked all the same."""

    async def run(self, task: str, arguments: dict[str, str | None]) -> Any:
        if task == "recognise":
            content = Path(arguments["path"] or "").read_bytes()
            return recognise(content, len(content), arguments["name"] or "")
        raise AssertionError(f"{task} is not light")

    async def stream(self, task: str, arguments: dict[str, str | None]) -> AsyncIterator[Any]:
        raise AssertionError(f"{task} is not light")
        yield


class World:
    """All lives of one seed. What a person outside the machine remembers (acknowledgements) survives every death."""

    def __init__(self, plan: Plan, folder: Path, template: Path, files: list[Path]) -> None:
        self.plan = plan
        self.folder = folder
        self.template = template
        self.files = files
        self.history = History()
        self.chance = random.Random(f"world {plan.seed}")
        self.elapsed = 0.0
        self.fingerprint = 0
        self.steps = 0
        self.cured = False
        #: Points each life passed.
        self.points: list[int] = []
        self._ids = itertools.count(1)
        self._numbers = {document_id(TENANT, digest(path)): place + 1 for place, path in enumerate(files)}
        self._duplicates = plan.duplicates
        self._expiries = plan.expiries
        self._paused: set[int] = set()
        self.second_job_done = not plan.again
        self.requeued = False

    def run(self) -> Path:
        """Live until all is at rest. Returns the folder of the last life's database."""
        directory = self.folder / "life-0"
        directory.mkdir()
        for life in itertools.count():
            heir = self.folder / f"life-{life + 1}"
            death = self.plan.deaths[life] if life < len(self.plan.deaths) else None
            rested = self._live(directory, heir, death, life)
            if rested:
                return directory
            if heir.exists():
                shutil.rmtree(directory)
                directory = heir
        raise AssertionError

    def _live(self, directory: Path, heir: Path, death: int | None, number: int) -> bool:
        loop = SimLoop(self.chance)
        asyncio.set_event_loop(None)
        life = Life(self, loop, directory, heir, death, number)
        try:
            rested: bool = loop.run_until_complete(life.run())
        except BaseException:
            self._bury(loop, life)
            raise
        finally:
            self.elapsed += loop.time()
            self.steps += loop.steps
            self.fingerprint ^= loop.fingerprint
            self.points.append(life.points)
        self._bury(loop, life)
        problems = [context for context in loop.uncaught if not life.died]
        assert not problems, problems
        return rested

    def _bury(self, loop: SimLoop, life: Life) -> None:
        """End what a dead process left running; nothing of it reaches the disk any more."""
        if life.mortality is not None:
            life.mortality.burial.set_result(None)
        chance = self.chance.getstate()
        for _ in range(100):
            tasks = asyncio.all_tasks(loop)
            if not tasks:
                break
            for task in tasks:
                task.cancel()
            with suppress(Stuck):
                loop.run_until_complete(asyncio.wait(tasks, timeout=1))
        self.chance.setstate(chance)
        loop.close()
        if life.mortality is not None:
            for connection in life.mortality.open:
                connection.close()


def digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


class Life:
    """One process, from boot to death, stop or rest."""

    def __init__(self, world: World, loop: SimLoop, directory: Path, heir: Path, death: int | None, number: int) -> None:
        self.world = world
        self.loop = loop
        self.directory = directory
        self.heir = heir
        self.death = death
        self.number = number
        self.died = False
        self.clock = SimClock(loop, world.elapsed, world.chance)
        self.mortality: Mortality | None = None

    @property
    def points(self) -> int:
        return 0 if self.mortality is None else self.mortality.points

    async def run(self) -> bool:
        """True once the world is at rest."""
        self.mortality = mortality = Mortality(self.directory, self.heir, self.death)
        life = self.loop.create_task(self._live(mortality))
        await asyncio.wait({life, mortality.dead}, return_when=asyncio.FIRST_COMPLETED)
        if mortality.dead.done():
            self.died = True
            return False
        return life.result()

    async def _live(self, mortality: Mortality) -> bool:
        world, plan = self.world, self.world.plan
        weather = Weather(random.Random(f"weather {plan.seed} {self.number}"), trouble=0.0)
        store = await open_store(self.directory, world.template, self.clock, mortality, weather, world.chance)
        outside = Outside(self.clock, lambda: f"job-{next(world._ids)}", world.chance)
        sandbox: Any = NoSandbox()
        agents = registry(plan, world._numbers.get, lambda: world.cured, world.history.calls)
        dispatcher = Dispatcher(store, outside, agents, Extractor(store.blobs, sandbox), run_ahead=plan.run_ahead)
        intake = Intake(store, outside, sandbox)
        world.history.watch(store)
        await dispatcher.start()
        weather._trouble = plan.trouble
        others: list[asyncio.Task[None]] = []
        for work in (self._renew(store), self._pause(store), self._meddle(store), self._fill(weather)):
            others.append(self.loop.create_task(work))
        try:
            rested = await self._until_rest(store, intake)
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        weather.calm()
        await dispatcher.stop(grace_s=0.0 if not rested else 10.0)
        await store.close()
        return rested

    async def _until_rest(self, store: Store, intake: Intake) -> bool:
        """Add the files, wait until nothing is left to do; false if an impatient stop comes first."""
        world = self.world
        stop = world.plan.stops.get(self.number)
        person = self.loop.create_task(self._person(store, intake))
        try:
            async with asyncio.timeout(stop):
                await person
                while not await self._at_rest(store):
                    await asyncio.sleep(1.0)
                    if self.clock.elapsed > PATIENCE_S:
                        raise AssertionError(f"never at rest: {await store.read(stuck)}")
                if world.plan.requeue and not world.requeued:
                    await self._requeue(store)
                    while not await self._at_rest(store):
                        await asyncio.sleep(1.0)
                        if self.clock.elapsed > 2 * PATIENCE_S:
                            raise AssertionError(f"never at rest after requeue: {await store.read(stuck)}")
        except TimeoutError:
            world.plan.stops.pop(self.number)
            return False
        return True

    async def _at_rest(self, store: Store) -> bool:
        def busy(connection: driver.Connection) -> int:
            return int(connection.execute(IDLE).fetchone()[0])

        return not await store.read(busy)

    async def _person(self, store: Store, intake: Intake) -> None:
        """Adds what is not acknowledged yet, and the second job once."""
        await patiently(intake.recover)
        await self._job(intake, [path for path in self.world.files if str(path) not in self.world.history.acknowledged])
        if not self.world.second_job_done:
            await self._job(intake, [self.world.files[number - 1] for number in sorted(self.world.plan.again)])
            self.world.second_job_done = True

    async def _job(self, intake: Intake, paths: list[Path]) -> None:
        if not paths:
            return
        request = Request(tenant=TENANT)
        job = await patiently(lambda: intake.open_job(request))
        left = list(paths)
        while left:
            try:
                async for acknowledged in intake.add(job, request, left):
                    assert acknowledged.error is None and acknowledged.doc is not None, acknowledged
                    self.world.history.acknowledged[acknowledged.path] = acknowledged.doc
                    left = [path for path in left if str(path) != acknowledged.path]
            except StoreError:
                await asyncio.sleep(1.0)
        await patiently(lambda: intake.close_job(job))

    async def _requeue(self, store: Store) -> None:
        from engine.intake.requeue import requeue_dead

        self.world.cured = True
        now, wall = self.clock.steady_ms(), self.clock.wall_ms()

        def all_dead(tx: Transaction) -> list[tuple[str, str | None]]:
            docs = [row[0] for row in tx.rows("SELECT DISTINCT msg.doc FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.dlq IS NULL ORDER BY 1")]
            return [(doc, requeue_dead(tx, now, wall, doc)) for doc in docs]

        told = await patiently(lambda: store.write(all_dead))
        self.world.requeued = True
        assert all(reason is None for _, reason in told), told

    # The scheduler, the operator and bad luck --------------------------------------------------------

    async def _renew(self, store: Store) -> None:
        while True:
            await asyncio.sleep(RENEWAL_S)
            with suppress(StoreError):
                wall = self.clock.wall_ms()
                await store.write(lambda tx: locks.renew_live(tx, wall, LOCK_MS))

    async def _pause(self, store: Store) -> None:
        for place, (second, name, seconds) in enumerate(self.world.plan.pauses):
            await asyncio.sleep(second)
            paused = place not in self.world._paused
            self.world._paused.add(place)
            if paused:
                await patiently(lambda: store.write(lambda tx: queues.change(tx, name, paused=1)))
                await asyncio.sleep(seconds)
            await patiently(lambda: store.write(lambda tx: queues.change(tx, name, paused=0)))

    async def _meddle(self, store: Store) -> None:
        """Deliver messages twice, let leases end early."""
        world = self.world
        while world._duplicates or world._expiries:
            await asyncio.sleep(world.chance.random() * 0.05)
            if world._duplicates and await patiently(lambda: store.write(duplicate)):
                world._duplicates -= 1
            now = self.clock.steady_ms()
            if world._expiries and await patiently(lambda: store.write(lambda tx: end_lease(tx, now))):
                world._expiries -= 1

    async def _fill(self, weather: Weather) -> None:
        if self.world.plan.full is not None:
            start, end = self.world.plan.full
            await asyncio.sleep(start)
            weather.full = True
            await asyncio.sleep(end - start)
            weather.full = False


async def patiently(action: Any) -> Any:
    """Again and again while the disk is in the way, as a person or the scheduler would."""
    while True:
        try:
            return await action()
        except StoreError:
            await asyncio.sleep(1.0)


def duplicate(tx: Transaction) -> bool:
    """Deliver a message of a document twice, as a producer does that missed the answer."""
    row = tx.row(
        "SELECT msg.id, msg.queue FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.dlq IS NOT NULL AND msg.doc IS NOT NULL ORDER BY msg.id DESC LIMIT 1"
    )
    if row is None:
        return False
    tx.execute(
        "INSERT INTO msg(queue,state,prio,due,run,created,trace,doc,body,sha) SELECT queue,0,prio,0,run,created,trace,doc,body,sha FROM msg WHERE id=?",
        (row[0],),
    )
    tx.count(queues.counter(row[1], queues.State.READY))
    tx.touch("queues")
    return True


def end_lease(tx: Transaction, now: int) -> bool:
    """A lease ends while its holder still works."""
    row = tx.row("SELECT id FROM msg WHERE state=2 ORDER BY id LIMIT 1")
    if row is None:
        return False
    tx.execute("UPDATE msg SET due=? WHERE id=?", (now, row[0]))
    tx.delays(now)
    tx.touch("queues")
    return True


def stuck(connection: driver.Connection) -> dict[str, Any]:
    """What a world that does not come to rest looks like."""
    return {
        "messages": connection.execute(
            "SELECT msg.id, queue.name, msg.state, msg.due, msg.deliveries, msg.attempts, msg.run, msg.doc, msg.error FROM msg JOIN queue ON queue.id=msg.queue"
        ).fetchall(),
        "documents": connection.execute("SELECT doc, state, stage FROM document").fetchall(),
        "paused": connection.execute("SELECT name FROM queue WHERE paused=1").fetchall(),
        "jobs": [job for row in connection.execute("SELECT id FROM job").fetchall() if (job := jobs.find(connection, row[0]))],
    }


