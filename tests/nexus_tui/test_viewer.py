"""A window that looks on: it may leave without a question, and it says so when the engine it looks at ends."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from fake_engine import NOW, SAO_PAULO, FakeEngine
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.appliance import appliance
from nexus_tui.dialogs.ask import Ask
from nexus_tui.engine_port import EnginePort
from nexus_tui.problem import ended
from nexus_tui.rooms.document import DocumentScreen
from nexus_tui.rooms.inbox import InboxScreen
from nexus_tui.widgets.field import Field
from nexus_tui.widgets.pane import Pane

Until = Callable[[Callable[[], object]], Awaitable[None]]
Inbox = Callable[[Pilot[None]], Awaitable[InboxScreen]]
MakeApp = Callable[..., NexusApp]


def text_of(screen: Any, name: str) -> str:
    """What a pane says."""
    return str(screen.query_one(name, Pane).render())


def toasts(app: NexusApp) -> list[str]:
    """What was told so far."""
    return [notification.message for notification in app._notifications]


async def test_a_viewer_quits_without_a_question(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    app = make_app(FakeEngine(state="viewer"))
    async with app.run_test(size=(80, 24)) as pilot:
        await inbox(pilot)
        await pilot.press("q")
        await until(lambda: app._exit)


async def test_a_viewer_whose_owner_ends_says_what_to_do_until_there_is_one_again(
    make_app: MakeApp, inbox: Inbox, until: Until
) -> None:
    watched = FakeEngine(state="viewer")
    app = make_app(watched)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await inbox(pilot)
        assert screen.problem is None
        watched.state = "stopped"
        await until(lambda: screen.problem is not None)
        await pilot.pause()
        said = text_of(screen, "#problem")
        assert "The engine has ended" in said
        assert "only looks on and does not take its place" in said
        assert "Press q and start `nexus` again" in said
        assert "ended" in text_of(screen, "#top")
        await pilot.press(*"jjjjjjjjjjjjj", "r", "a")
        await until(lambda: len(toasts(app)) == 2)
        assert set(toasts(app)) == {"the engine has ended; leave with q and start `nexus` again"}
        assert watched.documents.commands == []
        watched.state = "viewer"
        await until(lambda: screen.problem is None)


async def test_that_the_owner_ended_is_told_once_and_can_be_put_away(
    make_app: MakeApp, inbox: Inbox, until: Until
) -> None:
    watched = FakeEngine(state="viewer")
    app = make_app(watched, language="pt-BR")
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("enter")
        await until(lambda: isinstance(app.screen, DocumentScreen))
        document = app.screen
        watched.state = "stopped"
        await until(lambda: "O motor encerrou" in text_of(document, "#problem"))
        await pilot.press("escape", "escape")
        await until(lambda: app.screen is screen)
        assert "O motor encerrou" in text_of(screen, "#problem")
        await pilot.press("escape")
        await pilot.pause(0.3)
        assert screen.problem is None
        assert "encerrado" in text_of(screen, "#top")


async def test_a_command_that_finds_a_real_owner_gone_says_what_to_do(
    tmp_path: Path, until: Until, inbox: Inbox
) -> None:
    async with AsyncExitStack() as looking_on:
        looking_on.callback(os.umask, os.umask(0o077))

        async def start() -> EnginePort:
            return (await looking_on.enter_async_context(appliance(tmp_path))).engine

        app = NexusApp(start, clock=lambda: NOW, zone=SAO_PAULO, language="en")
        owner = AsyncExitStack()
        await owner.enter_async_context(appliance(tmp_path))
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await inbox(pilot)
            await pilot.press("a")
            await until(lambda: isinstance(app.screen, Ask))
            await owner.aclose()
            app.screen.query_one(Field).value = str(tmp_path / "any.xml")
            await pilot.press("enter")
            await until(lambda: screen.problem is not None)
            assert screen.problem == ended(app.look.say)
