"""What every command shares: the options it was called with, and running a coroutine to an exit code."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.errors import EngineError
from nexus_tui.appliance import Appliance, appliance, looking
from nexus_tui.cli import output
from nexus_tui.cli.words import Language, language
from nexus_tui.directories import data_directory
from store.errors import NotFound, StoreError

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Data directory (NEXUS_DATA_DIR).", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line on stdout, nothing else there.")]
Lang = Annotated[str | None, typer.Option("--lang", help="pt or en (NEXUS_LANG).", show_default=False)]
Tenant = Annotated[str, typer.Option("--tenant", envvar="NEXUS_TENANT", help="Tenant; * for all.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most this many rows.", show_default=False)]

#: Rows where the caller sets no limit.
EVERYTHING = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A call of the command line."""

    directory: Path
    as_json: bool
    language: Language

    @classmethod
    def of(cls, data_dir: Path | None, as_json: bool = False, lang: str | None = None) -> Session:
        """From the options every command has."""
        return cls(directory=data_directory(data_dir), as_json=as_json, language=language(lang))

    def query(self, work: Callable[[Appliance], Awaitable[int | None]]) -> None:
        """Run a query: nothing is started, nothing written."""

        async def body() -> int | None:
            async with looking(self.directory) as view:
                return await work(view)

        self.run(body())

    def command(self, work: Callable[[Appliance], Awaitable[int | None]]) -> None:
        """Run a command, through the owner's socket if the data directory has an owner."""

        async def body() -> int | None:
            async with appliance(self.directory, work=False) as nexus:
                return await work(nexus)

        self.run(body())

    def run(self, body: Coroutine[Any, Any, int | None]) -> None:
        """Run to an exit code; errors are told in three parts."""
        try:
            code = asyncio.run(body)
        except NotFound as error:
            code = output.failed(error, as_json=self.as_json)
        except (EngineError, StoreError) as error:
            code = output.failed(error, as_json=self.as_json)
        except KeyboardInterrupt:
            code = 130
        if code:
            raise typer.Exit(code)
