"""Room 1, Inbox: every document, what the pipeline is doing with it, and what to press next."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input

from nexus_tui.engine_port import EVERY_TENANT
from nexus_tui.keys import FIELD, SCREEN, bindings
from nexus_tui.look import look, nexus
from nexus_tui.problem import Problem, problem_of
from nexus_tui.rooms import document_cells, explain
from nexus_tui.rooms.document_commands import add, command, copy_reference, copy_row, why_not
from nexus_tui.rooms.documents_source import DocumentSource
from nexus_tui.rooms.filter_words import FilterSuggester
from nexus_tui.rooms.inbox_lines import counts_line, empty_lines, matching_line
from nexus_tui.screen import NexusScreen
from nexus_tui.widgets.columns import Column
from nexus_tui.widgets.field import Field
from nexus_tui.widgets.pane import Line, Pane
from nexus_tui.widgets.virtual_table import VirtualTable
from nexus_tui.work import start

if TYPE_CHECKING:
    from engine.facade.views import DocumentDetail, DocumentRow, InboxCounts

#: Seconds of quiet after which what was typed is searched, and after which the row under the cursor is explained.
TYPING, RESTING = 0.2, 0.08
#: Rates kept for the little chart, and the seconds between two of them.
RATES, RATE_EVERY = 9, 5
#: Why a key of the list cannot act on an empty one.
NEED_ROW = frozenset({"open", "mark", "mark_all", "sort", "copy", "copy_json"})


class InboxScreen(NexusScreen):
    """The list of documents with the selected one explained below, and beside it where there is room."""

    ROOM = "inbox"
    PLACE = "inbox"
    BINDINGS = bindings("inbox", SCREEN)

    def __init__(self) -> None:
        super().__init__()
        self.filter = ""
        self.newest_first = True
        self.counts: InboxCounts | None = None
        self.detail: DocumentDetail | None = None
        self._rates: deque[int] = deque(maxlen=RATES)
        self._seconds = 0
        self._live: dict[str, int] = {}
        #: What the list was asked to show last, and what failed since; that may be another one, which is shown while the asked one is mended.
        self._asked: DocumentSource | None = None
        self._failed: DocumentSource | None = None
        self._told: Problem | None = None
        self._taken: int | None = None
        self._typing: Timer | None = None

    def body(self) -> ComposeResult:
        """Counts, filter, the list with its side pane, the explanation."""
        yield Pane(self._counts, id="counts")
        with Horizontal(id="filter-line"):
            yield Pane(lambda _: [[("accent" if self.filter else "dim", " / ")]], id="filter-sign")
            yield Field(id="filter", suggester=FilterSuggester())
            yield Pane(self._matching, id="matching")
        with Horizontal(id="work"):
            with Vertical(id="list"):
                yield Pane(self._heading, id="heading")
                yield Pane(self._empty, id="empty")
                yield VirtualTable(self._columns, id="documents")
            yield Pane(self._side, id="side")
        yield Pane(self._explanation, id="explanation")

    @property
    def table(self) -> VirtualTable[DocumentRow]:
        """The list."""
        return cast("VirtualTable[DocumentRow]", self.query_one("#documents", VirtualTable))

    # Following the engine

    def on_mount(self) -> None:
        """The list has the keyboard."""
        self.table.focus()

    def attach(self) -> None:
        """Show the list from its top, or refresh it on coming back."""
        self.changed(frozenset())
        self._load_counts()

    def changed(self, topics: frozenset[str]) -> None:
        """One reload of what is visible, however much changed."""
        if self.table.ready:
            self.table.reload()
        else:
            self._list()

    def ticked(self) -> None:
        """Ages, counts and the rate."""
        self._seconds += 1
        if self.counts is not None and self._seconds % RATE_EVERY == 0:
            self._rates.append(self.counts.per_minute)
        self.table.refresh()
        self.query_one("#explanation").refresh()
        self._load_counts()

    def moved(self) -> None:
        """Strips of documents that are in an agent right now move on."""
        engine = nexus(self).engine
        live = dict(engine.live()) if engine is not None else {}
        if live != self._live:
            self._live = live
            self.table.refresh()

    def relabel(self) -> None:
        """Findings and errors come from the engine in the language asked for: ask again."""
        super().relabel()
        self._load_detail()

    def scope(self, tenant: str) -> None:
        """Show another tenant."""
        self.counts, self.detail = None, None
        self._rates.clear()
        self._list()
        self._load_counts()

    def search(self, text: str) -> None:
        """Filter by `text` at once."""
        self.query_one("#filter", Field).value = text
        self._apply(text)

    def _list(self) -> None:
        app = nexus(self)
        if app.engine is not None:
            self._asked = DocumentSource(documents=app.engine.documents, filter=self.filter, tenant=app.tenant)
            self.table.show(self._asked, newest_first=self.newest_first)

    def _load_counts(self) -> None:
        start(self, self._fetch_counts, "counts", exclusive=True)

    async def _fetch_counts(self) -> None:
        engine = nexus(self).engine
        if engine is not None:
            self.counts = await engine.documents.counts(nexus(self).tenant)
            self.query_one("#counts").refresh()
            self.query_one("#matching").refresh(layout=True)

    def _load_detail(self) -> None:
        row = self.table.cursor_row
        if row is not None:
            start(self, partial(self._fetch_detail, row.doc_id), "detail", exclusive=True)

    async def _fetch_detail(self, doc_id: str) -> None:
        engine = nexus(self).engine
        if engine is not None:
            self.detail = await engine.documents.detail(doc_id, look(self).spoken)
            self._explain()

    def _explain(self) -> None:
        self.query_one("#explanation").refresh()
        self.query_one("#side").refresh()
        self.refresh_keys()

    # What the list says

    @on(VirtualTable.Highlighted)
    def _highlighted(self) -> None:
        self._explain()
        self.set_timer(RESTING, self._rested)

    def _rested(self) -> None:
        row = self.table.cursor_row
        if row is not None and (self.detail is None or self.detail.row != row):
            self._load_detail()

    @on(VirtualTable.Settled)
    def _settled(self, event: VirtualTable.Settled) -> None:
        # The last good list goes on settling while its successor waits to be mended: that says nothing about what failed.
        if self._failed is not None and event.source in (self._asked, self._failed):
            self._failed = None
            if self.problem is self._told:
                self.show_problem(None)
            if event.source != self._asked:
                # The old list is well again, which leaves what is wrong with its successor.
                self._list()
        self.query_one("#empty").set_class(self.table.ready and self.table.total == 0, "-shown")
        self.query_one("#heading").refresh()
        self._marked()

    @on(VirtualTable.Marked)
    def _marked(self) -> None:
        self.query_one("#matching").refresh(layout=True)
        self.refresh_keys()

    @on(VirtualTable.Failed)
    def _refused(self, event: VirtualTable.Failed) -> None:
        self._failed = cast("DocumentSource", event.source)
        if self.focus_kind() == FIELD:
            # Half a word is no mistake yet; leaving the field asks again.
            return
        self._told = problem_of(event.error, look(self).say)
        self.show_problem(self._told)

    @on(VirtualTable.SortAsked)
    def _sort(self) -> None:
        self.newest_first = not self.newest_first
        self._list()

    @on(VirtualTable.Opened)
    def _opened(self) -> None:
        from nexus_tui.rooms.document import DocumentScreen

        row = self.table.cursor_row
        if row is not None:
            self.app.push_screen(DocumentScreen(row, self.filter, self.newest_first, self.table.follow))

    # The filter

    def action_filter(self) -> None:
        """Type into the filter."""
        self.query_one("#filter", Field).focus()

    @on(Input.Changed, "#filter")
    def _typed(self, event: Input.Changed) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING, lambda: self._apply(event.value))

    @on(Input.Submitted, "#filter")
    def _entered(self, event: Input.Submitted) -> None:
        self._leave(event.value)

    @on(Field.Left)
    def _left(self) -> None:
        self._leave(self.query_one("#filter", Field).value)

    def _leave(self, text: str) -> None:
        # At once: `focus()` comes later, and what fails meanwhile would pass for half a word.
        self.set_focus(self.table)
        if self._failed is not None and text.strip() == self.filter:
            self._list()
        self._apply(text)

    def _apply(self, text: str) -> None:
        if text.strip() != self.filter:
            self.filter = text.strip()
            self.query_one("#filter-sign").refresh()
            self._list()

    def action_back(self) -> None:
        """Put a problem away, then the marks, then the filter."""
        if self.problem is not None:
            self.show_problem(None)
        elif self._marks:
            self.table.unmark()
        else:
            self.search("")

    # Commands

    @property
    def _marks(self) -> int:
        return self.table.marks.count(self.table.total)

    def reason(self, action: str) -> str | None:
        """What the engine, the list or the row under the cursor does not allow."""
        row = self.table.cursor_row
        if action in NEED_ROW:
            return "reason.no_document" if row is None else None
        if action == "back":
            return None if self.filter or self._marks or self.problem else "reason.nothing_to_leave"
        return why_not(action, nexus(self).engine, None if self._marks else row, marked=self._marks > 0)

    def action_add(self) -> None:
        """Ask for paths and take them in."""
        start(self, partial(add, self, self._taking), "command")

    def _taking(self, files: int | None) -> None:
        self._taken = files
        self.query_one("#matching").refresh(layout=True)

    def action_requeue(self) -> None:
        """Start again at the failed agent."""
        self._command("requeue")

    def action_reprocess(self) -> None:
        """Start again at A0."""
        self._command("reprocess")

    def action_cancel(self) -> None:
        """Stop before the next agent."""
        self._command("cancel")

    def _command(self, verb: str) -> None:
        reason = self.reason(verb)
        if reason is not None:
            nexus(self).toast(look(self).say(reason), warning=True)
            return
        start(self, partial(self._do_to_targets, verb), "command")

    async def _do_to_targets(self, verb: str) -> None:
        say, formats, table = look(self).say, look(self).formats, self.table
        row, marks = table.cursor_row, self._marks
        if marks:
            doc_ids = await table.marked_identities()
            every = formats.integer(table.total)
            if not table.marks.everything:
                scope = say("scope.marked", shown=formats.integer(marks), every=every)
            elif self.filter:
                scope = say("scope.filter", filter=self.filter, shown=formats.integer(marks), every=every)
            else:
                scope = say("scope.everything", shown=formats.integer(marks))
        elif row is not None:
            doc_ids, scope = [row.doc_id], explain.scope_of(row)
        else:
            return
        if await command(self, verb, doc_ids, scope):
            table.unmark()

    def action_copy(self) -> None:
        """Copy the trace of the document under the cursor."""
        if (row := self.table.cursor_row) is not None:
            copy_reference(self, row)

    def action_copy_json(self) -> None:
        """Copy its whole row."""
        if (row := self.table.cursor_row) is not None:
            copy_row(self, row)

    # Drawing

    def _stage(self, row: DocumentRow) -> int:
        stage = self._live.get(row.doc_id, row.stage or 0)
        return min(max(stage, 0), document_cells.AGENTS - 1)

    def _columns(self, width: int) -> Sequence[Column[DocumentRow]]:
        app = nexus(self)
        return document_cells.columns(width, app.look, app.clock, self._stage, every_tenant=app.tenant == EVERY_TENANT)

    def _counts(self, width: int) -> Sequence[Line]:
        if nexus(self).engine is None:
            return [[("dim", f" {look(self).say('counts.starting')}")]]
        return [counts_line(self.counts, self._rates, look(self), width)]

    def _matching(self, width: int) -> Sequence[Line]:
        if not self.table.ready:
            return []
        documents = self.counts.documents if self.counts is not None else None
        return [matching_line(self.table.total, documents, self._marks, self.newest_first, self._taken, look(self))]

    def _heading(self, width: int) -> Sequence[Line]:
        return [[("dim", self.table.heading())]]

    def _empty(self, width: int) -> Sequence[Line]:
        return empty_lines(bool(self.filter), look(self))

    def _shown_detail(self, row: DocumentRow) -> DocumentDetail | None:
        return self.detail if self.detail is not None and self.detail.row.doc_id == row.doc_id else None

    def _explanation(self, width: int) -> Sequence[Line]:
        row = self.table.cursor_row
        if row is None:
            return []
        return explain.summary(row, self._shown_detail(row), self._stage(row), nexus(self).clock(), look(self), width)

    def _side(self, width: int) -> Sequence[Line]:
        row = self.table.cursor_row
        detail = self._shown_detail(row) if row is not None else None
        if detail is None:
            return []
        return [*explain.timeline(detail, look(self), width), [], *explain.findings(detail, look(self), width)]
