"""`nexus locks`: who holds what, and letting go."""

from __future__ import annotations

from typing import Annotated

import typer

from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word

app = typer.Typer(help="Document locks.", no_args_is_help=True)


@app.command("ls")
def listing(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List held locks."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        found = await nexus.engine.state.locks()
        if as_json:
            for lock in found:
                output.emit(lock)
            return
        spoken = session.language
        output.table(
            [word("name", spoken), word("owner", spoken), word("fence", spoken), word("alive", spoken)],
            [(one.name, one.owner, one.fence, word("yes", spoken) if one.alive else "") for one in found],
            right=(2,),
        )

    session.query(work)


@app.command("release")
def release(
    name: str,
    confirm: Annotated[str | None, typer.Option(help="The lock's name again: releases it although its trace is at work.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Release a lock; a live one only if its name is typed again with --confirm."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.release([name], force=confirm == name)
        return session.result(outcome, "released")

    session.command(work)
