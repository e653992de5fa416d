"""Taking files in and waiting for the end of every document, whoever runs the engine meanwhile."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from engine.errors import EngineError, OwnerGone
from engine.facade.views import JobView
from nexus_tui.appliance import Appliance, appliance, looking, serving
from nexus_tui.cli import output
from nexus_tui.cli.session import Session
from nexus_tui.cli.words import word
from store.errors import StoreError

#: Seconds between two looks at a job's progress.
LOOK_S = 0.1
#: Seconds that closing a job may take when the call ends early: on a full disk it would wait for room.
CLOSE_S = 5.0

T = TypeVar("T")


class Errand:
    """One call's files on their way. When the engine that runs ends, the next one, this process if need be, goes on with them."""

    def __init__(self, session: Session, paths: list[Path], tenant: str) -> None:
        self._session = session
        self._paths = paths
        self._tenant = tenant
        self._job: str | None = None
        self._complete = False
        #: What was not taken in, and why.
        self.refused: list[dict[str, Any]] = []

    async def end(self, nexus: Appliance) -> list[dict[str, Any]]:
        """Take in and wait for the end of the job; returns its documents' objects. Raises `OwnerGone` if the engine looked on at has ended."""
        if not self._complete:
            await self._take_in(nexus)
            await self._warn(nexus)
        await self._finish(nexus)
        return await self._objects(nexus)

    async def so_far(self, tell: Callable[[Appliance, list[dict[str, Any]]], Awaitable[object]]) -> None:
        """After an interruption: tell the objects of what was acknowledged as they stand now."""
        if self._job is not None:
            async with looking(self._session.directory) as view:
                await tell(view, await self._objects(view))

    async def _objects(self, nexus: Appliance) -> list[dict[str, Any]]:
        assert self._job is not None
        return await nexus.engine.documents.objects(self._job, self._session.language)

    async def _take_in(self, nexus: Appliance) -> None:
        # A job whose engine ended in the middle was closed by the next one; what it acknowledged is known when it comes again.
        async with open_job(nexus, self._tenant) as job:
            self._job = job
            self.refused = [
                told async for told in taken(nexus, job, self._tenant, self._paths, self._session) if "error" in told
            ]
        self._complete = True

    async def _warn(self, nexus: Appliance) -> None:
        if paused := [queue.name for queue in await nexus.engine.queues.everyone() if queue.paused]:
            spoken = self._session.language
            output.complain(f"{word('check_paused', spoken)}: {', '.join(paused)}", word("resume_them", spoken))

    async def _finish(self, nexus: Appliance) -> None:
        assert self._job is not None
        bar = None
        if sys.stderr.isatty() and not self._session.as_json:
            from rich.progress import Progress

            bar = Progress(transient=True)
        watched = bar.add_task(word("documents", self._session.language)) if bar is not None else None
        if bar is not None:
            bar.start()
        try:
            async for view in progress(nexus, self._job):
                if bar is not None and watched is not None:
                    bar.update(watched, total=view.total, completed=view.finished)
        finally:
            if bar is not None:
                bar.stop()


async def progress(nexus: Appliance, job: str) -> AsyncIterator[JobView]:
    """How far a job is, until it has ended. Raises `OwnerGone` if the engine looked on at has ended."""
    while (view := await nexus.engine.jobs.find(job)) is not None and (view.open or view.finished < view.total):
        if not nexus.owner and not serving(nexus.directory):
            raise OwnerGone(
                "The engine that processes the documents has ended; they are kept, and go on when one runs again."
            )
        yield view
        await _news(nexus)


async def whoever_runs(session: Session, work: Callable[[Appliance], Coroutine[Any, Any, T]], *, engine: bool) -> T:
    """Do `work` as the owner of the data directory or beside one; if that one ends meanwhile, again with the next.

    As the owner, documents are processed only with `engine`.
    """
    while True:
        async with appliance(session.directory, work=engine) as nexus:
            with suppress(OwnerGone):
                return await session.interruption.breaks_off(work(nexus))


async def taken(
    nexus: Appliance, job: str, tenant: str, paths: list[Path], session: Session
) -> AsyncIterator[dict[str, Any]]:
    """What became of each file. That they wait for free space is said once and not passed on."""
    said = False
    async for told in nexus.engine.jobs.add(job, tenant, paths):
        if told.get("state") != "waiting":
            yield told
        elif not said:
            session.waits(told["error"])
            said = True


@asynccontextmanager
async def open_job(
    nexus: Appliance, tenant: str, *, source: str = "upload", priority: str = "normal"
) -> AsyncIterator[str]:
    """A job for the files that come inside; closed after them, or where nobody brings the rest."""
    job = await nexus.engine.jobs.open(tenant, source=source, priority=priority)
    try:
        yield job
    except OwnerGone:
        raise
    except BaseException:
        # What ended the call is what is told; a job that stays open is closed by the next start.
        with suppress(TimeoutError, EngineError, StoreError):
            async with asyncio.timeout(CLOSE_S):
                await nexus.engine.jobs.close(job)
        raise
    await nexus.engine.jobs.close(job)


async def _news(nexus: Appliance) -> None:
    """Until a job ends, or a moment has passed."""
    try:
        await asyncio.wait_for(nexus.ended.get(), LOOK_S)
    except TimeoutError:
        return
