"""A served data directory in this process, and a plain HTTP client on its socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from engine.api.local import LocalApi
from engine.api.refusing import Refusing
from engine.facade.commands import Command, CommandResult
from engine.outside import SystemClock
from engine.telemetry.complaints import Complaints
from engine.telemetry.journal import Journal
from nexus_tui.i18n.errors import issue, worded
from store.store import Store


class Recorder:
    """Executes nothing and remembers everything; `answer` may be an error or wait."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.error: Exception | None = None
        self.who: str | None = None

    async def execute(self, command: Command, who: str | None = None) -> CommandResult:
        self.commands.append(command)
        self.who = who
        if self.error is not None:
            raise self.error
        return CommandResult(done=len(self.commands))

    async def take_in(self, job: str, tenant: str, paths: object) -> AsyncIterator[dict[str, object]]:
        yield {}


def refusing(journal: Journal | None = None) -> Refusing:
    """Answers in English, logged into a journal."""
    return Refusing(Complaints(journal or Journal(SystemClock().wall_ms)), worded, issue, "en")


@dataclass
class Served:
    """What answers, and how to ask it."""

    directory: Path
    api: LocalApi
    recorder: Recorder
    store: Store
    client: httpx.AsyncClient
    journal: Journal


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """An API over a recorder."""
    store = await Store.open(tmp_path, SystemClock(), synchronous="OFF")
    recorder = Recorder()
    journal = Journal(SystemClock().wall_ms)
    api = LocalApi(tmp_path, store, recorder, refusing(journal))
    try:
        await api.start()
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(tmp_path / "nexus.sock")), base_url="http://nexus") as client:
            yield Served(tmp_path, api, recorder, store, client, journal)
    finally:
        await api.stop()
        await store.close()
