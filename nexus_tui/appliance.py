"""The composition root: builds the engine over a data directory it owns, or a view of one that another process owns.

The only module that knows every floor. Heavy imports stay inside the functions: the first frame must not wait for them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import NoData, OwnerGone, Unanswered
from nexus_tui.operator import operator
from nexus_tui.version import VERSION
from store.errors import NotFound, Owned

if TYPE_CHECKING:
    from engine.api.client import RemoteExecutor
    from engine.extraction.sandbox.sandbox import Sandbox
    from engine.facade.configuration import Settings
    from engine.facade.engine import Engine, EngineState
    from engine.facade.noting import Noting
    from engine.facade.views import Changes
    from engine.intake.intake import Intake
    from engine.outside import Outside
    from engine.runtime.dispatcher import Dispatcher
    from engine.telemetry.telling import Telling
    from scheduler.housekeeping import Housekeeping
    from store.owner import Ownership
    from store.records.jobs import Job
    from store.store import Store
    from store.viewer import Viewer

#: How often a viewer looks whether the database changed, in seconds.
VIEWER_TICK_S = 0.1
#: Such ticks between two looks whether the owner still serves.
OWNER_TICKS = 10
#: Tenths of a second that an owner may take to say who it is.
PATIENCE_TICKS = 50


@dataclass(slots=True)
class Appliance:
    """A running engine or a view of one. `owner` says which; `ended` tells the ids of jobs as they end."""

    engine: Engine
    directory: Path
    owner: bool
    ended: asyncio.Queue[str]
    #: Where the HTTP API is, if this process serves one.
    http: str | None = None


@asynccontextmanager
async def appliance(directory: Path, *, work: bool = True, attach: bool = True, port: int | None = None, face: str = "cli") -> AsyncIterator[Appliance]:
    """Own `directory` and run its engine; if another process owns it, look on and send it commands (`attach`), or raise `Owned`.

    An owner serves HTTP too if it is given a `port`. With `work` false an owner only stores and answers: nothing is processed (`nexus add`, `nexus queues pause` with no engine running).
    """
    from engine.facade.configuration import checked
    from store.owner import Ownership

    checked(directory)
    ownership: Ownership | None = None
    while ownership is None:
        try:
            ownership = Ownership.take(directory)
        except Owned:
            if not attach:
                raise
            owner = await _announced(directory)
            if owner is None:
                continue
            async with AsyncExitStack() as stack:
                try:
                    view = await stack.enter_async_context(viewing(directory, owner, face))
                except OwnerGone:
                    continue
                yield view
            return
    try:
        async with owning(directory, ownership, work=work, port=port, face=face) as owned:
            yield owned
    finally:
        ownership.release()


@asynccontextmanager
async def owning(directory: Path, ownership: Ownership, *, work: bool, port: int | None = None, face: str = "cli") -> AsyncIterator[Appliance]:
    """Run the engine: store, sandbox, dispatcher, intake, timers, sockets; in that order up, in the reverse down."""
    from engine.extraction.sandbox.sandbox import Sandbox
    from engine.facade import limits
    from engine.facade.engine import Engine
    from engine.facade.owner import OwnerPresence, OwnerReading
    from engine.intake.intake import Intake
    from engine.outside import Outside
    from engine.runtime import collector
    from engine.runtime.slots import ensure_queues
    from engine.watching.watching import watching
    from scheduler.housekeeping import Housekeeping
    from store import quarantine
    from store.space import Space

    os.umask(0o077)
    outside = Outside.system()
    space = Space(directory)
    # On a full disk the ballast is what the store can be opened with.
    space.relieve()
    # Who is refused meanwhile learns the pid; commands come in once there is a socket.
    ownership.announce(_owner(outside.clock.wall_ms(), None))
    ended: asyncio.Queue[str] = asyncio.Queue()
    async with AsyncExitStack() as stack:
        store = await quarantine.opened(directory, outside.clock, cut_off=ownership.cut_off)
        stack.push_async_callback(store.close)
        settings = await _settings(directory, store)
        told = await stack.enter_async_context(_telling(directory, store, outside, settings))
        sandbox = Sandbox()
        stack.push_async_callback(sandbox.close)
        dispatcher = _dispatcher(store, outside, sandbox, settings, told)
        intake = Intake(store, outside, sandbox, space, settings.lifetimes().job)
        intake.on_job_end = lambda job: ended.put_nowait(job.id)
        housekeeping = Housekeeping(store, space)
        dispatcher.on_job_end = housekeeping.on_job_end = _concluding(stack, intake)
        executor = _executor(store, outside, intake, housekeeping, told, face)
        engine = Engine(OwnerReading(store), executor, OwnerPresence(store, dispatcher), directory)
        if work:
            await limits.announce(store, settings.limits())
            await housekeeping.renew_locks()
            stack.push_async_callback(dispatcher.stop)
            await dispatcher.start()
            await intake.recover()
            housekeeping.start()
            stack.push_async_callback(housekeeping.stop)
            await stack.enter_async_context(watching(store, outside, intake))
            _look_after(stack, directory, store, engine, settings, told)
            http = await _serve(stack, directory, store, executor, engine, ownership, outside, port, told)
        else:
            await store.write(ensure_queues)
            http = None
        collector.settle()
        yield Appliance(engine, directory, True, ended, http)


def _executor(store: Store, outside: Outside, intake: Intake, housekeeping: Housekeeping, told: Telling, face: str) -> Noting:
    """What carries commands out in this process; bad input among them stands in the log."""
    from engine.facade.execution import LocalExecutor
    from engine.facade.noting import Noting

    executor = LocalExecutor(store, outside, intake, housekeeping.sweep, told.keeper, version=VERSION, who=operator(face))
    return Noting(executor, told.complaints)


def _dispatcher(store: Store, outside: Outside, sandbox: Sandbox, settings: Settings, told: Telling) -> Dispatcher:
    """The dispatcher over the agents, with the limits that are configured for them."""
    from engine.runtime.dispatcher import Dispatcher
    from engine.runtime.extractor import Extractor
    from engine.runtime.registry import production
    from engine.runtime.trail import Trail

    trail = Trail(told.journal, told.timings, spans=settings.switch("telemetry.spans"))
    return Dispatcher(store, outside, production(settings.limits(), settings.lifetimes()), Extractor(store.blobs, sandbox), trail=trail)


@asynccontextmanager
async def _telling(directory: Path, store: Store, outside: Outside, settings: Settings) -> AsyncIterator[Telling]:
    """The telemetry of this process; what its surroundings hold of secrets is masked."""
    from engine.facade.secrets import surrounding
    from engine.telemetry.journal import Level
    from engine.telemetry.redaction import Redaction
    from engine.telemetry.telling import telling

    days = settings.number("telemetry.retention_days")
    async with telling(directory, outside.clock, Redaction(surrounding(os.environ)), days=days) as told:
        store.writer.listen(lambda committed: told.timings.commits.observe(committed.took))
        told.journal.log(Level.INFO, "engine.started", "The engine runs.", pid=os.getpid(), version=VERSION)
        try:
            yield told
        finally:
            told.journal.log(Level.INFO, "engine.stopped", "The engine has stopped.", pid=os.getpid())


def _look_after(stack: AsyncExitStack, directory: Path, store: Store, engine: Engine, settings: Settings, told: Telling) -> None:
    """Ring where somebody should look, and send telemetry on where that is configured."""
    from engine.facade.alarms import Bell
    from engine.facade.exporters import makers
    from engine.telemetry.exporting.exporting import Exporting

    bell = Bell(engine.alarms, told.journal, lambda: store.writer.trouble)
    exporting = Exporting(makers(directory, settings, os.environ, told.redaction, VERSION), told.keeper, told.journal)
    stack.push_async_callback(exporting.stop)
    stack.push_async_callback(bell.stop)
    exporting.start()
    bell.start()


async def _settings(directory: Path, store: Store) -> Settings:
    """What is configured, the live changes among it."""
    from engine.facade.configuration import configuration, rows

    return configuration(directory, live=await store.read(rows)).checked()


def _concluding(stack: AsyncExitStack, intake: Intake) -> Callable[[Job], None]:
    """What is to be called with jobs as they end."""
    ending: asyncio.Queue[Job] = asyncio.Queue()
    concluding = asyncio.ensure_future(_conclude(intake, ending))
    stack.callback(concluding.cancel)
    return ending.put_nowait


async def _conclude(intake: Intake, ending: asyncio.Queue[Job]) -> None:
    """Store the value of jobs as they end."""
    while True:
        await intake.conclude(await ending.get())


async def _serve(
    stack: AsyncExitStack, directory: Path, store: Store, executor: Noting, engine: Engine, ownership: Ownership, outside: Outside, port: int | None, told: Telling
) -> str | None:
    """Open the owner's socket, and HTTP if it is wanted. Returns the address of that."""
    from engine.api.local import LocalApi
    from engine.api.refusing import Refusing
    from engine.facade.measuring import values
    from nexus_tui.cli.words import language
    from nexus_tui.i18n.errors import issue, worded

    # Who attaches words what it is told by itself.
    local = LocalApi(directory, store, executor, Refusing(told.complaints, worded, issue, "en"))
    told.keeper.measures = partial(values, store, directory, local.pulse)
    stack.push_async_callback(local.stop)
    await local.start()
    address = None
    if port is not None:
        from engine.api.http import HttpApi, Listening

        origin = (await _settings(directory, store)).text("http.web_ui_origin") or None
        refusing = Refusing(told.complaints, worded, issue, language(None, directory))
        listening = Listening(port=port, web_origin=origin)
        http = HttpApi(directory, store, engine, local, outside, listening, told.timings, refusing)
        stack.push_async_callback(http.stop)
        http.start()
        address = http.address
    # Before the sockets close: who is refused then knows that this owner ends, and waits for it.
    stack.callback(ownership.withdraw)
    ownership.announce(_owner(outside.clock.wall_ms(), local.path, address))
    return address


