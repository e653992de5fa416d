"""The engine as a face holds it: one module a noun, the same over a running engine and over its database read from outside."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol

from engine.facade.alarms import Alarms
from engine.facade.assistant import Assistant
from engine.facade.backfills import Backfills
from engine.facade.blobs import BlobFiles
from engine.facade.companies import OwnCompanies
from engine.facade.decisions import Decisions
from engine.facade.documents import Documents
from engine.facade.erasure import Erasures
from engine.facade.jobs import Jobs
from engine.facade.queues import Queues
from engine.facade.reading import Executing, Reading
from engine.facade.searching import Searching
from engine.facade.settings import LiveSettings
from engine.facade.state import State
from engine.facade.views import Changes
from engine.facade.watches import WatchedFolders

EngineState = Literal["running", "draining", "viewer", "stopped"]


class Presence(Protocol):
    """What a face may ask without waiting."""

    def changes(self, since: int) -> Changes:
        """What changed after version `since`."""
        ...

    def live(self) -> Mapping[str, int]:
        """Documents at work right now and the cell of the pipeline they are at; empty in a viewer."""
        ...

    def state(self) -> EngineState:
        """Whether this process runs the engine, is stopping it, or looks on."""
        ...


class Engine:
    """All queries and commands."""

    def __init__(self, reading: Reading, executing: Executing, presence: Presence, directory: Path) -> None:
        self._presence = presence
        self.documents = Documents(reading, executing)
        self.jobs = Jobs(reading, executing)
        self.queues = Queues(reading, executing)
        self.state = State(reading, executing)
        self.companies = OwnCompanies(reading, executing)
        self.watches = WatchedFolders(reading, executing)
        self.backfills = Backfills(reading, executing)
        self.blobs = BlobFiles(reading, executing)
        self.erasures = Erasures(reading, executing)
        self.search = Searching(reading)
        self.assistant = Assistant(reading, executing)
        self.settings = LiveSettings(reading, executing)
        self.decisions = Decisions(reading, executing)
        self.alarms = Alarms(reading, directory, self.queues, self.watches)
        self.reading = reading

    def changes(self, since: int) -> Changes:
        """What changed after version `since`; cheap, for asking ten times a second."""
        return self._presence.changes(since)

    def live(self) -> Mapping[str, int]:
        """Documents at work right now, and where."""
        return self._presence.live()

    def engine_state(self) -> EngineState:
        """Running, draining, or viewer."""
        return self._presence.state()
