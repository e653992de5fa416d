"""How the screens look, at three sizes, in both languages and every theme, with fixed data and a fixed clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fake_engine import FakeEngine
from textual.events import Paste
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.rooms.inbox import InboxScreen
from nexus_tui.theme import THEME_NAMES

SIZES = [(80, 24), (120, 40), (200, 60)]
Compare = Callable[..., bool]
MakeApp = Callable[..., NexusApp]


def name_of(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


@pytest.fixture
def shows(snap_compare: Callable[[Any], bool], make_app: MakeApp, inbox: Any) -> Compare:
    """Compare a screen after some keys; each key waits until the application has nothing left to do."""

    def compare(
        size: tuple[int, int], keys: Sequence[str] = (), engine: FakeEngine | None = None, **options: Any
    ) -> bool:
        app = make_app(engine, **options)

        async def settle() -> None:
            async with asyncio.timeout(10):
                while any(
                    worker.is_running and worker.group not in ("dialog", "command", "leave") for worker in app.workers
                ):
                    await asyncio.sleep(0.01)

        async def still() -> None:
            """Timers run behind keys as well: wait until three looks in a row show the same picture."""
            async with asyncio.timeout(20):
                pictures: list[str] = []
                while len(pictures) < 3 or len(set(pictures[-3:])) > 1:
                    await asyncio.sleep(0.3)
                    await settle()
                    pictures.append(app.export_screenshot(simplify=True))

        async def before(pilot: Pilot[None]) -> None:
            if size >= (60, 16):
                screen = await inbox(pilot)
                for key in keys:
                    if key.startswith("paste:"):
                        # At once: what a half-typed filter finds depends on how fast the machine is.
                        pilot.app.screen.post_message(Paste(key.removeprefix("paste:")))
                    else:
                        await pilot.press(key)
                    await asyncio.sleep(0.1)
                    await settle()
                await still()
                assert isinstance(screen, InboxScreen)
            await pilot.pause()

        result: bool = snap_compare(app, terminal_size=size, run_before=before)  # type: ignore[call-arg]
        return result

    return compare


@pytest.mark.parametrize("size", SIZES, ids=name_of)
def test_inbox(shows: Compare, size: tuple[int, int]) -> None:
    assert shows(size, "jjjjjj", tenant="*")


@pytest.mark.parametrize("size", SIZES, ids=name_of)
def test_inbox_in_portuguese(shows: Compare, size: tuple[int, int]) -> None:
    assert shows(size, "G" + "k" * 2, language="pt-BR")


@pytest.mark.parametrize("size", SIZES, ids=name_of)
def test_document(shows: Compare, size: tuple[int, int]) -> None:
    assert shows(size, [*"jjjjjj", "enter"], language="pt-BR")


def test_dead_letter(shows: Compare) -> None:
    assert shows((80, 24), ["G", "k", "k", "enter"])


@pytest.mark.parametrize("theme", THEME_NAMES)
def test_theme(shows: Compare, theme: str) -> None:
    assert shows((80, 24), ["j", "space", "j", "space"], theme=theme, term="linux" if theme == THEME_NAMES[-1] else "")


def test_first_run(shows: Compare) -> None:
    assert shows((80, 24), engine=FakeEngine([]), language="pt-BR")


def test_nothing_matches(shows: Compare) -> None:
    assert shows((80, 24), ["slash", *"zzz", "enter"])


def test_filter_that_cannot_be_read(shows: Compare) -> None:
    assert shows((80, 24), ["slash", "paste:stat:a", "enter"])


def test_question(shows: Compare) -> None:
    assert shows((80, 24), ["A", "R"], language="pt-BR")


def test_help(shows: Compare) -> None:
    assert shows((80, 24), ["question_mark"])


def test_palette(shows: Compare) -> None:
    assert shows((80, 24), ["ctrl+p", *"co"], language="pt-BR")


def test_go_to(shows: Compare) -> None:
    assert shows((80, 24), ["colon"])


def test_too_small(shows: Compare) -> None:
    assert shows((50, 12))
