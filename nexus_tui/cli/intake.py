"""`nexus process`, `add`, `demo`, `enqueue`: files and events in; `process` and `demo` wait for the end of what they took in."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.facade.commands import PutCompany
from nexus_tui.appliance import Appliance, appliance
from nexus_tui.cli import output, results
from nexus_tui.cli.processing import Errand, open_job, taken, whoever_runs
from nexus_tui.cli.reprocess import tell_preview
from nexus_tui.cli.session import AsJson, DataDir, Lang, OneTenant, Session
from nexus_tui.cli.words import word
from nexus_tui.demo import demo_files

#: Bytes of an event by hand: its payload may have 64 KiB, and each character of that may be written in six.
LARGEST_EVENT = 1024 * 1024
#: What cannot be read is an outcome of its own, not an error in the call.
Paths = Annotated[list[Path], typer.Argument(help="Files, folders, archives.", readable=False)]


def process(
    paths: Paths,
    tenant: OneTenant = "default",
    own: Annotated[
        list[str] | None, typer.Option("--own", help="CNPJ of an own company; may be repeated.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Also write the reports into this folder.", readable=False, show_default=False),
    ] = None,
    formats: Annotated[
        str, typer.Option("--formats", help="With --out: json (a report a document), csv (one table).")
    ] = "json",
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

    errand = Errand(session, paths, tenant)

    async def work(nexus: Appliance) -> int:
        for cnpj in own or ():
            outcome = await nexus.engine.companies.put(PutCompany(tenant=tenant, cnpj=cnpj))
            if outcome.refused:
                return session.result(outcome, "added")
        return await tell(nexus, await errand.end(nexus))

    async def tell(nexus: Appliance, objects: list[dict[str, Any]]) -> int:
        if out is not None:
            await results.write_reports(nexus, objects, out, wanted)
        return results.tell(objects, errand.refused, session)

    async def body() -> int:
        try:
            return await whoever_runs(session, work, engine=True)
        except asyncio.CancelledError:
            await errand.so_far(tell)
            raise

    session.run(body(), word("interrupted", session.language), word("again", session.language))


def add(
    paths: Paths, tenant: OneTenant = "default", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """Take in files only; each is told as it is acknowledged, and processed by `nexus run` or the TUI."""
    session = Session.of(data_dir, as_json, lang)

    # What was told before an engine ended is not told again when the next one takes the files in.
    known: Counter[str] = Counter()
    refused = 0

    async def work(nexus: Appliance) -> int:
        nonlocal refused
        before = known.copy()
        async with open_job(nexus, tenant) as job:
            async for told in taken(nexus, job, tenant, paths, session):
                if before[told["file"]]:
                    before[told["file"]] -= 1
                    continue
                known[told["file"]] += 1
                refused += "error" in told
                if as_json:
                    output.emit(told)
                elif "error" in told:
                    session.refused(told)
                else:
                    output.line(f"{told['docId']}  {told['state']}  {told['file']}")
        count = known.total() - refused
        if not as_json:
            output.line(f"{count} {word('taken_in', session.language)}")
        return output.USAGE if refused and not count else (output.SOME_FAILED if refused else output.DONE)

    session.run(
        whoever_runs(session, work, engine=False),
        word("interrupted", session.language),
        word("again", session.language),
    )


def demo(as_json: AsJson = False, lang: Lang = None) -> None:
    """Process the bundled real documents in a throwaway data directory; on a terminal, open the TUI on them."""
    directory = Path(tempfile.mkdtemp(prefix="nexus-demo-"))
    session = Session(directory=directory, as_json=as_json, language=Session.of(directory, as_json, lang).language)

    async def body() -> None:
        with demo_files() as files:
            errand = Errand(session, [files], "default")
            async with appliance(directory) as nexus:
                objects = await session.interruption.breaks_off(errand.end(nexus))
                # One of the bundled documents is cut off on purpose: that is no failure of the demonstration.
                results.tell(objects, errand.refused, session)

    try:
        session.run(body())
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
        value = _event(file)
    except (OSError, ValueError, ArithmeticError, RecursionError) as error:
        raise typer.BadParameter(f"{file}: {error}") from error
    if not isinstance(value, dict) or value.get("name", event) != event:
        raise typer.BadParameter(f"{file} holds no {event}")

    whole = {**value, "name": event}

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.jobs.enqueue(whole)
        return session.result(outcome, "reprocessing" if "job" in outcome.data else "sent")

    async def count(nexus: Appliance) -> int:
        return tell_preview(session, await nexus.engine.jobs.preview(whole))

    if _only_counts(whole):
        # Through no engine, which would note that it was asked.
        session.query(count)
    else:
        session.command(work)


def _event(file: Path) -> Any:
    """The JSON of a file, read no further than an event may go: what is named may be a device without end."""
    with file.open("rb") as source:
        content = source.read(LARGEST_EVENT + 1)
    if len(content) > LARGEST_EVENT:
        raise typer.BadParameter(f"{file}: is larger than {LARGEST_EVENT} bytes")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            raise typer.BadParameter(f"{file}: gives a key twice")
        return value

    return json.loads(content.decode("utf-8"), parse_float=Decimal, object_pairs_hook=unique)


def _only_counts(event: dict[str, Any]) -> bool:
    if event["name"] != "evt.pipeline.requested":
        return False
    payload = event.get("payload")
    options = payload.get("options") if isinstance(payload, dict) else None
    return isinstance(options, dict) and options.get("dryRun") is True


def register(root: typer.Typer) -> None:
    """Commands at the root."""
    for command in (process, add, demo, enqueue):
        root.command(command.__name__)(command)
