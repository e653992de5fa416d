"""`nexus process`, `add`, `demo`, `enqueue`: files and events in; `process` and `demo` wait for the end of what they took in."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.errors import Unanswered
from engine.facade.commands import PutCompany
from nexus_tui.appliance import Appliance, appliance, serving
from nexus_tui.cli import output, results
from nexus_tui.cli.session import AsJson, DataDir, Lang, OneTenant, Session
from nexus_tui.cli.words import word
from nexus_tui.demo import demo_files

#: What cannot be read is an outcome of its own, not an error in the call.
Paths = Annotated[list[Path], typer.Argument(help="Files, folders, archives.", readable=False)]
#: Seconds between two looks at a job's progress.
LOOK_S = 0.1


def process(
    paths: Paths,
    tenant: OneTenant = "default",
    own: Annotated[list[str] | None, typer.Option("--own", help="CNPJ of an own company; may be repeated.", show_default=False)] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Also write the reports into this folder.", readable=False, show_default=False)] = None,
    formats: Annotated[str, typer.Option("--formats", help="With --out: json (a report a document), csv (one table).")] = "json",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Take in files, folders and archives; run to the end; print one row a document and totals."""
    session = Session.of(data_dir, as_json, lang)
    wanted = formats.split(",")
    if unknown := [name for name in wanted if name not in results.FORMATS]:
        raise typer.BadParameter(f"{', '.join(unknown)}: formats are {', '.join(results.FORMATS)}")

    if out is not None:
        output.make_folder(out)

    async def work() -> int:
        async with appliance(session.directory) as nexus:
            for cnpj in own or ():
                outcome = await nexus.engine.companies.put(PutCompany(tenant=tenant, cnpj=cnpj))
                if outcome.refused:
                    return session.result(outcome, "added")
            objects, refused = await _process(nexus, paths, tenant, session)
            if out is not None:
                await results.write_reports(nexus, objects, out, wanted)
            return results.tell(objects, refused, session)

    session.run(work())


def add(paths: Paths, tenant: OneTenant = "default", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Take in files only; each is told as it is acknowledged, and processed by `nexus run` or the TUI."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        job = await nexus.engine.jobs.open(tenant)
        count = refused = 0
        try:
            async for told in _taken(nexus, job, tenant, paths, session):
                count += "error" not in told
                refused += "error" in told
                if as_json:
                    output.emit(told)
                elif "error" in told:
                    session.refused(told)
                else:
                    output.line(f"{told['docId']}  {told['state']}  {told['file']}")
        finally:
            await nexus.engine.jobs.close(job)
        if not as_json:
            output.line(f"{count} {word('taken_in', session.language)}")
        return output.USAGE if refused and not count else (output.SOME_FAILED if refused else output.DONE)

    session.command(work)


def demo(as_json: AsJson = False, lang: Lang = None) -> None:
    """Process the bundled real documents in a throwaway data directory; on a terminal, open the TUI on them."""
    directory = Path(tempfile.mkdtemp(prefix="nexus-demo-"))
    session = Session(directory=directory, as_json=as_json, language=Session.of(directory, as_json, lang).language)

    async def work() -> None:
        async with _unpacked() as files, appliance(directory) as nexus:
            objects, refused = await _process(nexus, [files], "default", session)
            # One of the bundled documents is cut off on purpose: that is no failure of the demonstration.
            results.tell(objects, refused, session)

    try:
        session.run(work())
        if sys.stdout.isatty() and sys.stdin.isatty() and not as_json:
            from nexus_tui.opening import open_terminal

            open_terminal(directory, lang)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def enqueue(
    event: str,
    file: Annotated[Path, typer.Option("--file", help="JSON of the whole event, or of its payload with headers.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Send an event by hand; it is validated against the contract."""
    session = Session.of(data_dir, as_json, lang)
    try:
        value = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    if not isinstance(value, dict) or value.get("name", event) != event:
        raise typer.BadParameter(f"{file} holds no {event}")

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.jobs.enqueue({**value, "name": event})
        return session.result(outcome, "sent")

    session.command(work)


@asynccontextmanager
async def _unpacked() -> AsyncIterator[Path]:
    with demo_files() as files:
        yield files


async def _taken(nexus: Appliance, job: str, tenant: str, paths: list[Path], session: Session) -> AsyncIterator[dict[str, Any]]:
    """What became of each file. That they wait for free space is said once and not passed on."""
    said = False
    async for told in nexus.engine.jobs.add(job, tenant, paths):
        if told.get("state") != "waiting":
            yield told
        elif not said:
            session.waits(told["error"])
            said = True


async def _process(nexus: Appliance, paths: list[Path], tenant: str, session: Session) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Take in and wait for the end of the job. Returns the documents' objects and what was refused."""
    job = await nexus.engine.jobs.open(tenant)
    refused = [told async for told in _taken(nexus, job, tenant, paths, session) if "error" in told]
    await nexus.engine.jobs.close(job)
    if paused := [queue.name for queue in await nexus.engine.queues.everyone() if queue.paused]:
        output.complain(f"{word('check_paused', session.language)}: {', '.join(paused)}", word("resume_them", session.language))
    await _finish(nexus, job, session)
    return await nexus.engine.documents.objects(job, session.language), refused


async def _finish(nexus: Appliance, job: str, session: Session) -> None:
    bar = None
    if sys.stderr.isatty() and not session.as_json:
        from rich.progress import Progress

        bar = Progress(transient=True)
    watched = bar.add_task(word("documents", session.language)) if bar is not None else None
    if bar is not None:
        bar.start()
    try:
        while True:
            view = await nexus.engine.jobs.find(job)
            if view is None or (not view.open and view.finished >= view.total):
                return
            if not nexus.owner and not serving(nexus.directory):
                raise Unanswered("The engine that processes the documents has ended; they are kept, and go on when one runs again.")
            if bar is not None and watched is not None:
                bar.update(watched, total=view.total, completed=view.finished)
            await _news(nexus)
    finally:
        if bar is not None:
            bar.stop()


async def _news(nexus: Appliance) -> None:
    """Until a job ends, or a moment has passed."""
    try:
        await asyncio.wait_for(nexus.ended.get(), LOOK_S)
    except TimeoutError:
        return


def register(root: typer.Typer) -> None:
    """Commands at the root."""
    for command in (process, add, demo, enqueue):
        root.command(command.__name__)(command)
