"""A window that looks on a real engine tells when that ends, and goes on when there is one again."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from fake_engine import NOW, SAO_PAULO
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.appliance import appliance
from nexus_tui.engine_port import EnginePort
from nexus_tui.rooms.inbox import InboxScreen

Until = Callable[[Callable[[], object]], Awaitable[None]]
Inbox = Callable[[Pilot[None]], Awaitable[InboxScreen]]


async def test_a_real_owners_end_is_told_by_itself_and_its_return_too(tmp_path: Path, until: Until, inbox: Inbox) -> None:
    async with AsyncExitStack() as looking_on:
        looking_on.callback(os.umask, os.umask(0o077))

        async def start() -> EnginePort:
            return (await looking_on.enter_async_context(appliance(tmp_path))).engine

        app = NexusApp(start, clock=lambda: NOW, zone=SAO_PAULO, language="en")
        owner = AsyncExitStack()
        await owner.enter_async_context(appliance(tmp_path))
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await inbox(pilot)
            assert app.engine_state == "viewer"
            await owner.aclose()
            await until(lambda: screen.problem is not None and screen.problem.title == "The engine has ended")
            assert app.engine_state == "stopped"
            async with appliance(tmp_path) as again:
                assert again.owner
                await until(lambda: screen.problem is None)
                assert app.engine is not None
                assert await app.engine.jobs.open("default")
