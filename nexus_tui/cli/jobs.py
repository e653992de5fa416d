"""`nexus jobs`: what was taken in when, and how far it is."""

from __future__ import annotations

import typer

from engine.facade.objects import job_object
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import EVERYTHING, AsJson, DataDir, Lang, Limit, Session, Tenant
from nexus_tui.cli.words import word

app = typer.Typer(help="Jobs.", no_args_is_help=True)


@app.command("ls")
def listing(
    tenant: Tenant = "*", limit: Limit = None, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """List jobs, newest first."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        found = await nexus.engine.jobs.recent(tenant, limit or EVERYTHING)
        if as_json:
            for job in found:
                output.emit(job_object(job))
            return
        spoken = session.language
        output.table(
            [word(name, spoken) for name in ("job", "status", "documents", "finished", "failed")],
            [(one.id, one.status, one.total, one.finished, one.failed) for one in found],
            right=(2, 3, 4),
        )

    session.query(work)


@app.command("show")
def show(job: str, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show a job as `job:{traceId}` holds it."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        value = await nexus.engine.jobs.value(job)
        if value is None:
            return session.missing("no_job", job, "nexus jobs ls")
        if as_json:
            output.emit(value)
            return output.DONE
        spoken = session.language
        shown = {"job": value["jobId"], "tenant": value["tenantId"], "status": value["status"]}
        times = {"created_at": value["createdAt"], "updated_at": value["updatedAt"]}
        counts = {"documents": value["counts"]["total"]} | {
            name: value["counts"][name] for name in ("finished", "failed", "skipped")
        }
        shown |= {name: output.moment(output.milliseconds(at), spoken) for name, at in times.items()} | counts
        output.pairs({word(name, spoken): told for name, told in shown.items()})
        output.line()
        output.table(
            [word("document", spoken), word("state", spoken), word("error", spoken)],
            [(doc, told["status"], told.get("error")) for doc, told in value["documents"].items()],
        )
        return output.DONE

    session.query(work)