def _owner(boot_ms: int, socket: Path | None, http: str | None = None) -> dict[str, Any]:
    """What `owner.json` says: who, since when, which version, and where commands are taken."""
    from store.migrate import latest

    where = None if socket is None else str(socket)
    return {"pid": os.getpid(), "boot": boot_ms, "version": VERSION, "schema": latest(), "socket": where, "http": http}


@asynccontextmanager
async def viewing(directory: Path, owner: dict[str, Any], face: str) -> AsyncIterator[Appliance]:
    """Look on: read the database read-only, send commands to its owner."""
    from engine.api.client import RemoteExecutor
    from engine.outside import Outside
    from store.migrate import latest

    async with AsyncExitStack() as stack:
        executor = RemoteExecutor(directory, owner, latest(), Outside.system().new_id, operator(face))
        stack.push_async_callback(executor.close)
        await executor.check()
        yield await _look(stack, directory, executor, "viewer")


@asynccontextmanager
async def looking(directory: Path) -> AsyncIterator[Appliance]:
    """Queries only, whether an engine runs or not; nothing is started and nothing written. Raises `NoData` where nothing was ever taken in."""
    async with AsyncExitStack() as stack:
        try:
            view = await _look(stack, directory, None, "running" if serving(directory) else "stopped")
        except NotFound:
            from store.quarantine import refuse_lost

            refuse_lost(directory)
            raise NoData(f"There is no data in {directory}.") from None
        yield view


