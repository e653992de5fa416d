"""Taking files in from the screen while the disk has little room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.dialogs.ask import Ask
from nexus_tui.rooms.inbox import InboxScreen
from nexus_tui.widgets.field import Field

Until = Callable[[Callable[[], object]], Awaitable[None]]
Inbox = Callable[[Pilot[None]], Awaitable[InboxScreen]]
MakeApp = Callable[..., NexusApp]


async def test_that_files_wait_for_room_is_said_in_the_readers_language(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    app = make_app()

    def told() -> list[str]:
        return [notification.message for notification in app._notifications]

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await inbox(pilot)
        await pilot.press("L")
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, Ask))
        app.screen.query_one(Field).value = "waits.xml"
        await pilot.press("enter")
        await until(lambda: len(told()) >= 2)
        waiting = "Pouco espaço em disco (NX-E20): /x tem 1 MB livres; a entrada espera abaixo de 200 MB. Libere espaço; a entrada volta sozinha."
        assert waiting in told()
        assert "1 adicionado" in told()
