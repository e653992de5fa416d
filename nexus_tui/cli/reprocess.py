"""`nexus reprocess`: documents run again from the planner; with --dry-run what would happen is counted and nothing written."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from engine.facade.commands import CommandResult
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import EVERYTHING, AsJson, DataDir, Lang, Session, Tenant
from nexus_tui.cli.words import word


def register(root: typer.Typer) -> None:
    """The command at the root."""

    @root.command("reprocess")
    def reprocess(
        docs: Annotated[list[str] | None, typer.Argument(help="Document ids.", show_default=False)] = None,
        job: Annotated[str | None, typer.Option(help="Documents of a job.", show_default=False)] = None,
        filter: Annotated[
            str | None, typer.Option("--filter", help="Documents that match.", show_default=False)
        ] = None,
        since: Annotated[
            str | None, typer.Option("--since", help="Documents issued on this day or later.", show_default=False)
        ] = None,
        kind: Annotated[
            str | None,
            typer.Option("--kind", help="Documents of a kind: NFE_XML, CSV, XLSX, PDF, IMAGE.", show_default=False),
        ] = None,
        status: Annotated[
            str | None, typer.Option("--status", help="Documents with a result: OK, ALERTA, ERRO.", show_default=False)
        ] = None,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
        tenant: Tenant = "*",
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Run documents again from the planner, under a new trace: those named, and those that all options together select."""
        selected = {"job": job, "since": since, "kind": kind, "status": status}
        terms = [f"{name}:{value}" for name, value in selected.items() if value is not None]
        if filter is not None:
            terms.append(filter)
        if not docs and not terms:
            raise typer.BadParameter("name documents, --job or --filter")
        session = Session.of(data_dir, as_json, lang)

        async def work(nexus: Appliance) -> int:
            wanted = list(docs or ())
            if terms:
                wanted += await nexus.engine.documents.ids(" ".join(terms), tenant, EVERYTHING)
            if dry_run:
                return tell_preview(session, await nexus.engine.documents.reprocessable(wanted))
            outcome = await nexus.engine.documents.reprocess(wanted)
            data = {"jobId": outcome.data.get("job"), "priority": outcome.data.get("priority")}
            return session.result(msgspec.structs.replace(outcome, data=data), "reprocessing")

        (session.query if dry_run else session.command)(work)


def tell_preview(session: Session, outcome: CommandResult) -> int:
    """Tell what would be done: how many documents, from which states, which locks are in the way. Returns the exit code."""
    code = session.result(outcome, "would_reprocess")
    if not session.as_json and outcome.data:
        spoken = session.language
        locks = outcome.data["locks"]
        counts = {word("locks_in_the_way", spoken): locks["inTheWay"], word("locks_cleared", spoken): locks["cleared"]}
        output.pairs({**outcome.data["states"], **counts, word("priority", spoken): outcome.data["priority"]})
    return code
