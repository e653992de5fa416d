"""`nexus dlq`: what failed for good, why, and sending it back or dropping it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import EVERYTHING, AsJson, DataDir, Lang, Limit, Session
from nexus_tui.cli.words import word

app = typer.Typer(help="Dead letters.", no_args_is_help=True)
Queue = Annotated[str | None, typer.Option("--queue", help="Only of this queue.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="All of them (of --queue).")]
Messages = Annotated[list[int] | None, typer.Argument(help="Ids as `dlq ls` shows them.", show_default=False)]


@app.command("ls")
def listing(queue: Queue = None, limit: Limit = None, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List dead letters, newest first."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        found = await nexus.engine.queues.dead(queue, limit or EVERYTHING)
        if as_json:
            for letter in found:
                output.emit(letter)
            return
        spoken = session.language
        output.table(
            ["id", word("queue", spoken), word("document", spoken), word("error", spoken), word("attempts", spoken)],
            [(one.id, one.queue, one.name or one.document or one.trace, f"{one.error_class}: {one.error}"[:80], one.attempts) for one in found],
            right=(0, 4),
        )

    session.query(work)


@app.command("show")
def show(message: int, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show a dead letter with its history and its event."""
    session = Session.of(data_dir, as_json)

    async def work(nexus: Appliance) -> int:
        found = [one for one in await nexus.engine.queues.dead(None, EVERYTHING) if one.id == message]
        if not found:
            output.complain(f"{message}: no such dead letter")
            return output.SOME_FAILED
        body = await nexus.engine.queues.body(message)
        if as_json:
            output.emit({**{name: getattr(found[0], name) for name in type(found[0]).__dataclass_fields__}, "event": body})
        else:
            output.pairs({name: getattr(found[0], name) for name in type(found[0]).__dataclass_fields__})
            sys.stdout.flush()
            sys.stdout.buffer.write((body or b"") + b"\n")
        return output.DONE

    session.query(work)


@app.command("requeue")
def requeue(
    messages: Messages = None,
    queue: Queue = None,
    everything: Everything = False,
    from_agent: Annotated[str | None, typer.Option("--from", help="A0 starts again at the planner.", show_default=False)] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Send dead letters back to the stage that failed."""
    if from_agent not in (None, "A0"):
        raise typer.BadParameter("--from takes A0; without it the failed stage is run again")
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        ids = await _ids(nexus, messages, queue, everything)
        outcome = await nexus.engine.queues.requeue(ids, from_start=from_agent == "A0")
        return output.result(outcome, as_json=as_json, verb=word("requeued", session.language))

    session.command(work)


@app.command("drop")
def drop(
    messages: Messages = None, queue: Queue = None, everything: Everything = False, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """Move dead letters to the bin, where they stay 30 days."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.queues.drop(await _ids(nexus, messages, queue, everything))
        return output.result(outcome, as_json=as_json, verb=word("dropped", session.language))

    session.command(work)


@app.command("undrop")
def undrop(messages: list[int], data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Take dead letters back from the bin."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.queues.restore(messages)
        return output.result(outcome, as_json=as_json, verb=word("restored", session.language))

    session.command(work)


async def _ids(nexus: Appliance, messages: list[int] | None, queue: str | None, everything: bool) -> list[int]:
    if messages:
        return messages
    if not everything:
        raise typer.BadParameter("name ids, or --all")
    return [one.id for one in await nexus.engine.queues.dead(queue, EVERYTHING)]
