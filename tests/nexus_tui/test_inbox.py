"""The inbox by its keys: marks, questions, commands, copying, languages, and what happens when things fail."""

from __future__ import annotations

import json
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fake_engine import FakeEngine, row
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.dialogs.ask import Ask
from nexus_tui.dialogs.commands import Commands
from nexus_tui.dialogs.confirm import Confirm
from nexus_tui.dialogs.too_small import TooSmall
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


async def test_the_list_has_the_keyboard_and_the_first_row_is_explained(make_app: MakeApp, inbox: Inbox) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        assert screen.focused is screen.table
        assert "nfe-na-fila.xml" in text_of(screen, "#explanation")
        assert "16 docs · 7 running · 4 need you" in text_of(screen, "#counts")


async def test_the_engine_starts_after_the_first_frame(make_app: MakeApp, engine: FakeEngine, until: Until) -> None:
    painted: list[bool] = []

    async def factory() -> FakeEngine:
        painted.append("starting" in text_of(app.screen, "#top") and app.screen.size.width > 0)
        return engine

    app = make_app()
    app._engine_factory = factory
    async with app.run_test(size=(80, 24)):
        await until(lambda: app.engine is not None)
    assert painted == [True]


async def test_an_engine_that_cannot_start_is_a_problem_with_a_hint(make_app: MakeApp, until: Until) -> None:
    class Owned(Exception):
        """Process 812 owns the data directory."""

        code, title, hint = "owner.silent", "The data directory is in use", "Stop process 812."

        def __str__(self) -> str:
            return self.__doc__ or ""

    async def factory() -> FakeEngine:
        raise Owned

    app = make_app()
    app._engine_factory = factory
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.engine_state == "failed")
        await pilot.pause()
        said = text_of(app.screen, "#problem")
        assert "The data directory is in use" in said
        assert "Process 812" in said
        assert "Stop process 812.   owner.silent" in said
        assert "not running" in text_of(app.screen, "#top")


