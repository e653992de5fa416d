"""`nexus backfill`: an old folder is taken in behind everything else, at a rate, and can be paused, broken off and gone on with."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import EngineError
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.processing import open_job, progress, taken, whoever_runs
from nexus_tui.cli.session import AsJson, DataDir, Lang, OneTenant, Session
from nexus_tui.cli.watch import absolute
from nexus_tui.cli.words import word
from store.errors import StoreError

if TYPE_CHECKING:
    from engine.facade.backfills import BackfillView

#: States of a backfill, which are words.
STATES = ("running", "paused", "ended")
#: Files that are looked up together, and taken in together where there is no rate.
BATCH = 100
#: Seconds between two looks whether a pause is over.
LOOK_S = 0.5
#: With a rate files come this often at least, in slices a second.
SLICES = 10


def register(root: typer.Typer) -> None:
    """The command at the root."""

    @root.command("backfill")
    def backfill(
        directory: Annotated[
            Path | None,
            typer.Argument(help="The folder; without one: list backfills.", readable=False, show_default=False),
        ] = None,
        rate: Annotated[
            int | None,
            typer.Option("--rate", min=1, max=1_000_000, help="At most this many files a minute.", show_default=False),
        ] = None,
        pause: Annotated[
            bool, typer.Option("--pause", help="Pause the backfill under way (of the folder, or all).")
        ] = False,
        resume: Annotated[bool, typer.Option("--resume", help="Let it go on.")] = False,
        tenant: OneTenant = "default",
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Take a folder in at low priority; what an earlier call took in is passed over. Or pause, resume, list."""
        session = Session.of(data_dir, as_json, lang)
        folder = None if directory is None else absolute(directory)
        if pause and resume:
            raise typer.BadParameter("--pause and --resume exclude each other")
        if pause or resume:
            _pause(session, folder, paused=pause)
        elif folder is None:
            session.query(lambda nexus: _list(session, nexus))
        else:
            errand = Backfill(session, folder, tenant, rate)
            session.run(
                whoever_runs(session, errand.run, engine=True),
                word("interrupted", session.language),
                word("again", session.language),
            )


def _pause(session: Session, folder: Path | None, *, paused: bool) -> None:
    async def work(nexus: Appliance) -> int:
        return session.result(await nexus.engine.backfills.pause(folder, paused=paused), "changed")

    session.command(work)


async def _list(session: Session, nexus: Appliance) -> None:
    found = await nexus.engine.backfills.recent()
    if session.as_json:
        for one in found:
            output.emit(_object(one))
        return
    spoken = session.language
    names = ("folder", "state", "file", "known", "refused", "taken_in", "finished", "per_minute", "left")
    output.table(
        [word(name, spoken) for name in names],
        [
            (
                one.directory, word(STATES[STATES.index(one.state)], spoken), one.found, one.known, one.refused, one.taken, one.finished,
                one.per_minute, span(one.eta_ms),
            )
            for one in found
        ],
        right=range(2, 9),
    )  # fmt: skip


@dataclass(slots=True)
class Count:
    """Files so far."""

    taken: int = 0
    known: int = 0
    refused: int = 0


