"""What every command shares: the options it was called with, running a coroutine to an exit code, and telling what came of it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.errors import EngineError, NoSpace
from engine.facade.commands import CommandResult
from engine.facade.configuration import checked
from nexus_tui.appliance import Appliance, appliance, looking
from nexus_tui.cli import output
from nexus_tui.cli.interruption import Interruption
from nexus_tui.cli.words import Language, language, word
from nexus_tui.directories import data_directory
from nexus_tui.i18n.errors import declined, worded
from store.errors import StoreError

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Data directory (NEXUS_DATA_DIR).", readable=False, show_default=False)
]
ConfigurationFile = Annotated[
    Path | None,
    typer.Option(
        "--config", help="Configuration file (NEXUS_CONFIG); any command takes it.", readable=False, show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout, nothing else there.")]
Lang = Annotated[str | None, typer.Option("--lang", help="pt or en (NEXUS_LANG).", show_default=False)]
Tenant = Annotated[str, typer.Option("--tenant", envvar="NEXUS_TENANT", help="Tenant; * for all.")]
#: Rows where the caller sets no limit.
EVERYTHING = 1_000_000
OneTenant = Annotated[str, typer.Option("--tenant", envvar="NEXUS_TENANT", help="Tenant.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, max=EVERYTHING, help="At most this many rows.", show_default=False)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A call of the command line."""

    directory: Path
    as_json: bool
    language: Language
    interruption: Interruption = field(default_factory=Interruption, compare=False)

    @classmethod
    def of(cls, data_dir: Path | None, as_json: bool = False, lang: str | None = None) -> Session:
        """From the options every command has."""
        directory = data_directory(data_dir)
        return cls(directory=directory, as_json=as_json, language=language(lang, directory))

    def query(self, work: Callable[[Appliance], Coroutine[Any, Any, int | None]]) -> None:
        """Run a query: nothing is started, nothing written."""

        async def body() -> int | None:
            checked(self.directory)
            async with looking(self.directory) as view:
                return await self.interruption.breaks_off(work(view))

        self.run(body())

    def command(self, work: Callable[[Appliance], Coroutine[Any, Any, int | None]]) -> None:
        """Run a command, through the owner's socket if the data directory has an owner."""

        async def body() -> int | None:
            async with appliance(self.directory, work=False) as nexus:
                return await self.interruption.breaks_off(work(nexus))

        self.run(body())

    def run(self, body: Coroutine[Any, Any, int | None], *told: str) -> None:
        """Run to an exit code; errors are told in three parts, and `told`, a sentence and a hint, when a signal comes."""
        try:
            code = asyncio.run(self.interruption.over(body, *told))
        except asyncio.CancelledError:
            code = self.interruption.code
        except (EngineError, StoreError) as error:
            code = self.failed(error)
        except BrokenPipeError:
            # Whoever read the output has enough of it.
            output.abandon()
            code = output.DONE
        if code:
            raise typer.Exit(code)

    def failed(self, error: EngineError | StoreError) -> int:
        """Tell an error: title, what happened, what to do. Returns its exit code."""
        if self.as_json:
            _write_error(error.code, error.title, str(error), error.hint)
        else:
            told = worded(error.code, error.title, str(error), error.hint, self.language)
            output.complain(f"{told.title} ({error.code}): {told.message}", told.hint)
        return error.exit_code

    def waits(self, error: dict[str, Any]) -> None:
        """Tell, on stderr, that files wait for free space: it may take long, and ends by itself."""
        if self.as_json:
            sys.stderr.write(json.dumps({"waiting": {"code": error["code"], "title": NoSpace.title, **error}}) + "\n")
            sys.stderr.flush()
        else:
            told = worded(error["code"], NoSpace.title, error["message"], error["hint"], self.language)
            output.complain(f"{told.title} ({error['code']}): {told.message}", told.hint)

    def result(self, outcome: CommandResult, verb: str) -> int:
        """Tell what a command did; 1 where something was refused and nothing done, 2 where the refusal is an error in the call."""
        if self.as_json:
            refused = [
                {"subject": one.subject, "reason": one.reason, "code": one.code, "hint": one.hint}
                for one in outcome.refused
            ]
            output.emit({"done": outcome.done, "refused": refused, "undo": outcome.undo, **outcome.data})
        else:
            output.line(f"{outcome.done} {word(verb, self.language)}")
            for one in outcome.refused:
                reason, hint = declined(one.code, one.reason, one.hint, self.language)
                output.complain(f"{one.subject}: {reason}" if one.subject else reason, hint)
        if not outcome.refused or outcome.done:
            return output.DONE
        return output.SOME_FAILED if outcome.refused[0].code.startswith("NX-F") else output.USAGE

    def refused(self, told: dict[str, Any]) -> None:
        """Tell of a file that was not taken in."""
        error = told["error"]
        reason, hint = declined(error["code"], error["message"], error["hint"], self.language)
        output.complain(reason if told["file"] in reason else f"{told['file']}: {reason}", hint)

    def missing(self, what: str, subject: str, listed_by: str) -> int:
        """Tell that there is no such thing; `what` is a word, `listed_by` the command that lists those there are."""
        if self.as_json:
            from engine.facade.refusals import NOT_FOUND

            _write_error(NOT_FOUND.code, NOT_FOUND.reason, f"{subject}: {word(what, 'en')}", f"`{listed_by}`")
        else:
            output.complain(f"{subject}: {word(what, self.language)}", f"`{listed_by}`")
        return output.SOME_FAILED


def _write_error(code: str, title: str, message: str, hint: str) -> None:
    sys.stderr.write(json.dumps({"error": {"code": code, "title": title, "message": message, "hint": hint}}) + "\n")