async def test_requeue_acts_at_once_and_counts_the_refused(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    engine.documents.refuse = {f"{8:032x}": "lock held"}
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await inbox(pilot)
        await pilot.press(*"jjjjjjjj", "space", "space", "space")
        assert "3 marked" in text_of(screen, "#matching")
        await pilot.press("r")
        await until(lambda: engine.documents.commands)
        assert engine.documents.commands == [("requeue", (f"{8:032x}", f"{7:032x}", f"{6:032x}"))]
        await until(lambda: toasts(app))
        assert toasts(app) == ["2 requeued, 1 refused: lock held"]
        assert screen.table.marks.count(16) == 0


async def test_a_key_that_cannot_act_says_why(make_app: MakeApp, engine: FakeEngine, inbox: Inbox) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await inbox(pilot)
        await pilot.press("r")
        await pilot.pause()
        assert toasts(app) == ["only what failed or waits can be requeued"]
        assert engine.documents.commands == []


async def test_upper_case_asks_and_names_count_and_scope(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("slash", *"state", "colon", *"active", "enter")
        await until(lambda: screen.table.total == 7)
        await pilot.press("A", "X")
        await until(lambda: isinstance(pilot.app.screen, Confirm))
        said = str(pilot.app.screen.query_one(".words", Pane).render())
        assert "Cancel 7 documents?" in said
        assert "state:active   7 of the 7 that match" in said
        await pilot.press("escape")
        await until(lambda: pilot.app.screen is screen)
        assert engine.documents.commands == []
        await pilot.press("X")
        await until(lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("enter")
        await until(lambda: engine.documents.commands)
        verb, subjects = engine.documents.commands[0]
        assert (verb, len(subjects)) == ("cancel", 7)


async def test_adding_completes_folders_and_takes_names_with_blanks(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until, tmp_path: Path
) -> None:
    (tmp_path / "notas de maio").mkdir()
    (tmp_path / "notas de maio" / "a.xml").write_text("<x/>")
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("a")
        await until(lambda: isinstance(pilot.app.screen, Ask))
        field = pilot.app.screen.query_one(Field)
        field.value = f"{tmp_path}/not"
        await until(lambda: field._suggestion)
        await pilot.press("tab")
        assert field.value == f"{tmp_path}/notas de maio/"
        await pilot.press("enter")
        await until(lambda: engine.jobs.closed)
        assert engine.documents.commands == [("open", ("default",)), ("add", (f"{tmp_path}/notas de maio",))]
        await until(lambda: screen.table.total == 17)


async def test_adding_counts_what_was_known_and_what_was_refused(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    app = make_app(tenant="*")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await inbox(pilot)
        await pilot.press("a")
        await until(lambda: isinstance(app.screen, Ask))
        app.screen.query_one(Field).value = "new.xml known.xml 'refused one.xml'"
        await pilot.press("enter")
        await until(lambda: toasts(app))
        assert toasts(app) == ["1 added, 1 already here, 1 refused: no such file"]
        assert engine.documents.commands[0] == ("open", ("default",))


async def test_copy_goes_to_the_terminal_and_to_a_private_file(
    make_app: MakeApp, inbox: Inbox, until: Until, tmp_path: Path
) -> None:
    file = tmp_path / "state" / "clipboard.txt"
    app = make_app(clipboard=file)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await inbox(pilot)
        await pilot.press("y")
        assert app.clipboard == "tr_000010"
        assert file.read_text() == "tr_000010"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert str(file) in toasts(app)[0]
        await pilot.press("Y")
        assert json.loads(file.read_text())["name"] == "nfe-na-fila.xml"


async def test_language_switches_at_once(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("L")
        await pilot.pause()
        assert "[1 Entrada]" in text_of(screen, "#top")
        assert "7 em curso" in text_of(screen, "#counts")
        assert "DOCUMENTO" in text_of(screen, "#heading")
        await pilot.press("G", *"kkkkkkkkkkkkk", "j")
        await pilot.press("L")
        await pilot.pause()
        assert "[1 Inbox]" in text_of(screen, "#top")


async def test_the_order_turns_round(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("s")
        await until(lambda: screen.table.cursor_row is not None and screen.table.cursor_row.seq == 1)
        await pilot.pause()
        assert "oldest first" in text_of(screen, "#matching")


async def test_a_document_opens_has_neighbours_and_leads_back_to_its_row(
    make_app: MakeApp, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press(*"jjjjjj", "enter")
        await until(lambda: isinstance(pilot.app.screen, DocumentScreen))
        document = pilot.app.screen
        assert isinstance(document, DocumentScreen)
        await until(lambda: document.detail is not None)
        await pilot.pause()
        sheet = text_of(document, "#tab")
        assert "12.345.678/0001-90" in sheet
        assert "ICMS-17" in sheet
        assert "A10 observability" in sheet
        await pilot.press("full_stop")
        await until(lambda: document.row.seq == 9)
        await pilot.press("comma", "comma")
        await until(lambda: document.row.seq == 11)
        await pilot.press("escape")
        await until(lambda: pilot.app.screen is screen)
        await until(lambda: screen.table.cursor_row is not None and screen.table.cursor_row.seq == 11)


async def test_help_lists_every_key_and_runs_the_chosen_one(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    async with make_app().run_test(size=(80, 40)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("question_mark")
        await until(lambda: isinstance(pilot.app.screen, Commands))
        await pilot.press("slash", *"sort", "enter")
        await until(lambda: pilot.app.screen is screen and not screen.newest_first)


async def test_the_palette_is_translated_and_finds_by_words(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    app = make_app(language="pt-BR")
    async with app.run_test(size=(80, 40)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("ctrl+p")
        await until(lambda: isinstance(pilot.app.screen, Commands))
        await pilot.press(*"tema", "enter")
        await until(lambda: pilot.app.screen is screen and app.theme == "nexus-contrast")


async def test_go_to_a_document_a_tenant_and_nowhere(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        screen = await inbox(pilot)

        async def go(line: str) -> None:
            await pilot.press("colon")
            await until(lambda: isinstance(app.screen, Ask))
            app.screen.query_one(Field).value = line
            await pilot.press("enter")
            await until(lambda: app.screen is screen)

        await go("doc 0417")
        await until(lambda: screen.table.total == 1)
        await go("tenant *")
        await until(lambda: app.tenant == "*")
        await pilot.pause()
        assert "TENANT" in text_of(screen, "#heading")
        await go("nowhere")
        await until(lambda: toasts(app))
        assert toasts(app) == ["There is no place called nowhere"]


async def test_quit_says_what_is_in_flight(make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until) -> None:
    engine.stages = {f"{9:032x}": 4}
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("q")
        await until(lambda: isinstance(app.screen, Confirm))
        said = str(app.screen.query_one(".words", Pane).render())
        assert "Quit with 7 documents on their way?" in said
        assert "1 is in an agent right now" in said
        await pilot.press("escape")
        await until(lambda: app.screen is screen)
        await pilot.press("q")
        await until(lambda: isinstance(app.screen, Confirm))
        await pilot.press("enter")
        await until(lambda: app._exit)


async def test_a_document_is_copied_with_what_its_screen_has_to_cut(
    make_app: MakeApp, inbox: Inbox, until: Until, tmp_path: Path
) -> None:
    file = tmp_path / "clipboard.txt"
    app = make_app(clipboard=file)
    async with app.run_test(size=(80, 24)) as pilot:
        await inbox(pilot)
        await pilot.press(*"jjjjjj", "enter")
        await until(lambda: isinstance(app.screen, DocumentScreen) and app.screen.detail is not None)
        await pilot.press("Y")
        copied = json.loads(file.read_text())
        assert copied["row"]["name"].endswith("0077.xml")
        finding = copied["findings"][0]
        assert (finding["found"], finding["expected"], finding["cstat"]) == ("18.00", "12.00", "693")
        assert finding["path"] == "/nfeProc/NFe/infNFe/det[3]/imposto/ICMS/ICMS00/pICMS"


async def test_the_owner_is_not_suspended(make_app: MakeApp, inbox: Inbox) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await inbox(pilot)
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert "nexus run" in toasts(app)[0]


async def test_a_small_terminal_asks_for_room_and_comes_back(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.resize_terminal(50, 12)
        await until(lambda: isinstance(app.screen, TooSmall))
        await pilot.resize_terminal(80, 24)
        await until(lambda: app.screen is screen)


async def test_an_empty_inbox_says_the_one_thing_to_do(make_app: MakeApp, inbox: Inbox, until: Until) -> None:
    empty = FakeEngine([])
    async with make_app(empty).run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await until(lambda: screen.query_one("#empty").display)
        assert "add files or a folder" in text_of(screen, "#empty")
        empty.documents.rows.append(row(1, "first.xml"))
        empty.bump()
        await until(lambda: not screen.query_one("#empty").display)


async def test_a_running_document_moves_without_a_query(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.pause(0.2)
        pages = engine.documents.pages
        engine.stages = {f"{9:032x}": 7}
        line = next(y for y in range(11) if "0417" in screen.table.render_line(y).text)
        await until(lambda: "■■■■■■■►···  A7 reconciliation" in screen.table.render_line(line).text)
        assert engine.documents.pages == pages


async def test_nothing_is_asked_under_a_dialog_and_nothing_is_missed(
    make_app: MakeApp, engine: FakeEngine, inbox: Inbox, until: Until
) -> None:
    async with make_app().run_test(size=(80, 24)) as pilot:
        screen = await inbox(pilot)
        await pilot.press("question_mark")
        await until(lambda: isinstance(pilot.app.screen, Commands))
        asked = engine.asked
        engine.documents.rows.append(row(17, "later.xml"))
        engine.bump()
        await pilot.pause(0.3)
        assert engine.asked == asked
        await pilot.press("escape")
        await until(lambda: screen.table.total == 17)
