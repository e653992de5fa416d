"""`nexus queues`: depth, settings, pause, purge."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word

app = typer.Typer(help="Queues.", no_args_is_help=True)


@app.command("ls")
def listing(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List queues in the order of the pipeline."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        found = await nexus.engine.queues.everyone()
        if as_json:
            for queue in found:
                output.emit(queue)
            return
        spoken = session.language
        names = ("queue", "ready", "leased", "delayed", "dead", "oldest", "concurrency", "paused")
        output.table(
            [word(name, spoken) for name in names],
            [
                (
                    one.name, one.ready, one.leased, one.delayed, one.dead, _seconds(one.oldest_age),
                    one.concurrency, word("yes", spoken) if one.paused else "",
                )
                for one in found
            ],
            right=range(1, 7),
        )  # fmt: skip

    session.query(work)


@app.command("show")
def show(queue: str, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show one queue with its settings."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        found = [one for one in await nexus.engine.queues.everyone() if one.name == queue]
        if not found:
            session.missing("no_queue", queue, "nexus queues ls")
            return output.USAGE
        if as_json:
            output.emit(found[0])
        else:
            # Settings are named as `queues set` takes them, so the rest stands under its name in `--json` too.
            shown = asdict(found[0])
            shown["paused"] = word("yes" if shown["paused"] else "no", session.language)
            shown["oldest_age"] = _seconds(shown["oldest_age"])
            output.pairs(shown)
        return output.DONE

    session.query(work)


def _seconds(age_ms: int | None) -> str:
    return "" if age_ms is None else f"{age_ms // 1000} s"


@app.command("set")
def change(
    queue: str,
    settings: Annotated[
        list[str],
        typer.Argument(help="NAME=VALUE: concurrency, batch, lease_ms, backoff_ms, backoff_max_ms, retention_ms."),
    ],
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Change settings while the queue runs; what is in flight goes on under the old ones."""
    session = Session.of(data_dir, as_json, lang)
    wanted: dict[str, int] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if not (value.isascii() and value.isdigit()):
            raise typer.BadParameter(f"{setting}: NAME=NUMBER")
        wanted[name] = int(value)
    _change(session, queue, wanted)


@app.command("pause")
def pause(queue: str, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Claim nothing more from a queue."""
    _change(Session.of(data_dir, as_json, lang), queue, {"paused": 1})


@app.command("resume")
def resume(queue: str, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Claim from a queue again."""
    _change(Session.of(data_dir, as_json, lang), queue, {"paused": 0})


def _change(session: Session, queue: str, settings: dict[str, int]) -> None:
    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.queues.change(queue, settings)
        return session.result(outcome, "changed")

    session.command(work)


@app.command("purge")
def purge(
    queue: str,
    confirm: Annotated[str, typer.Option(help="The queue's name again.")] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Move everything that waits to the bin and cancel its documents; --confirm takes the queue's name."""
    if confirm != queue:
        raise typer.BadParameter(f"type --confirm {queue} to purge it")
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        return session.result(await nexus.engine.queues.purge(queue), "purged")

    session.command(work)
