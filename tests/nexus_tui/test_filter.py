"""The filter line: no key typed is lost, and what is wrong with a filter is told until it is mended or cleared."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from fake_engine import NOW, SAO_PAULO, FakeEngine, row
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.appliance import appliance
from nexus_tui.engine_port import EnginePort
from nexus_tui.problem import Problem, problem_of
from nexus_tui.rooms.inbox import InboxScreen
from nexus_tui.widgets.field import Field
from nexus_tui.widgets.pane import Pane

NOTE = "35180834128745000152550010000476051695511860-nfe.xml"
Until = Callable[[Callable[[], object]], Awaitable[None]]
Inbox = Callable[[Pilot[None]], Awaitable[InboxScreen]]
MakeApp = Callable[..., NexusApp]


def text_of(screen: Any, name: str) -> str:
    """What a pane says."""
    return str(screen.query_one(name, Pane).render())


def shown_from_now(screen: InboxScreen) -> list[Problem | None]:
    """Every problem shown or put away from now on."""
    told: list[Problem | None] = []
    show = screen.show_problem

    def noting(problem: Problem | None) -> None:
        told.append(problem)
        show(problem)

    screen.show_problem = noting  # type: ignore[method-assign]
    return told


async def filter_by(pilot: Pilot[None], screen: InboxScreen, text: str) -> None:
    """Put `text` into the filter at once: which halves of it are searched on the way depends on how fast the machine is."""
    await pilot.press("slash")
    screen.query_one("#filter", Field).value = text
    await pilot.press("enter")


async def test_the_filter_keeps_every_key_typed_and_esc_leaves_then_clears(
    make_app: MakeApp, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("slash", *"nfe-3126", "q", "backspace")
        await until(lambda: screen.filter == "nfe-3126" and screen.table.total == 3)
        assert screen.query_one(Field).value == "nfe-3126"
        await pilot.press("escape")
        assert screen.focused is screen.table
        assert screen.filter == "nfe-3126"
        await pilot.press("escape")
        await until(lambda: screen.table.total == 16)
        assert screen.query_one(Field).value == ""


async def test_tab_completes_the_last_word_of_the_filter(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("slash", *"state", "colon", "d", "e")
        await until(lambda: screen.query_one(Field)._suggestion)
        await pilot.press("tab", "enter")
        await until(lambda: screen.table.total == 1 and screen.filter == "state:dead_lettered")
        assert screen.focused is screen.table


async def test_a_filter_that_cannot_be_read_is_explained_once_left(
    make_app: MakeApp, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("slash", *"stat", "colon", "x")
        await until(lambda: screen._failed)
        assert screen.problem is None, "half a word is no mistake yet"
        await pilot.press("enter")
        await until(lambda: screen.problem is not None)
        assert "'stat' is no filter word, did you mean state:?" in text_of(screen, "#problem")
        assert "NX-E15" in text_of(screen, "#problem")
        await pilot.press("escape", "escape")
        await until(lambda: screen.problem is None and screen.table.total == 16)


async def test_what_is_wrong_with_a_filter_stays_while_the_last_good_list_is_refreshed(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await filter_by(pilot, screen, "stat:x")
        await until(lambda: screen.problem is not None)
        told = shown_from_now(screen)
        for more in range(1, 4):
            engine.documents.rows.append(row(16 + more, "later.xml"))
            engine.bump()
            await until(lambda: screen.table.total == 16 + more)
            await pilot.pause()
            assert "'stat' is no filter word" in text_of(screen, "#problem")
        await pilot.resize_terminal(80, 16)
        await pilot.pause()
        assert screen.problem is not None
        assert told == [], "the good list says nothing about the other, not for a moment"
        await filter_by(pilot, screen, "state:active")
        await until(lambda: screen.table.total == 7)
        await until(lambda: screen.problem is None)


async def test_what_is_wrong_with_a_filter_goes_with_the_filter(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    async with make_app(language="pt-BR").run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await filter_by(pilot, screen, "stat:x")
        await until(lambda: screen.problem is not None)
        assert "'stat' não é palavra de filtro; seria state:?" in text_of(screen, "#problem")
        screen.search("")
        await until(lambda: screen.problem is None and screen.table.total == 16)


async def test_a_list_that_fails_and_is_well_again_leaves_what_is_wrong_with_the_filter(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await filter_by(pilot, screen, "stat:x")
        await until(lambda: screen.problem is not None)
        engine.documents.raises = OSError("disk gone")
        engine.bump()
        await until(lambda: "disk gone" in text_of(screen, "#problem"))
        engine.documents.raises = None
        engine.bump()
        await until(lambda: "'stat' is no filter word" in text_of(screen, "#problem"))


async def test_a_list_that_is_well_again_leaves_the_problem_of_a_command(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        engine.documents.raises = OSError("disk gone")
        engine.bump()
        await until(lambda: "disk gone" in text_of(screen, "#problem"))
        screen.show_problem(problem_of(ValueError("a command failed"), screen.app.look.say))
        engine.documents.raises = None
        engine.bump()
        await until(lambda: screen._failed is None)
        assert "a command failed" in text_of(screen, "#problem")


async def test_over_a_real_engine_what_is_wrong_with_a_filter_outlives_what_the_engine_does(
    tmp_path: Path, data: Path, until: Until, inbox: Inbox
) -> None:
    before = os.umask(0o077)
    async with AsyncExitStack() as stack:
        stack.callback(os.umask, before)

        async def start() -> EnginePort:
            return (await stack.enter_async_context(appliance(tmp_path))).engine

        async def add(name: str) -> None:
            assert app.engine is not None
            job = await app.engine.jobs.open("default")
            async for _ in app.engine.jobs.add(job, "default", [data / "nfe" / name]):
                pass
            await app.engine.jobs.close(job)

        app = NexusApp(start, clock=lambda: NOW, zone=SAO_PAULO, language="en")
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await inbox(pilot)
            await filter_by(pilot, screen, "stat:x")
            await until(lambda: screen.problem is not None)
            told = shown_from_now(screen)
            await add(NOTE)
            await until(lambda: (row := screen.table.cursor_row) is not None and row.state == "done")
            await pilot.pause(0.3)
            assert told == []
            assert "'stat' is no filter word, did you mean state:?" in text_of(screen, "#problem")
            assert "NX-E15" in text_of(screen, "#problem")
            screen.search("state:done")
            await until(lambda: screen.problem is None and screen.table.total == 1)
