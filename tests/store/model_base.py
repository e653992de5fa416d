"""What the model machines share: the clock the rules drive, and operations that a dying process leaves undone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from store import bin as dustbin
from store import queues
from store.transaction import Transaction
from tests.store.harness import NOON, Database

T = TypeVar("T")

RETENTION = 200_000
DAY = 24 * 3600 * 1000
#: Few of each, so that they meet.
traces = st.sampled_from(["t1", "t2", "t3"])


class Died(Exception):
    """The process died before COMMIT."""


class Machine(RuleBasedStateMachine):
    """A real database, and time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "nexus.db")
        self.now = NOON
        self.doomed = False
        self.ids: dict[str, int] = {}
        for name in ("parse", "audit"):
            queue = self.database.run(lambda tx, name=name: queues.ensure(tx, name, 16, retention_ms=RETENTION))  # type: ignore[misc]
            assert queue.dlq is not None
            self.ids |= {name: queue.id, "dlq." + name: queue.dlq}
        self.database.run(lambda tx: dustbin.discard(tx, self.now, []))
        self.ids["bin"] = self.database.value("SELECT id FROM queue WHERE name='bin'")
        self.names = {number: name for name, number in self.ids.items()}

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    def run(self, operation: Callable[[Transaction], T]) -> T:
        """Run and commit, unless the process is to die; then `Died` is raised and nothing has happened."""
        if not self.doomed:
            return self.database.run(operation)
        self.doomed = False
        try:
            self.database.die_in(operation)
        finally:
            self.recover()
        raise Died

    def attempt(self, operation: Callable[[Transaction], T]) -> tuple[bool, T | None]:
        """(True, result), or (False, None) if the process died."""
        try:
            return True, self.run(operation)
        except Died:
            return False, None

    def recover(self) -> None:
        self.database.run(lambda tx: queues.recover(tx, self.now))

    def swept(self) -> None:
        """A sweep was committed."""

    def moments(self) -> set[int]:
        """When something will change by itself, so that the very millisecond is tried."""
        return set()

    @rule()
    def the_next_operation_dies(self) -> None:
        self.doomed = True

    @rule()
    def restart(self) -> None:
        self.doomed = False
        self.database.reopen()
        self.recover()

    @rule(milliseconds=st.sampled_from([1, 999, 60_000, 8 * DAY]))
    def time_passes(self, milliseconds: int) -> None:
        self.now += milliseconds

    @rule(early=st.sampled_from([0, 0, 0, 1]))
    def the_next_moment_comes(self, early: int) -> None:
        coming = [moment for moment in self.moments() if moment > self.now]
        if coming:
            self.now = max(self.now, min(coming) - early)
