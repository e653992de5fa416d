"""What the tests of the terminal UI share: an application over a fake engine, with a fixed clock and no animations."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import pytest

# Read when textual is first imported.
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ.pop("NO_COLOR", None)
sys.path.insert(0, str(Path(__file__).parent))

from fake_engine import NOW, SAO_PAULO, FakeEngine
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.rooms.inbox import InboxScreen


class MakeApp(Protocol):
    """Makes an application over `engine`, or over a fresh fake one."""

    def __call__(self, engine: FakeEngine | None = None, **options: Any) -> NexusApp: ...


@pytest.fixture
def engine() -> FakeEngine:
    """One document in every state."""
    return FakeEngine()


@pytest.fixture
def make_app(engine: FakeEngine) -> MakeApp:
    """The application, in English unless told otherwise."""

    usual = engine

    def make(engine: FakeEngine | None = None, **options: Any) -> NexusApp:
        async def start() -> FakeEngine:
            return engine or usual

        return NexusApp(start, **{"clock": lambda: NOW, "zone": SAO_PAULO, "language": "en", **options})

    return make


Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.fixture
def until() -> Until:
    """Wait until something is true: a pause of the pilot is a guess, a condition is not."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def inbox(until: Until) -> Callable[[Pilot[None]], Awaitable[InboxScreen]]:
    """The inbox once its list and its explanation are on the screen."""

    async def opened(pilot: Pilot[None]) -> InboxScreen:
        await until(lambda: isinstance(pilot.app.screen, InboxScreen) and pilot.app.screen.is_mounted)
        screen = pilot.app.screen
        assert isinstance(screen, InboxScreen)
        await until(lambda: screen.table.ready and screen.counts is not None)
        await until(lambda: screen.table.total == 0 or screen.detail is not None)
        await pilot.pause()
        return screen

    return opened
