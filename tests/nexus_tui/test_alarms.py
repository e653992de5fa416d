"""Alarms stand in the first line of every screen until they are over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fake_engine import FakeEngine
from textual.pilot import Pilot

from engine.errors import DeadLettersWait, QueueStalled
from engine.facade.alarms import Alarm
from nexus_tui.app import NexusApp
from nexus_tui.rooms.inbox import InboxScreen
from nexus_tui.widgets.pane import Pane

Until = Callable[[Callable[[], object]], Awaitable[None]]
Inbox = Callable[[Pilot[None]], Awaitable[InboxScreen]]
MakeApp = Callable[..., NexusApp]

DEAD = Alarm(kind="dead_letters", subject="dlq", observed=2, limit=1, error=DeadLettersWait("There are 2 dead letters."))
OLD = Alarm(kind="queue_age", subject="audit", observed=1000, limit=900, error=QueueStalled("The oldest message of audit has waited 1000 s."))


async def test_it_is_named_in_both_languages_counted_and_gone_when_it_is_over(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    engine = FakeEngine()
    engine.alarms.standing = (DEAD, OLD)
    app = make_app(engine)
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await inbox(pilot)

        def top() -> str:
            return str(screen.query_one("#top", Pane).render())

        await until(lambda: "! Dead letters +1" in top())
        await pilot.press("L")
        await until(lambda: "! Mensagens mortas +1" in top())
        engine.alarms.standing = ()
        app._beat = 50
        await until(lambda: "!" not in top())


async def test_a_narrow_terminal_keeps_the_sign(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    engine = FakeEngine()
    engine.alarms.standing = (DEAD,)
    app = make_app(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)

        def lines() -> list[Any]:
            return str(screen.query_one("#top", Pane).render()).splitlines()

        await until(lambda: "!" in lines()[0])
        assert len(lines()) == 1 and len(lines()[0]) <= 80


async def test_it_is_seen_on_a_terminal_that_nobody_looks_at(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    engine = FakeEngine()
    app = make_app(engine)
    async with app.run_test(size=(120, 30)) as pilot:
        await inbox(pilot)
        app.app_focus = False
        engine.alarms.standing = (DEAD,)
        app._beat = 57
        await until(lambda: app.alarms == (DEAD,))