class Pace:
    """Lets `rate` files through a minute; without a rate all of them."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate
        self._next = time.monotonic()
        #: Files that go together.
        self.slice = BATCH if rate is None else max(1, rate // (60 * SLICES))

    async def turn(self, files: int) -> None:
        """Wait until so many more may come; what was not used while paused is not made up for."""
        if self._rate is None:
            return
        now = time.monotonic()
        await asyncio.sleep(max(0.0, self._next - now))
        self._next = max(self._next, now) + files * 60 / self._rate


class Backfill:
    """One call. When the engine it came in through ends, the next one goes on with it."""

    def __init__(self, session: Session, folder: Path, tenant: str, rate: int | None) -> None:
        self._session = session
        self._folder = folder
        self._tenant = tenant
        self._rate = rate
        self._count = Count()
        self._job = ""
        self._complete = False
        #: When the count was last told: about once a second is enough.
        self._told_at = 0.0

    async def run(self, nexus: Appliance) -> int:
        """Take in, and wait until all of it is processed. Returns the exit code."""
        async with self._shown(nexus):
            try:
                if not self._complete:
                    await self._take_in(nexus)
                async for _ in progress(nexus, self._job):
                    pass
            except asyncio.CancelledError:
                with suppress(EngineError, StoreError):
                    await self._note(nexus, ended=True)
                raise
            await self._note(nexus, ended=True)
        return await self._tell(nexus)

    async def _take_in(self, nexus: Appliance) -> None:
        self._count = Count()
        found = await asyncio.to_thread(lambda: sum(1 for _ in nexus.engine.backfills.files(self._folder)))
        async with open_job(nexus, self._tenant, source="backfill", priority="low") as job:
            self._job = job
            await nexus.engine.backfills.begin(job, self._tenant, self._folder, found, self._rate)
            await self._take_all(nexus)
            await self._note(nexus)
        self._complete = True

    async def _take_all(self, nexus: Appliance) -> None:
        pace = Pace(self._rate)
        planned = 0
        walk = nexus.engine.backfills.files(self._folder)
        while batch := await asyncio.to_thread(lambda: list(islice(walk, BATCH))):
            known = await nexus.engine.backfills.known(self._tenant, batch)
            self._count.known += len(known)
            fresh = [path for path in batch if path not in known]
            for start in range(0, len(fresh), pace.slice):
                some = fresh[start : start + pace.slice]
                while await nexus.engine.backfills.paused(self._job):
                    await self._note(nexus)
                    await asyncio.sleep(LOOK_S)
                await pace.turn(len(some))
                await self._take(nexus, some)
                if self._count.taken - planned >= BATCH or self._rate is not None:
                    # Behind a rate nothing waits for its neighbours.
                    await nexus.engine.backfills.send_on(self._job)
                    planned = self._count.taken
            await self._note_now_and_then(nexus)

    async def _take(self, nexus: Appliance, paths: Sequence[Path]) -> None:
        session = self._session
        async for told in taken(nexus, self._job, self._tenant, list(paths), session):
            refused = "error" in told
            self._count.refused += refused
            self._count.taken += not refused
            if session.as_json:
                output.emit(told)
            elif refused:
                session.refused(told)
            await self._note_now_and_then(nexus)

    async def _note_now_and_then(self, nexus: Appliance) -> None:
        if time.monotonic() - self._told_at >= 1:
            await self._note(nexus)

    async def _note(self, nexus: Appliance, *, ended: bool = False) -> None:
        self._told_at = time.monotonic()
        count = self._count
        await nexus.engine.backfills.note(self._job, count.taken, count.known, count.refused, ended=ended)

    async def _tell(self, nexus: Appliance) -> int:
        view = await nexus.engine.backfills.find(self._job)
        job = await nexus.engine.jobs.find(self._job)
        assert view is not None
        assert job is not None
        if self._session.as_json:
            output.emit(_object(view))
        else:
            spoken = self._session.language
            output.line(
                word("backfilled", spoken).format(view.taken, view.known, view.refused, view.finished, view.per_minute)
            )
        return output.SOME_FAILED if view.refused or job.failed else output.DONE

    @asynccontextmanager
    async def _shown(self, nexus: Appliance) -> AsyncIterator[None]:
        """On a terminal: how far it is, how fast, and how long it still takes."""
        if self._session.as_json or not sys.stderr.isatty():
            yield
            return
        showing = asyncio.ensure_future(self._show(nexus))
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.wait({showing})

    async def _show(self, nexus: Appliance) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        spoken = self._session.language
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[told]}"),
        )
        with Progress(*columns, transient=True) as bar:
            task = bar.add_task(word("documents", spoken), total=None, told="")
            while True:
                view = await nexus.engine.backfills.find(self._job)
                if view is not None:
                    told = word("paused", spoken) if view.state == "paused" else pace_of(view, spoken)
                    bar.update(task, total=view.found, completed=view.known + view.refused + view.finished, told=told)
                await asyncio.sleep(LOOK_S)


def _object(view: BackfillView) -> dict[str, Any]:
    # Not at the top: help and usage errors import no store.
    from engine.facade.backfills import backfill_object

    return backfill_object(view)


def pace_of(view: BackfillView, spoken: Any) -> str:
    """How fast it is, and how long it still takes."""
    left = "" if view.eta_ms is None else f"  {word('left', spoken)} {span(view.eta_ms)}"
    return f"{view.per_minute}/min{left}"


def span(ms: int | None) -> str:
    """A span of time as h:mm:ss."""
    if ms is None:
        return ""
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
