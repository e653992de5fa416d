"""A table of any length: only the visible lines are drawn, only the visible pages are fetched.

Drawing never waits: a row that is not here is drawn as a placeholder and its page is fetched by a worker. One worker pass runs at a
time and always looks at where the view is now, so a fast scroll leaves no queue of stale pages behind; answers for a list that has
been replaced are dropped. The cursor follows its row by key while rows arrive above it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from nexus_tui.clean import fit
from nexus_tui.keys import EVERY_ROOM, LIST, bindings
from nexus_tui.look import look
from nexus_tui.widgets.columns import GAP, Column, Piece, Tone, clip, widths
from nexus_tui.widgets.marks import Marks
from nexus_tui.widgets.page_index import PageIndex
from nexus_tui.widgets.row_source import RowSource, answer
from nexus_tui.work import start

R = TypeVar("R")

#: Rows a page: two screens of the tallest terminal we lay out for.
PAGE = 100
#: Cells before the first column: a blank, the cursor or mark, a blank.
MARGIN = 3


class VirtualTable(ScrollView, Generic[R], can_focus=True, inherit_bindings=False):
    """Rows of a `RowSource` under `columns`."""

    BINDINGS = bindings(EVERY_ROOM, LIST)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--cursor",
        *(f"virtual-table--{tone}" for tone in ("text", "dim", "strong", "accent", "good", "warn", "bad")),
    }

    class Highlighted(Message):
        """The row under the cursor is another one, or is there in another state, or is gone."""

    class Opened(Message):
        """Enter or a double click on the row under the cursor."""

    class Marked(Message):
        """The set of marked rows changed."""

    class SortAsked(Message):
        """The other order is wanted."""

    class Settled(Message):
        """Rows or their number changed; `total` may still be an estimate. `source` is where the rows shown come from, if any are."""

        def __init__(self, source: RowSource[Any] | None) -> None:
            super().__init__()
            self.source = source

    class Failed(Message):
        """`source` refused; what was shown is still shown, and goes on settling where that is another source's."""

        def __init__(self, source: RowSource[Any], error: Exception) -> None:
            super().__init__()
            self.source = source
            self.error = error

    def __init__(self, columns: Callable[[int], Sequence[Column[R]]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = columns
        self._source: RowSource[R] | None = None
        self._index: PageIndex[R] = PageIndex(lambda _: 0, page=PAGE)
        self.marks = Marks()
        self._cursor = 0
        self._cursor_key: int | None = None
        self._top_key: int | None = None
        self._following = True
        self._shown: R | None = None
        self._pass: object | None = None
        self._again = False
        self._recount = False
        self._styles_of: dict[tuple[Tone, bool], Style] = {}

    # What is shown

    @property
    def total(self) -> int:
        """Rows in the list; an estimate until the first count is in."""
        return self._index.total

    @property
    def cursor(self) -> int:
        """The number of the row under the cursor."""
        return self._cursor

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor, or None while it is not here."""
        return self._index.row(self._cursor)

    @property
    def ready(self) -> bool:
        """Whether there is a list, be it an empty one."""
        return self._source is not None

    def row(self, number: int) -> R | None:
        """The row at `number`, or None while it is not here."""
        return self._index.row(number)

    def show(self, source: RowSource[R], *, newest_first: bool) -> None:
        """Show another list from its top. The old rows stay until the new ones are here."""
        index = PageIndex(source.sequence, page=PAGE)
        index.clear(newest_first=newest_first)
        self._begin(source, index)

    def reload(self) -> None:
        """Something in the store changed: fetch what is visible and the count again. Calls while one runs are one call."""
        self._index.outdate()
        self._recount = True
        self._wake()

    async def marked_identities(self) -> list[str]:
        """The identities of every marked row, read from the source when all in the filter are marked."""
        if not self.marks.everything or self._source is None:
            return list(self.marks.chosen)
        found = await self._source.identities()
        return [identity for identity in found if identity not in self.marks.spared]

    # Fetching

    def _wake(self) -> None:
        if self._pass is not None:
            self._again = True
        elif self._source is not None:
            self._begin(self._source, self._index)

    def _begin(self, source: RowSource[R], index: PageIndex[R]) -> None:
        self._pass = token = object()
        start(self, partial(self._fetch, source, index, token), "rows", exclusive=True)

    async def _fetch(self, source: RowSource[R], index: PageIndex[R], token: object) -> None:
        """Fetch until everything visible is here and fresh. `token` tells whether this pass is still the one that counts."""
        try:
            while self._pass is token:
                self._again = False
                top = round(self.scroll_y) if index is self._index else 0
                wanted = index.wanted(top, top + max(self.size.height, 1))
                counted = index is self._index and not self._recount
                if wanted is not None:
                    take = await answer(source, index, wanted, PAGE)
                elif not counted:
                    self._recount = False
                    take = partial(index.resize, await source.count())
                elif not self._again:
                    break
                else:
                    continue
                if self._pass is not token:
                    return
                take()
                if index is not self._index:
                    self._replace(source, index)
                self._settle()
        except Exception as error:
            if self._pass is token:
                self.post_message(self.Failed(source, error))
                if index is not self._index:
                    # The list still shown may have changed while its successor was asked for.
                    self.call_later(self._wake)
        finally:
            if self._pass is token:
                self._pass = None

    def _replace(self, source: RowSource[R], index: PageIndex[R]) -> None:
        self._source, self._index = source, index
        self.marks.clear()
        self._recount = True
        self._following = True
        self._cursor, self._cursor_key, self._top_key = 0, None, None
        self.scroll_to(y=0, animate=False, immediate=True, force=True)

    def _settle(self) -> None:
        """Bring size, scroll and cursor in line with an index that changed."""
        index = self._index
        line = self._cursor - round(self.scroll_y)
        self.virtual_size = Size(self.scrollable_content_region.width, index.total)
        if self._following:
            self._cursor = 0
        elif self._cursor_key is not None:
            self._cursor = min(index.number(self._cursor_key), max(index.total - 1, 0))
        if not self._following and self.scroll_y > 0 and self._top_key is not None:
            top = index.number(self._top_key)
            if top != round(self.scroll_y):
                self.scroll_to(y=top, animate=False, immediate=True, force=True)
        if 0 <= line < self.size.height:
            self._reveal()
        self._remember()
        self.refresh()
        self.post_message(self.Settled(self._source))

    def _remember(self) -> None:
        """Note the keys that cursor and view hang on, and tell when the row under the cursor is another."""
        row, top = self.cursor_row, self._index.row(round(self.scroll_y))
        if row is not None:
            self._cursor_key = self._index.key(row)
        if top is not None:
            self._top_key = self._index.key(top)
        if row != self._shown:
            self._shown = row
            self.post_message(self.Highlighted())

    # Moving

    def action_cursor(self, step: int) -> None:
        """One row up or down."""
        self.move_to(self._cursor + step)

    def action_cursor_page(self, step: int) -> None:
        """One screen up or down."""
        self.move_to(self._cursor + step * max(self.size.height - 1, 1))

    def action_cursor_first(self) -> None:
        """To the top, and stay there while rows arrive."""
        self.move_to(0)
        self._following = True

    def action_cursor_last(self) -> None:
        """To the end."""
        self.move_to(self._index.total - 1)

    def move_to(self, number: int) -> None:
        """Put the cursor on a row by its number, whether or not the row is here yet."""
        self._following = False
        self._cursor = min(max(number, 0), max(self._index.total - 1, 0))
        self._cursor_key = None
        self._reveal()
        self._remember()
        self.refresh()
        self._wake()

    def follow(self, row: R) -> None:
        """Put the cursor on `row`, wherever it is now; its page need not be here."""
        self._following = False
        self._cursor_key = self._index.key(row)
        self._cursor = min(self._index.number(self._cursor_key), max(self._index.total - 1, 0))
        self._reveal()
        self._wake()
        self.refresh()

    def unmark(self) -> None:
        """Mark nothing."""
        self.marks.clear()
        self.refresh()
        self.post_message(self.Marked())

    def _reveal(self) -> None:
        top, height = round(self.scroll_y), max(self.size.height, 1)
        if self._cursor < top:
            self.scroll_to(y=self._cursor, animate=False, immediate=True, force=True)
        elif self._cursor >= top + height:
            self.scroll_to(y=self._cursor - height + 1, animate=False, immediate=True, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch what came into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            top = self._index.row(round(new_value))
            self._top_key = self._index.key(top) if top is not None else None
            self._wake()

    def on_resize(self, event: Resize) -> None:
        """A taller view shows more rows."""
        self.virtual_size = Size(event.size.width, self._index.total)
        self._reveal()
        self._wake()

    def watch_show_vertical_scrollbar(self) -> None:
        """The scrollbar takes a column: whoever shows the headings draws them again."""
        self.call_after_refresh(self.post_message, self.Settled(self._source))

    def on_click(self, event: Click) -> None:
        """A click chooses, a second one opens."""
        number = round(self.scroll_y) + event.y
        if number < self._index.total:
            self.move_to(number)
            if event.chain == 2:
                self.action_open()

    # Acting

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.cursor_row is not None:
            self.post_message(self.Opened())

    def action_mark(self) -> None:
        """Mark or unmark the row under the cursor and go one down."""
        row = self.cursor_row
        if row is not None and self._source is not None:
            self.marks.toggle(self._source.identity(row))
            self.move_to(self._cursor + 1)
            self.post_message(self.Marked())

    def action_mark_all(self) -> None:
        """Mark everything in the filter, or nothing if everything is."""
        self.marks.toggle_everything()
        self.refresh()
        self.post_message(self.Marked())

    def action_sort(self) -> None:
        """Ask for the other order."""
        self.post_message(self.SortAsked())

    # Drawing

    def notify_style_update(self) -> None:
        """Another theme: forget its colours."""
        super().notify_style_update()
        self._styles_of.clear()

    def heading(self) -> str:
        """The line of headings over the columns."""
        say, ellipsis = look(self).say, look(self).glyphs.ellipsis
        width = self.scrollable_content_region.width
        columns = self._columns(width - MARGIN)
        cells = (
            fit(say(column.heading), size, ellipsis, right=column.right)
            for column, size in zip(columns, widths(columns, width - MARGIN), strict=True)
        )
        return " " * MARGIN + (" " * GAP).join(cells)

    def render_line(self, y: int) -> Strip:
        """One line of the view, from what is here."""
        number = round(self.scroll_y) + y
        width = self.scrollable_content_region.width
        if number >= self._index.total:
            return Strip.blank(width, self._style("text", False))
        here = number == self._cursor
        row = self._index.row(number)
        glyphs = look(self).glyphs
        if row is None:
            self._wake()
            pieces: list[Piece] = [("dim", f" {glyphs.cursor if here else ' '} {glyphs.waiting * 3}")]
        else:
            pieces = self._pieces(row, here, width)
        segments = [Segment(text, self._style(tone, here)) for tone, text in pieces]
        return Strip(segments).adjust_cell_length(width, self._style("text", here))

    def _pieces(self, row: R, here: bool, width: int) -> list[Piece]:
        glyphs = look(self).glyphs
        marked = self._source is not None and self.marks.holds(self._source.identity(row))
        pieces: list[Piece] = [
            ("accent", f"{glyphs.cursor if here and marked else ' '}"),
            ("accent", glyphs.mark if marked else glyphs.cursor if here else " "),
            ("text", " "),
        ]
        columns = self._columns(width - MARGIN)
        for column, size in zip(columns, widths(columns, width - MARGIN), strict=True):
            pieces.extend(clip(column.cell(row, size), size, glyphs.ellipsis, right=column.right))
            pieces.append(("text", " " * GAP))
        return pieces

    def _style(self, tone: Tone, here: bool) -> Style:
        found = self._styles_of.get((tone, here))
        if found is None:
            found = self.get_component_rich_style(f"virtual-table--{tone}")
            if here:
                cursor = self.get_component_rich_style("virtual-table--cursor")
                plain = tone in ("text", "dim", "strong")
                found += cursor if plain else Style(bgcolor=cursor.bgcolor, bold=cursor.bold)
            self._styles_of[tone, here] = found
        return found
