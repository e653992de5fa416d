"""`nexus watch`: folders whose files are taken in by themselves while an engine runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from nexus_tui.appliance import Appliance, serving
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, OneTenant, Session
from nexus_tui.cli.words import word
from nexus_tui.i18n.errors import worded

app = typer.Typer(help="Watched folders.", no_args_is_help=True)
#: States of a watched folder, which are words.
STATES = ("watching", "paused", "alarm")
Directory = Annotated[Path, typer.Argument(help="The folder.", readable=False)]


@app.command("add")
def add(
    directory: Directory,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", help="Pass over names like this, as *.bak; may be repeated.", show_default=False),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave files where they are (the default).")] = False,
    move_to: Annotated[
        Path | None,
        typer.Option("--move-to", help="Move files here once they are taken in.", readable=False, show_default=False),
    ] = None,
    tenant: OneTenant = "default",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Watch a folder: files in it and below it are taken in once they are written to their end. Or change how."""
    if keep and move_to is not None:
        raise typer.BadParameter("--keep and --move-to exclude each other")
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        target = None if move_to is None else absolute(move_to)
        outcome = await nexus.engine.watches.add(absolute(directory), tenant, ignore=ignore or (), move_to=target)
        code = session.result(outcome, "watched")
        if not outcome.refused and not as_json and not serving(session.directory):
            output.line(word("watched_later", session.language))
        return code

    session.command(work)


@app.command("ls")
def listing(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List watched folders and what is in their way."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        # Not at the top: help and usage errors import no store.
        from engine.facade.watches import watch_object

        found = await nexus.engine.watches.everyone()
        if as_json:
            for one in found:
                output.emit(watch_object(one))
            return
        spoken = session.language
        output.table(
            [word(name, spoken) for name in ("folder", "tenant", "state", "taken_in", "refused", "moved_to")],
            [
                (
                    one.directory,
                    one.tenant,
                    word(STATES[STATES.index(one.state)], spoken),
                    one.taken,
                    one.refused,
                    one.move_to,
                )
                for one in found
            ],
            right=(3, 4),
        )
        for one in found:
            if one.alarm is not None:
                told = worded(one.alarm.code, one.alarm.title, one.alarm.message, one.alarm.hint, spoken)
                output.line(f"{told.title} ({one.alarm.code}): {told.message} {told.hint}")

    session.query(work)


@app.command("show")
def show(directory: Directory, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List the files of a watched folder that were not taken in, or not moved, and why."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        where = absolute(directory)
        from engine.facade.watches import trouble_object

        found = await nexus.engine.watches.troubles(where)
        if found is None:
            session.missing("no_watch", str(where), "nexus watch ls")
            return output.USAGE
        spoken = session.language
        if as_json:
            for one in found:
                output.emit(trouble_object(one))
        elif not found:
            output.line(word("nothing", spoken))
        else:
            output.table(
                [word(name, spoken) for name in ("file", "code", "message")],
                [(one.file, one.code, worded(one.code, "", one.message, "", spoken).message) for one in found],
            )
        return output.DONE

    session.query(work)


@app.command("rm")
def remove(directory: Directory, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Watch a folder no more; its files and documents stay."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        return session.result(await nexus.engine.watches.remove(absolute(directory)), "removed")

    session.command(work)


@app.command("pause")
def pause(directory: Directory, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Take nothing more from a watched folder."""
    _pause(Session.of(data_dir, as_json, lang), directory, paused=True)


@app.command("resume")
def resume(directory: Directory, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Take files from a watched folder again."""
    _pause(Session.of(data_dir, as_json, lang), directory, paused=False)


def _pause(session: Session, directory: Path, *, paused: bool) -> None:
    async def work(nexus: Appliance) -> int:
        return session.result(await nexus.engine.watches.pause(absolute(directory), paused=paused), "changed")

    session.command(work)


def absolute(directory: Path) -> Path:
    """The folder from the root, whichever process looks at it; links stay, for what they lead to may change."""
    return Path(os.path.normpath(directory.expanduser().absolute()))
