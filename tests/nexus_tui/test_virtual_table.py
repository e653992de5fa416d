"""A million rows are ready at once, jumps are instant, drawing never fetches, the cursor stays on its row."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC

import pytest
from textual.app import App, ComposeResult

from nexus_tui.look import Look
from nexus_tui.theme import TERMINAL, VARIABLE_DEFAULTS
from nexus_tui.widgets.columns import Column
from nexus_tui.widgets.virtual_table import VirtualTable

MILLION = 1_000_000


class Numbers:
    """Rows 1 to `size`, none of which exists before it is asked for."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[tuple[int | None, int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def sequence(self, row: int) -> int:
        return row

    def identity(self, row: int) -> str:
        return str(row)

    async def page(self, after: int | None, limit: int, newest_first: bool) -> Sequence[int]:
        self.asked.append((after, limit))
        await self.gate.wait()
        if newest_first:
            top = min(self.size, after - 1 if after is not None else self.size)
            return range(top, max(top - limit, 0), -1)
        bottom = max(1, after + 1 if after is not None else 1)
        return range(bottom, min(bottom + limit, self.size + 1))

    async def count(self) -> int:
        return self.size

    async def anchors(self, every: int, newest_first: bool) -> Sequence[int]:
        return range(self.size - every + 1, 0, -every) if newest_first else range(every, self.size + 1, every)

    async def identities(self) -> Sequence[str]:
        return [str(row) for row in range(1, self.size + 1)]


class Stage(App[None]):
    """A table alone."""

    CSS = "VirtualTable { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.look = Look.of("en", UTC, TERMINAL)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return VARIABLE_DEFAULTS

    def compose(self) -> ComposeResult:
        number: Column[int] = Column(heading="column.document", width=14, cell=lambda row, _: [("text", f"row {row}")])
        yield VirtualTable(lambda _: [number], id="table")

    @property
    def table(self) -> VirtualTable[int]:
        return self.query_one(VirtualTable)

    def lines(self) -> list[str]:
        return [self.table.render_line(y).text.strip() for y in range(self.table.size.height)]


Until = Callable[[Callable[[], object]], Awaitable[None]]


@pytest.mark.quiet
async def test_a_million_rows_are_ready_at_once_and_the_end_too(until: Until) -> None:
    app, source = Stage(), Numbers(MILLION)
    async with app.run_test(size=(80, 60)) as pilot:
        started = time.perf_counter()
        app.table.show(source, newest_first=True)
        await until(lambda: app.table.total == MILLION and app.table.row(59) is not None)
        ready = time.perf_counter() - started
        assert app.lines()[0] == "▌ row 1000000"
        app.table.focus()
        started = time.perf_counter()
        await pilot.press("G")
        await until(lambda: app.table.cursor_row == 1)
        jump = time.perf_counter() - started
        assert app.lines()[-1] == "▌ row 1"
        assert app.lines()[0] == "row 60"
        app.table.move_to(500_000)
        await until(lambda: app.table.cursor_row == 500_000)
        assert len(source.asked) < 12
    assert ready < 0.25
    assert jump < 0.5


async def test_a_missing_page_is_drawn_as_a_placeholder_and_fetched_by_a_worker(until: Until) -> None:
    app, source = Stage(), Numbers(1_000)
    async with app.run_test(size=(80, 20)):
        app.table.show(source, newest_first=True)
        await until(lambda: app.table.total == 1_000)
        source.gate.clear()
        app.table.move_to(700)
        assert app.lines()[-1] == "▌ ···"
        source.gate.set()
        await until(lambda: app.table.cursor_row == 300)


async def test_an_answer_for_a_replaced_list_is_dropped(until: Until) -> None:
    app, slow, quick = Stage(), Numbers(1_000), Numbers(5)
    async with app.run_test(size=(80, 20)) as pilot:
        slow.gate.clear()
        app.table.show(slow, newest_first=True)
        await until(lambda: slow.asked)
        app.table.show(quick, newest_first=True)
        await until(lambda: app.table.total == 5)
        slow.gate.set()
        await pilot.pause(0.05)
        assert app.table.total == 5
        assert app.table.cursor_row == 5


async def test_the_cursor_follows_its_row_while_rows_arrive_above(until: Until) -> None:
    app, source = Stage(), Numbers(300)
    async with app.run_test(size=(80, 20)):
        app.table.show(source, newest_first=True)
        await until(lambda: app.table.total == 300)
        app.table.move_to(40)
        await until(lambda: app.table.cursor_row == 260)
        line = app.table.cursor - round(app.table.scroll_y)
        for more in (1, 7, 30, 150):
            source.size += more
            app.table.reload()
            await until(lambda: app.table.total == source.size)
            assert app.table.cursor_row == 260
            assert app.table.cursor - round(app.table.scroll_y) == line
            assert app.lines()[line] == "▌ row 260"


