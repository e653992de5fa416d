"""One document, opened from a list. Today one tab, the overview; another tab is one line in TABS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from nexus_tui.clean import plain, shorten
from nexus_tui.keys import SCREEN, bindings
from nexus_tui.look import Look, look, nexus
from nexus_tui.rooms import explain
from nexus_tui.rooms.document_cells import ATTENTION, now
from nexus_tui.rooms.document_commands import command, copy_reference, copy_row, why_not
from nexus_tui.screen import NexusScreen
from nexus_tui.widgets.columns import Piece
from nexus_tui.widgets.pane import Line, Pane
from nexus_tui.work import start

if TYPE_CHECKING:
    from engine.facade.views import DocumentDetail, DocumentRow


def overview(detail: DocumentDetail, look: Look, width: int) -> list[Line]:
    """Who and how much, what the audit found, how the pipeline went."""
    lines: list[Line] = [*explain.facts(detail, look, width), []]
    if detail.error is not None:
        error = detail.error
        lines += [
            [("bad", f" {look.glyphs.failed} {plain(error.title)}"), ("dim", f"   {plain(error.code)}")],
            [("text", f"   {plain(error.message)}")],
            [("text", f"   {plain(error.hint)}")],
            [],
        ]
    lines += [*explain.findings(detail, look, width), [], *explain.timeline(detail, look, width)]
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One view of a document: its name (the message `tab.<name>`, and what `:` calls it) and what it draws."""

    name: str
    lines: Callable[[DocumentDetail, Look, int], list[Line]]


TABS = (Tab(name="overview", lines=overview),)


class DocumentScreen(NexusScreen):
    """The document, its tabs, and its neighbours in the list it was opened from."""

    ROOM = "inbox"
    PLACE = "document"
    BINDINGS = bindings("document", SCREEN)

    def __init__(self, row: DocumentRow, filter: str, newest_first: bool, moved: Callable[[DocumentRow], None]) -> None:
        super().__init__()
        self.row = row
        self.detail: DocumentDetail | None = None
        self._filter = filter
        self._newest_first = newest_first
        self._moved = moved
        self._tab = TABS[0]

    def body(self) -> ComposeResult:
        """Title, tabs, the tab."""
        yield Pane(self._title, id="title")
        yield Pane(self._tabs, id="tabs")
        with VerticalScroll(id="sheet"):
            yield Pane(self._sheet, id="tab")

    def on_mount(self) -> None:
        """The sheet has the keyboard, so that arrows scroll it."""
        self.query_one("#sheet").focus()

    def attach(self) -> None:
        """Read the document."""
        start(self, self._fetch, "detail", exclusive=True)

    def changed(self, topics: frozenset[str]) -> None:
        """It may be this one that changed."""
        self.attach()

    def ticked(self) -> None:
        """A retry counts down."""
        self.query_one("#title").refresh()

    def relabel(self) -> None:
        """Findings come in the language asked for: ask again."""
        super().relabel()
        self.attach()

    async def _fetch(self) -> None:
        engine = nexus(self).engine
        if engine is None:
            return
        self.detail = await engine.documents.detail(self.row.doc_id, look(self).spoken)
        if self.detail is not None:
            self.row = self.detail.row
        for name in ("#title", "#tabs", "#tab"):
            self.query_one(name).refresh(layout=True)
        self.refresh_keys()

    # Keys

    def reason(self, action: str) -> str | None:
        """What the document's state does not allow."""
        if action.startswith("tab"):
            return "reason.only_tab" if len(TABS) == 1 else None
        return why_not(action, nexus(self).engine, self.row, marked=False)

    def action_back(self) -> None:
        """Put a problem away, or go back to the list."""
        if self.problem is not None:
            self.show_problem(None)
        else:
            self.dismiss(None)

    def action_tab(self, step: int) -> None:
        """The next tab."""
        self._tab = TABS[(TABS.index(self._tab) + step) % len(TABS)]
        self.relabel()

    def action_neighbour(self, step: int) -> None:
        """The document above or below in the list it was opened from."""
        start(self, partial(self._go, step), "neighbour", exclusive=True)

    async def _go(self, step: int) -> None:
        app = nexus(self)
        if app.engine is None:
            return
        order = self._newest_first if step > 0 else not self._newest_first
        page = await app.engine.documents.page(self._filter, app.tenant, self.row.seq, 1, order)
        if not page.rows:
            app.toast(look(self).say("document.last" if step > 0 else "document.first"))
            return
        self.row = page.rows[0]
        self._moved(self.row)
        await self._fetch()
        self.query_one("#sheet").scroll_home(animate=False)

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
        work = partial(command, self, verb, [self.row.doc_id], explain.scope_of(self.row))
        start(self, work, "command")

    def action_copy(self) -> None:
        """Copy the document's trace."""
        copy_reference(self, self.row)

    def action_copy_json(self) -> None:
        """Copy the document with its findings and its timeline."""
        copy_row(self, self.row, self.detail)

    # Drawing

    def _title(self, width: int) -> Sequence[Line]:
        words, row = look(self), self.row
        tone, doing = now(row, row.stage or 0, nexus(self).clock(), words)
        about = f"{plain(row.tenant)} · {plain(row.family)}"
        back = f" {words.glyphs.back} {words.say(f'room.{self.ROOM}')}   "
        room = width - len(back) - len(about) - len(doing) - 7
        name = shorten(plain(row.name), max(room, 10), words.glyphs.ellipsis)
        used = len(back) + len(name) + 3 + len(about) + len(doing) + 1
        return [
            [
                ("dim", back),
                ("strong", name),
                ("dim", f"   {about}{' ' * max(width - used, 1)}"),
                (tone if row.state in ATTENTION else "text", doing),
            ]
        ]

    def _tabs(self, width: int) -> Sequence[Line]:
        pieces: list[Piece] = [("text", " ")]
        for tab in TABS:
            here = tab is self._tab
            name = look(self).say(f"tab.{tab.name}")
            pieces.append(("strong" if here else "dim", f"[{name}]" if here else f" {name} "))
        return [pieces]

    def _sheet(self, width: int) -> Sequence[Line]:
        return self._tab.lines(self.detail, look(self), width) if self.detail is not None else []