async def answering(directory: Path, owner: dict[str, Any]) -> None:
    """Raise what keeps the owner that says `owner` of itself from being talked to."""
    from engine.api.client import RemoteExecutor
    from engine.outside import Outside
    from store.migrate import latest

    executor = RemoteExecutor(directory, owner, latest(), Outside.system().new_id)
    try:
        await executor.check()
    finally:
        await executor.close()


def serving(directory: Path) -> bool:
    """Whether an engine runs on `directory`; a command that owns it for a moment is none."""
    from store.owner import is_owned, read_owner

    owner = read_owner(directory)
    return owner is not None and owner.get("socket") is not None and is_owned(directory)


async def _look(
    stack: AsyncExitStack, directory: Path, executor: RemoteExecutor | None, state: EngineState
) -> Appliance:
    from engine.facade.engine import Engine
    from engine.outside import SystemClock
    from store.viewer import Viewer

    viewer = await Viewer.open(directory)
    stack.push_async_callback(viewer.close)
    presence = ViewerPresence(viewer, state, directory if executor is not None else None)
    watching = asyncio.ensure_future(presence.watch())
    stack.callback(watching.cancel)
    engine = Engine(ViewerReading(viewer, SystemClock()), executor or Nobody(), presence, directory)
    return Appliance(engine, directory, False, asyncio.Queue())


async def _announced(directory: Path) -> dict[str, Any] | None:
    """What a running engine says of itself, or `None` if the owner is gone; one that has just started says it a moment after it took the lock.

    A command that owns the directory without serving it is waited for. Raises `Unanswered` with the pid once patience is over.
    """
    from store.owner import is_owned, read_owner

    owner = None
    for _ in range(PATIENCE_TICKS):
        owner = read_owner(directory)
        if not is_owned(directory):
            return None
        if owner is not None and owner.get("socket") is not None:
            return owner
        await asyncio.sleep(0.1)
    if owner is None:
        raise Unanswered(f"Another process owns {directory} and takes no commands.")
    raise Unanswered(f"Process {owner['pid']} owns {directory} and takes no commands.")


class Nobody:
    """Where nothing runs, nothing can be told to do anything."""

    async def execute(self, command: Any, who: str | None = None) -> Any:
        raise Unanswered("No engine runs on this data directory.")

    async def take_in(self, job: str, tenant: str, paths: Any) -> AsyncIterator[dict[str, Any]]:
        raise Unanswered("No engine runs on this data directory.")
        yield {}


class ViewerReading:
    """Reads through a viewer's connection."""

    def __init__(self, viewer: Viewer, clock: Any) -> None:
        self.read = viewer.read
        self.blob = viewer.blob
        self.wall_ms = clock.wall_ms
        self.steady_ms = clock.steady_ms


class ViewerPresence:
    """What a viewer can see: that something changed, not what; and whether the owner of `watched` still serves."""

    def __init__(self, viewer: Viewer, state: EngineState, watched: Path | None = None) -> None:
        self._viewer = viewer
        self._watched = watched
        self._state: EngineState = state
        self._version = 0
        self._seen: int | None = None

    async def watch(self) -> None:
        """Notice commits of other processes, and once a second whether the owner is there, until cancelled."""
        ticks = 0
        while True:
            if self._watched is not None and ticks % OWNER_TICKS == 0:
                self._state = "viewer" if serving(self._watched) else "stopped"
            ticks += 1
            seen = await self._viewer.version()
            if seen != self._seen:
                self._seen = seen
                self._version += 1
            await asyncio.sleep(VIEWER_TICK_S)

    def changes(self, since: int) -> Changes:
        from engine.facade.views import Changes

        return Changes(version=self._version, topics=frozenset({"*"}) if self._version > since else frozenset())

    def live(self) -> dict[str, int]:
        return {}

    def state(self) -> EngineState:
        return self._state