async def test_an_untouched_cursor_stays_with_the_newest(until: Until) -> None:
    app, source = Stage(), Numbers(300)
    async with app.run_test(size=(80, 20)):
        app.table.show(source, newest_first=True)
        await until(lambda: app.table.total == 300)
        source.size += 5
        app.table.reload()
        await until(lambda: app.table.cursor_row == 305)
        assert app.lines()[0] == "▌ row 305"


async def test_marks_by_one_and_all_but_one(until: Until) -> None:
    app, source = Stage(), Numbers(2_500)
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.show(source, newest_first=True)
        await until(lambda: app.table.total == 2_500)
        app.table.focus()
        await pilot.press("space", "j", "space")
        assert await app.table.marked_identities() == ["2500", "2498"]
        assert app.lines()[0] == "√ row 2500"
        await pilot.press("A", "g", "space")
        assert app.table.marks.count(app.table.total) == 2_499
        chosen = await app.table.marked_identities()
        assert len(chosen) == 2_499
        assert "2500" not in chosen


async def test_a_source_that_fails_leaves_the_old_rows_and_says_so(until: Until) -> None:
    failures: list[Exception] = []

    class Broken(Numbers):
        async def page(self, after: int | None, limit: int, newest_first: bool) -> Sequence[int]:
            raise OSError("disk gone")

    class Listening(Stage):
        def on_virtual_table_failed(self, event: VirtualTable.Failed) -> None:
            failures.append(event.error)

    app = Listening()
    async with app.run_test(size=(80, 20)):
        app.table.show(Numbers(30), newest_first=True)
        await until(lambda: app.table.total == 30)
        app.table.show(Broken(30), newest_first=True)
        await until(lambda: failures)
        assert app.table.cursor_row == 30
    assert str(failures[0]) == "disk gone"


async def test_what_settles_and_what_fails_names_its_source(until: Until) -> None:
    told: list[tuple[str, object]] = []

    class Broken(Numbers):
        async def page(self, after: int | None, limit: int, newest_first: bool) -> Sequence[int]:
            raise OSError("disk gone")

    class Listening(Stage):
        def on_virtual_table_failed(self, event: VirtualTable.Failed) -> None:
            told.append(("failed", event.source))

        def on_virtual_table_settled(self, event: VirtualTable.Settled) -> None:
            told.append(("settled", event.source))

    app, good, broken = Listening(), Numbers(30), Broken(30)
    async with app.run_test(size=(80, 20)):
        app.table.show(good, newest_first=True)
        await until(lambda: ("settled", good) in told)
        app.table.show(broken, newest_first=True)
        await until(lambda: ("failed", broken) in told)
        told.clear()
        good.size += 1
        app.table.reload()
        await until(lambda: app.table.total == 31 and told)
        assert {source for _, source in told} == {good}


@pytest.mark.parametrize("before", [True, False], ids=["before", "while"])
async def test_a_change_that_meets_a_list_that_fails_is_not_missed(before: bool, until: Until) -> None:
    class Broken(Numbers):
        async def page(self, after: int | None, limit: int, newest_first: bool) -> Sequence[int]:
            self.asked.append((after, limit))
            await self.gate.wait()
            raise OSError("disk gone")

    app, good, broken = Stage(), Numbers(30), Broken(30)
    broken.gate.clear()
    async with app.run_test(size=(80, 20)):
        app.table.show(good, newest_first=True)
        await until(lambda: app.table.total == 30)
        good.size += 1
        if before:
            good.gate.clear()
            app.table.reload()
        app.table.show(broken, newest_first=True)
        await until(lambda: broken.asked)
        if not before:
            app.table.reload()
        good.gate.set()
        broken.gate.set()
        await until(lambda: app.table.total == 31)


async def test_reloads_while_one_runs_are_one_reload(until: Until) -> None:
    app, source = Stage(), Numbers(300)
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.show(source, newest_first=True)
        await until(lambda: app.table.total == 300)
        await pilot.pause()
        source.asked.clear()
        source.gate.clear()
        for _ in range(50):
            app.table.reload()
            await asyncio.sleep(0)
        source.gate.set()
        await pilot.pause(0.05)
        assert len(source.asked) <= 3


@pytest.mark.parametrize("newest_first", [True, False])
async def test_both_orders_reach_both_ends(newest_first: bool, until: Until) -> None:
    app, source = Stage(), Numbers(5_000)
    first, last = (5_000, 1) if newest_first else (1, 5_000)
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.show(source, newest_first=newest_first)
        await until(lambda: app.table.cursor_row == first and app.table.total == 5_000)
        app.table.focus()
        await pilot.press("G")
        await until(lambda: app.table.cursor_row == last)
        await pilot.press("g")
        await until(lambda: app.table.cursor_row == first)
