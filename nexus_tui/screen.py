"""What every screen has: the line of rooms on top, the key bar at the bottom, a place for problems, and how it follows the engine.

A screen owns no data and starts no engine. It asks the facade in workers; an error of a worker becomes a problem on the screen,
never a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from nexus_tui.engine_port import DEFAULT_TENANT
from nexus_tui.keys import APP, FIELD, LIST, SCREEN, Key, keys_in
from nexus_tui.look import look, nexus
from nexus_tui.problem import Problem, problem_of
from nexus_tui.rooms import ROOMS
from nexus_tui.rooms.explain import problem_lines
from nexus_tui.widgets.columns import Piece, Tone
from nexus_tui.widgets.key_bar import KeyBar
from nexus_tui.widgets.pane import Line, Pane
from nexus_tui.widgets.virtual_table import VirtualTable

#: How the engine's state is told: tone of the sign, and the message `engine.<state>`.
ENGINE_TONES: dict[str, Tone] = {"running": "good", "viewer": "accent", "starting": "dim", "failed": "bad"}


class NexusScreen(Screen[None]):
    """A full screen of the app, in one room."""

    #: The room that line 1 shows as the present one.
    ROOM: ClassVar[str]
    #: Whose rows of the key table act here.
    PLACE: ClassVar[str]
    AUTO_FOCUS = None

    def __init__(self) -> None:
        super().__init__()
        self.problem: Problem | None = None

    def compose(self) -> ComposeResult:
        """Top line, the screen's own body, the problem if there is one, the keys."""
        yield Pane(self._top, id="top")
        yield from self.body()
        yield Pane(self._problem, id="problem")
        yield KeyBar(self.offered)

    def body(self) -> ComposeResult:
        """What lies between the top line and the keys."""
        raise NotImplementedError

    # The engine

    def attach(self) -> None:
        """The engine is there, or the screen has come back to the front: load."""

    def on_screen_resume(self) -> None:
        """Back at the front: what happened meanwhile is fetched now."""
        if nexus(self).engine is not None:
            self.attach()

    def changed(self, topics: frozenset[str]) -> None:
        """The store changed in `topics`; called at most ten times a second, on the front screen only."""

    def ticked(self) -> None:
        """A second has passed: what shows an age is drawn again."""

    def moved(self) -> None:
        """Documents may have moved to another agent in memory; called at most ten times a second."""

    def scope(self, tenant: str) -> None:
        """Another tenant is in force."""

    def search(self, text: str) -> None:
        """Filter by `text`, on screens that have a list."""

    def relabel(self) -> None:
        """Language or theme changed: everything is drawn again."""
        for widget in self.walk_children(Widget):
            widget.refresh(layout=True)

    # Problems

    def show_problem(self, problem: Problem | None) -> None:
        """Show a problem above the keys until it is put away, or put it away."""
        self.problem = problem
        pane = self.query_one("#problem", Pane)
        pane.set_class(problem is not None, "-shown")
        pane.refresh(layout=True)

    @on(Worker.StateChanged)
    def _worker_ended(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.show_problem(problem_of(event.worker.error, look(self).say))

    # Keys

    def reason(self, action: str) -> str | None:
        """Why `action` cannot act now, as a message id; None when it can."""
        return None

    def focus_kind(self) -> str:
        """Which keys of the table the keyboard reaches now."""
        if isinstance(self.focused, Input):
            return FIELD
        return LIST if isinstance(self.focused, VirtualTable) else SCREEN

    def offered(self) -> Sequence[Key]:
        """The keys for the footer: those that act now, in order of use."""
        keys = [key for key in keys_in(self.PLACE, self.focus_kind()) if key.footer is not None]
        return sorted((key for key in keys if self.reason(key.action) is None), key=lambda key: key.footer or 0)

    def every_key(self) -> Sequence[tuple[Key, str | None]]:
        """All keys of this place, for help and palette, each with the reason why it cannot act now."""
        list_here = bool(self.query(VirtualTable))
        return [(key, self.reason(key.action)) for key in keys_in(self.PLACE, LIST if list_here else SCREEN)]

    async def do(self, key: Key) -> None:
        """Do what `key` does, wherever the keyboard is."""
        tables = self.query(VirtualTable)
        owner = {APP: self.app, SCREEN: self, LIST: tables.first() if tables else self}.get(
            key.focus, self.focused or self
        )
        await self.app.run_action(key.action, default_namespace=owner)

    def refresh_keys(self) -> None:
        """Other keys act now than before: draw the footer again."""
        self.query_one(KeyBar).refresh()

    def on_descendant_focus(self) -> None:
        """The keyboard went elsewhere."""
        self.refresh_keys()

    @on(KeyBar.Pressed)
    async def _pressed(self, event: KeyBar.Pressed) -> None:
        await self.do(event.key)

    # Drawing

    def _top(self, width: int) -> Sequence[Line]:
        say, glyphs = look(self).say, look(self).glyphs
        pieces: list[Piece] = [("dim", " nexus ")]
        for room in ROOMS:
            here = room.name == self.ROOM
            text = f"[{room.number} {say(room.label)}]" if here else f" {room.number} {say(room.label)} "
            pieces.append(("strong" if here else "dim", text))
        state = nexus(self).engine_state
        right = f"{glyphs.dot} {say(f'engine.{state}')} "
        scope = f"{nexus(self).tenant}   " if nexus(self).tenant != DEFAULT_TENANT else ""
        left = width - _size(pieces) - cell_len(scope + right)
        alarm = self._alarm(left - 1)
        pieces.append(("text", " " * max(left - cell_len(alarm), 1)))
        return [[*pieces, ("warn", alarm), ("dim", scope), (ENGINE_TONES.get(state, "warn"), right[:1]), ("dim", right[1:])]]

    def _alarm(self, room: int) -> str:
        """The first alarm and how many there are, as far as there is room for it."""
        alarms = nexus(self).alarms
        if not alarms:
            return ""
        title = problem_of(alarms[0].error, look(self).say).title
        more = f" +{len(alarms) - 1}" if len(alarms) > 1 else ""
        return next((f"{text}   " for text in (f"! {title}{more}", f"! {len(alarms)}") if cell_len(text) + 3 <= room), "!  ")

    def _problem(self, width: int) -> Sequence[Line]:
        return problem_lines(self.problem, look(self)) if self.problem is not None else []


def _size(pieces: Iterable[Piece]) -> int:
    return sum(cell_len(text) for _, text in pieces)
