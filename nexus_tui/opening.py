"""From the shell to the first frame: the terminal is looked at, the application started; the engine comes up behind it."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nexus_tui import preferences
from nexus_tui.cli.words import language

if TYPE_CHECKING:
    from nexus_tui.engine_port import EnginePort

NO_TERMINAL = "nexus: the terminal UI needs a terminal; `nexus status`, `nexus process` and `nexus --help` work without one.\n"


def open_terminal(directory: Path, lang: str | None) -> int:
    """Run the TUI on a data directory; returns the exit code."""
    term = os.environ.get("TERM", "")
    if term == "dumb" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(NO_TERMINAL)
        return 2
    if (code := _refused(directory, lang)) is not None:
        return code
    preferences.keep_time(directory)
    # Collecting while Textual is imported costs 60 ms of the way to the first frame; the application turns it on again behind it.
    gc.disable()
    return asyncio.run(_run(directory, lang, term))


def _refused(directory: Path, lang: str | None) -> int | None:
    """Tell what is wrong with the configuration before the screen is taken; the exit code then."""
    from engine.errors import BadConfiguration
    from engine.facade.configuration import checked
    from store.errors import DirectoryUnreadable

    try:
        checked(directory)
    except (BadConfiguration, DirectoryUnreadable) as error:
        from nexus_tui.cli.session import Session

        return Session.of(directory, lang=lang).failed(error)
    return None


async def _run(directory: Path, lang: str | None, term: str) -> int:
    from nexus_tui.app import NexusApp

    stack = AsyncExitStack()

    async def start() -> EnginePort:
        # After the first frame: these imports would double the time to it.
        from nexus_tui.appliance import appliance

        return (await stack.enter_async_context(appliance(directory, face="tui"))).engine

    app = NexusApp(
        start,
        clock=lambda: time.time_ns() // 1_000_000,
        zone=datetime.now().astimezone().tzinfo,  # type: ignore[arg-type]
        language="pt-BR" if language(lang, directory) == "pt" else "en",
        tenant=preferences.tenant(directory),
        term=term,
        clipboard=directory / "clipboard.txt",
    )
    try:
        await app.run_async()
    finally:
        await stack.aclose()
    return app.return_code or 0
