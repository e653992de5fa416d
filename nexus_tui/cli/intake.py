"""`nexus process`, `add`, `demo`, `enqueue`: files in, and for `process` and `demo` the outcome on one screen."""

from __future__ import annotations

import asyncio
import csv
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

from engine.facade.commands import PutCompany
from nexus_tui.appliance import Appliance, appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session, Tenant
from nexus_tui.cli.words import Language, word
from nexus_tui.demo import demo_files

FAILED = ("dead_lettered", "unreadable")
FORMATS = ("json", "csv")
CSV_COLUMNS = ("docId", "file", "family", "accessKey", "number", "series", "issuedAt", "total", "operation", "state", "status", "risk")
#: Seconds between two looks at a job's progress.
LOOK_S = 0.1


def register(root: typer.Typer) -> None:
    """Commands at the root."""

    @root.command("process")
    def process(
        paths: list[Path],
        tenant: Tenant = "default",
        own: Annotated[list[str] | None, typer.Option("--own", help="CNPJ of an own company; may be repeated.", show_default=False)] = None,
        out: Annotated[Path | None, typer.Option("--out", help="Also write the reports into this folder.", show_default=False)] = None,
        formats: Annotated[str, typer.Option("--formats", help="With --out: json (a report a document), csv (one table).")] = "json",
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Take in files, folders and archives; run to the end; print one row a document and totals."""
        session = Session.of(data_dir, as_json, lang)
        wanted = formats.split(",")
        if unknown := [name for name in wanted if name not in FORMATS]:
            raise typer.BadParameter(f"{', '.join(unknown)}: formats are {', '.join(FORMATS)}")

        async def work() -> int:
            async with appliance(session.directory) as nexus:
                for cnpj in own or ():
                    outcome = await nexus.engine.companies.put(PutCompany(tenant=tenant, cnpj=cnpj))
                    if outcome.refused:
                        output.complain(outcome.refused[0].reason, outcome.refused[0].hint)
                        return output.USAGE
                objects, refused = await _process(nexus, paths, tenant, session)
                if out is not None:
                    await _write_reports(nexus, objects, out, wanted)
                return _tell(objects, refused, session)

        session.run(work())

    @root.command("add")
    def add(paths: list[Path], tenant: Tenant = "default", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
        """Take in files only; each is told as it is acknowledged, and processed by `nexus run` or the TUI."""
        session = Session.of(data_dir, as_json, lang)

        async def work(nexus: Appliance) -> int:
            job = await nexus.engine.jobs.open(tenant)
            count = refused = 0
            try:
                async for told in nexus.engine.jobs.add(job, tenant, paths):
                    count += "error" not in told
                    refused += "error" in told
                    if as_json:
                        output.emit(told)
                    elif "error" in told:
                        output.complain(f"{told['file']}: {told['error']['message']}", told["error"]["hint"])
                    else:
                        output.line(f"{told['docId']}  {told['state']}  {told['file']}")
            finally:
                await nexus.engine.jobs.close(job)
            if not as_json:
                output.line(f"{count} {word('taken_in', session.language)}")
            return output.USAGE if refused and not count else (output.SOME_FAILED if refused else output.DONE)

        session.command(work)

    @root.command("demo")
    def demo(as_json: AsJson = False, lang: Lang = None) -> None:
        """Process the bundled real documents in a throwaway data directory; on a terminal, open the TUI on them."""
        directory = Path(tempfile.mkdtemp(prefix="nexus-demo-"))
        session = Session(directory=directory, as_json=as_json, language=Session.of(directory, as_json, lang).language)

        async def work() -> int:
            async with _unpacked() as files, appliance(directory) as nexus:
                objects, refused = await _process(nexus, [files], "default", session)
                return _tell(objects, refused, session)

        try:
            session.run(work())
            if sys.stdout.isatty() and sys.stdin.isatty() and not as_json:
                from nexus_tui.opening import open_terminal

                open_terminal(directory, lang)
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    @root.command("enqueue")
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
            value = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise typer.BadParameter(f"{file}: {error}") from error
        if not isinstance(value, dict) or value.get("name", event) != event:
            raise typer.BadParameter(f"{file} holds no {event}")

        async def work(nexus: Appliance) -> int:
            outcome = await nexus.engine.jobs.enqueue({**value, "name": event})
            code = output.result(outcome, as_json=as_json, verb=word("sent", session.language))
            return output.USAGE if outcome.refused else code

        session.command(work)


@asynccontextmanager
async def _unpacked() -> AsyncIterator[Path]:
    with demo_files() as files:
        yield files


async def _process(nexus: Appliance, paths: list[Path], tenant: str, session: Session) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Take in and wait for the end of the job. Returns the documents' objects and what was refused."""
    job = await nexus.engine.jobs.open(tenant)
    refused = []
    async for told in nexus.engine.jobs.add(job, tenant, paths):
        if "error" in told:
            refused.append(told)
    await nexus.engine.jobs.close(job)
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


def _tell(objects: list[dict[str, Any]], refused: list[dict[str, Any]], session: Session) -> int:
    if session.as_json:
        for value in objects:
            output.emit(value)
        for told in refused:
            output.emit(_refused_object(told))
    else:
        _table(objects, session.language)
        for told in refused:
            output.complain(f"{told['file']}: {told['error']['message']}", told["error"]["hint"])
    if refused and not objects:
        return output.USAGE
    return output.SOME_FAILED if refused or any(value["state"] in FAILED for value in objects) else output.DONE


def _refused_object(told: dict[str, Any]) -> dict[str, Any]:
    """A file that was not taken in still yields its object."""
    error = {name: told["error"][name] for name in ("code", "message")}
    return {"docId": None, "file": told["file"], "family": "unknown", "state": "refused", "findings": [], "error": error}


def _table(objects: list[dict[str, Any]], spoken: Language) -> None:
    rows = []
    documents = [value for value in objects if "members" not in value]
    for value in documents:
        counts = {"ERRO": 0, "ALERTA": 0, "INFO": 0}
        for finding in value["findings"]:
            counts[finding["severity"]] += 1
        rows.append(
            (
                Path(value["file"].partition("!")[0]).name + ("!" + value["file"].partition("!")[2] if "!" in value["file"] else ""),
                value["family"], value["number"], value["state"], value["status"], counts["ERRO"] or "", counts["ALERTA"] or "", value["total"],
                value["ledger"]["debits"], value["ledger"]["credits"],
            )
        )  # fmt: skip
    names = ("file", "family", "number", "state", "status", "errors", "alerts", "total", "debits", "credits")
    output.table([word(name, spoken) for name in names], rows, right=(2, 5, 6, 7, 8, 9))
    totals = [sum((Decimal(value["ledger"][side]) for value in documents), Decimal(0)) for side in ("debits", "credits")]
    whole = sum((Decimal(value["total"]) for value in documents if value["total"] and value["state"] != "duplicate"), Decimal(0))
    balance = word("balanced" if totals[0] == totals[1] else "unbalanced", spoken)
    errors = sum(finding["severity"] == "ERRO" for value in documents for finding in value["findings"])
    output.line()
    output.line(
        f"{len(documents)} {word('documents', spoken)}, {errors} {word('errors', spoken)}, {word('total', spoken)} {whole}, "
        f"{word('debits', spoken)} {totals[0]}, {word('credits', spoken)} {totals[1]} ({balance})"
    )
    if documents and all(value["role"] in (None, "third") for value in documents):
        output.line(word("no_company", spoken))


async def _write_reports(nexus: Appliance, objects: list[dict[str, Any]], out: Path, formats: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    if "json" in formats:
        for value in objects:
            content = await nexus.engine.documents.report(value["docId"])
            if content is not None:
                (out / f"{value['docId']}.json").write_bytes(content)
    if "csv" in formats:
        with (out / "documents.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(CSV_COLUMNS)
            for value in objects:
                writer.writerow([_cell(value.get(column)) for column in CSV_COLUMNS])


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

