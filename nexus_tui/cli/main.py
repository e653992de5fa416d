"""All commands in one tree."""

from __future__ import annotations

import sys
from typing import Annotated

import click
import typer

from nexus_tui.cli import companies, dead_letters, documents, intake, jobs, keys, locks, queues, service
from nexus_tui.cli.session import DataDir, Lang, Session
from nexus_tui.version import VERSION

app = typer.Typer(
    name="nexus",
    help="A local-first appliance for Brazilian fiscal documents.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (service, intake):
    module.register(app)
for name, group in {
    "docs": documents.app,
    "jobs": jobs.app,
    "queues": queues.app,
    "dlq": dead_letters.app,
    "kv": keys.app,
    "locks": locks.app,
    "sweep": keys.sweeping,
    "companies": companies.app,
}.items():
    app.add_typer(group, name=name)
documents.register(app)


@app.callback(invoke_without_command=True)
def opening(
    context: typer.Context,
    data_dir: DataDir = None,
    lang: Lang = None,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,
) -> None:
    """Without a command: the terminal UI."""
    if version:
        typer.echo(f"nexus {VERSION}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from nexus_tui.opening import open_terminal

        raise typer.Exit(open_terminal(Session.of(data_dir, lang=lang).directory, lang))


def run(arguments: list[str]) -> int:
    """Run the command line; returns the exit code. Usage errors are 2."""
    try:
        outcome = app(args=arguments, prog_name="nexus", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show(sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read the output has enough of it.
        sys.stderr.close()
        return 0
    return outcome if isinstance(outcome, int) else 0


