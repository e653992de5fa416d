"""All commands in one tree."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from engine.errors import OutputLost
from nexus_tui import preferences
from nexus_tui.cli import (
    assistant,
    backfill,
    backup,
    blobs,
    companies,
    config,
    dead_letters,
    doctor,
    documents,
    erase,
    installing,
    intake,
    jobs,
    keys,
    locks,
    output,
    queues,
    reprocess,
    secrets,
    service,
    traces,
    undo,
    usage,
    watch,
)
from nexus_tui.cli.session import ConfigurationFile, DataDir, Lang, Session
from nexus_tui.cli.words import VARIABLE as LANGUAGE_VARIABLE
from nexus_tui.directories import VARIABLE as DIRECTORY_VARIABLE
from nexus_tui.version import VERSION

app = typer.Typer(
    name="nexus",
    help="A local-first appliance for Brazilian fiscal documents.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain text: no boxes in what a program may read, and Rich is not loaded for a usage error.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (service, backfill, doctor, installing, intake, backup, erase, undo):
    module.register(app)
for name, group in {
    "docs": documents.app,
    "jobs": jobs.app,
    "trace": traces.app,
    "queues": queues.app,
    "dlq": dead_letters.app,
    "kv": keys.app,
    "locks": locks.app,
    "sweep": keys.sweeping,
    "blobs": blobs.app,
    "companies": companies.app,
    "assistant": assistant.app,
    "watch": watch.app,
    "config": config.app,
    "secrets": secrets.app,
}.items():
    app.add_typer(group, name=name)
documents.register(app)
reprocess.register(app)


@app.callback(invoke_without_command=True)
def opening(
    context: typer.Context,
    data_dir: DataDir = None,
    lang: Lang = None,
    config_file: ConfigurationFile = None,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,
) -> None:
    """Without a command: the terminal UI."""
    if version:
        typer.echo(f"nexus {VERSION}")
        raise typer.Exit
    # Named before the command they are the same options; each command has its own default below the environment.
    if data_dir is not None:
        os.environ[DIRECTORY_VARIABLE] = os.fspath(data_dir)
    if lang is not None:
        os.environ[LANGUAGE_VARIABLE] = lang
    del config_file  # taken before the call was parsed: any command takes it at any place
    if context.invoked_subcommand is None:
        from nexus_tui.opening import open_terminal

        raise typer.Exit(open_terminal(Session.of(data_dir, lang=lang).directory, lang))


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code. Usage errors are 2."""
    if not arguments:
        # The way to the first frame does not pay for the command tree.
        from nexus_tui.directories import data_directory
        from nexus_tui.opening import open_terminal

        return open_terminal(data_directory(None), None)
    arguments = usage.take_configuration(arguments)
    preferences.forget()
    spoken = usage.spoken_in(arguments)
    directory = usage.directory_in(arguments)
    preferences.keep_time(directory)
    command: Any = typer.main.get_command(app)
    preferences.put_tenant(command, directory)
    if spoken == "pt":
        usage.put_into_portuguese(command)
    try:
        ended = command.main(args=arguments, prog_name="nexus", standalone_mode=False)
        code = ended if isinstance(ended, int) else output.DONE
    except typer.TyperException as error:
        code = usage.tell(error, command, arguments, spoken)
    except OutputLost as error:
        # Of a command that opens no data directory.
        code = Session(directory=directory, as_json="--json" in arguments, language=spoken).failed(error)
    except SystemExit as gone:
        code = gone.code if isinstance(gone.code, int) else int(gone.code is not None)
    try:
        output.flush()
    except OutputLost as error:
        code = Session(directory=directory, as_json="--json" in arguments, language=spoken).failed(error)
    return code
