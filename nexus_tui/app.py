"""The terminal application: rooms, language, theme, clipboard, signals, and the beat by which screens follow the engine.

It owns no data and does not own the engine's lifetime: the appliance gives a factory that is awaited after the first frame has been
painted, and stops the engine after the application has ended. Nothing on the path to the first frame imports the engine.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.events import Resize
from textual.screen import Screen
from textual.worker import Worker, WorkerState

from nexus_tui.dialogs.too_small import LEAST_HEIGHT, LEAST_WIDTH, TooSmall
from nexus_tui.engine_port import DEFAULT_TENANT, EVERY_TENANT
from nexus_tui.i18n import Language
from nexus_tui.keys import APP, EVERY_ROOM, bindings
from nexus_tui.look import Look
from nexus_tui.problem import Problem, ended, problem_of
from nexus_tui.rooms import ROOMS
from nexus_tui.screen import NexusScreen
from nexus_tui.theme import CONSOLE, THEME_NAMES, THEMES, VARIABLE_DEFAULTS, glyphs_for, theme_for
from nexus_tui.work import start

if TYPE_CHECKING:
    from engine.facade.alarms import Alarm
    from nexus_tui.engine_port import EnginePort

#: Seconds between two looks at the engine, and beats in a second.
BEAT, BEATS = 0.1, 10
#: Beats between two looks for alarms.
ALARM_BEATS = 50
#: Beats between two looks while the terminal is not looked at.
BLURRED_BEATS = 20

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class NexusApp(App[None], inherit_bindings=False):
    """Nexus on a terminal."""

    CSS_PATH = "nexus.tcss"
    BINDINGS = bindings(EVERY_ROOM, APP)
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {room.name: room.open for room in ROOMS}
    DEFAULT_MODE = ROOMS[0].name
    AUTO_FOCUS = None
    #: Classes on a screen by its width: one pane, two, two of which the second is wide.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-normal"), (160, "-wide")]
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        engine_factory: Callable[[], Awaitable[EnginePort]],
        *,
        clock: Callable[[], int],
        zone: tzinfo,
        language: Language,
        tenant: str = DEFAULT_TENANT,
        theme: str | None = None,
        term: str = "",
        clipboard: Path | None = None,
    ) -> None:
        """Prepare the application.

        Args:
            engine_factory: starts the engine, or attaches to a running one; awaited after the first frame.
            clock: wall-clock milliseconds since the epoch, UTC.
            zone: where times are shown.
            language: `pt-BR` or `en`.
            tenant: whose documents; `*` is every tenant.
            theme: name of the theme to begin with.
            term: the terminal's TERM; a bare console gets its own glyphs and colours.
            clipboard: the file that also gets what is copied, for terminals that ignore OSC 52.
        """
        self.look = Look.of(language, zone, glyphs_for(term))
        super().__init__()
        self.clock = clock
        self.tenant = tenant
        self.engine: EnginePort | None = None
        self._engine_factory = engine_factory
        self._engine_failed = False
        self._ended: Problem | None = None
        #: What somebody should look at, by the engine's thresholds.
        self.alarms: tuple[Alarm, ...] = ()
        self._alarms_due = 0
        self._clipboard_file = clipboard
        self._version = -1
        self._beat = 0
        for known in THEMES:
            self.register_theme(known)
        self.theme = theme_for(term, theme)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our variables under any theme."""
        return VARIABLE_DEFAULTS

    # Life

    async def run_async(self, *arguments: Any, **options: Any) -> Any:
        """Run to the end. How scrollbars are drawn textual keeps for the process: it is changed for as long as the application runs."""
        if self.look.glyphs is not CONSOLE:
            return await super().run_async(*arguments, **options)
        from textual.scrollbar import ScrollBar

        from nexus_tui.widgets.scroll_bar import WholeRows

        usual, ScrollBar.renderer = ScrollBar.renderer, WholeRows
        try:
            return await super().run_async(*arguments, **options)
        finally:
            ScrollBar.renderer = usual

    def on_mount(self) -> None:
        """Listen to signals, start to follow; the engine starts when the first frame is on the terminal."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            # Textual leaves these to the default action: the process would die without restoring the terminal.
            loop.add_signal_handler(number, self.exit)
        self.set_interval(BEAT, self._follow)
        self.call_after_refresh(self._start_engine)

    def on_unmount(self) -> None:
        """Give the signals back: what follows, such as draining the engine, listens for itself."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)

    @property
    def engine_state(self) -> str:
        """`starting`, `failed`, or what the engine says of itself."""
        if self.engine is None:
            return "failed" if self._engine_failed else "starting"
        return self.engine.engine_state()

    def _start_engine(self) -> None:
        if not gc.isenabled():
            # The entry point may import with collection off: that is 60 ms of the first frame. What is here by now stays.
            gc.freeze()
            gc.enable()
        start(self, self._attach_engine, "engine")

    async def _attach_engine(self) -> None:
        self.engine = await self._engine_factory()
        if isinstance(self.screen, NexusScreen):
            self.screen.relabel()
            self.screen.attach()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error in a worker of the application is shown on the screen in front."""
        error = event.worker.error
        if event.state is WorkerState.ERROR and error is not None:
            self._engine_failed = self.engine is None and event.worker.group == "engine"
            for screen in reversed(self.screen_stack):
                if isinstance(screen, NexusScreen):
                    screen.show_problem(problem_of(error, self.look.say))
                    screen.relabel()
                    break

    def _follow(self) -> None:
        """One beat: let the front screen follow. Under a dialog or out of sight nothing is asked, and nothing is missed."""
        self._beat += 1
        if not self.is_running:
            # Leaving, the screens go before the timer does.
            return
        screen = self.screen
        if (
            not isinstance(screen, NexusScreen)
            or not screen.is_mounted
            or (not self.app_focus and self._beat % BLURRED_BEATS)
        ):
            return
        if self.engine is not None:
            changes = self.engine.changes(self._version)
            if changes.version != self._version:
                self._version = changes.version
                screen.changed(changes.topics)
            screen.moved()
            self._look_for_owner()
            if self._beat >= self._alarms_due:
                self._alarms_due = self._beat + ALARM_BEATS
                start(self, self._look_for_alarms, "alarms", exclusive=True)
        if self._beat % BEATS == 0:
            # None at all while a screen is on its way in or out.
            screen.query("#top").refresh()
            screen.ticked()

    def _look_for_owner(self) -> None:
        """A viewer does not take over when the owner of the engine ends: it says so until there is one again."""
        told, gone = self._ended, self.engine_state == "stopped"
        if gone == (told is not None):
            return
        self._ended = ended(self.look.say) if gone else None
        for screen in self.screen_stack:
            if isinstance(screen, NexusScreen) and screen.is_mounted and (gone or screen.problem is told):
                screen.show_problem(self._ended)
                screen.refresh_keys()

    async def _look_for_alarms(self) -> None:
        if self.engine is not None:
            self.alarms = await self.engine.alarms.raised()

    def on_resize(self, event: Resize) -> None:
        """Ask for room where there is too little."""
        small = event.size.width < LEAST_WIDTH or event.size.height < LEAST_HEIGHT
        if small and not isinstance(self.screen, TooSmall):
            self.push_screen(TooSmall())
        elif not small and isinstance(self.screen, TooSmall):
            self.pop_screen()

    # Keys that act anywhere

    def action_room(self, name: str) -> None:
        """To a room, as it was left."""
        if self.current_mode != name:
            self.switch_mode(name)

    def action_help(self) -> None:
        """Every key of this place."""
        start(self, partial(self._choose, typing=False), "dialog")

    def action_palette(self) -> None:
        """The same by typing."""
        start(self, partial(self._choose, typing=True), "dialog")

    async def _choose(self, *, typing: bool) -> None:
        from nexus_tui.dialogs.commands import Commands

        screen = self.screen
        if isinstance(screen, NexusScreen):
            key = await self.push_screen_wait(Commands(screen.every_key(), typing=typing))
            if key is not None:
                await screen.do(key)

    def action_go_to(self) -> None:
        """To a place by its name."""
        start(self, self._go_to, "dialog")

    async def _go_to(self) -> None:
        from nexus_tui.dialogs.ask import Ask
        from nexus_tui.dialogs.go_to import SEARCHES, TENANT, PlaceSuggester, places

        say, screen = self.look.say, self.screen
        names = places(say)
        suggester = PlaceSuggester([*names, f"{TENANT} ", *(f"{search} " for search in SEARCHES)])
        answer = await self.push_screen_wait(Ask(say("go_to.question"), say("go_to.hint"), suggester))
        word, _, rest = (answer or "").partition(" ")
        if not word or not isinstance(screen, NexusScreen):
            return
        if word.casefold() in names and not rest:
            self.action_room(names[word.casefold()])
        elif word in SEARCHES and rest:
            screen.search(SEARCHES[word] + rest.strip())
        elif word == TENANT and rest:
            self.tenant = rest.strip()
            screen.scope(self.tenant)
        else:
            self.toast(say("go_to.unknown", place=answer), warning=True)

    def action_language(self) -> None:
        """The other language, at once."""
        self.look = self.look.next_language()
        self._redraw()

    def action_theme(self) -> None:
        """The next theme."""
        at = THEME_NAMES.index(self.theme) if self.theme in THEME_NAMES else -1
        self.theme = THEME_NAMES[(at + 1) % len(THEME_NAMES)]
        self.toast(self.look.say("theme.now", theme=self.look.say(f"theme.{self.theme}")))
        self._redraw()

    def _redraw(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, NexusScreen):
                screen.relabel()

    def action_suspend_viewer(self) -> None:
        """To the shell and back, where that stops no engine."""
        if self.engine_state in ("viewer", "stopped"):
            self.action_suspend_process()
        else:
            self.toast(self.look.say("suspend.owner"), warning=True)

    def action_leave_nexus(self) -> None:
        """Leave, after saying what is in flight."""
        start(self, self._leave, "leave", exclusive=True)

    async def _leave(self) -> None:
        from nexus_tui.dialogs.confirm import Confirm

        say = self.look.say
        if self.engine is not None and self.engine_state == "running" and isinstance(self.screen, NexusScreen):
            try:
                active = (await self.engine.documents.counts(EVERY_TENANT)).active
            except Exception:
                active = 0
            if active:
                question = say.count("quit.question", active, self.look.formats.integer(active))
                flying = len(self.engine.live())
                scope = say.count("quit.flight", flying, self.look.formats.integer(flying))
                if not await self.push_screen_wait(Confirm(question, scope, say("quit.kept"), say("quit.button"))):
                    return
        self.exit()

    def action_interrupt(self) -> None:
        """Ctrl-C: copy what is selected with the mouse; else leave, the second time without a question."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy(selected, self.look.say("copied.selection"))
        elif isinstance(self.screen, NexusScreen):
            self.action_leave_nexus()
        else:
            self.exit()

    # Telling and copying

    def toast(self, text: str, *, warning: bool = False) -> None:
        """Say something for a few seconds; the text is taken literally."""
        self.notify(text, severity="warning" if warning else "information", timeout=5, markup=False)

    def copy(self, text: str, told: str) -> None:
        """Copy by OSC 52, and to a file, as some terminals ignore that or cannot do it."""
        self.copy_to_clipboard(text)
        if self._clipboard_file is not None:
            try:
                self._clipboard_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with os.fdopen(
                    os.open(self._clipboard_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
                ) as file:
                    file.write(text)
            except OSError as error:
                self.toast(self.look.say("copied.no_file", error=error.strerror or ""), warning=True)
                return
            told += "\n" + self.look.say("copied.file", path=self._clipboard_file)
        self.toast(told)
