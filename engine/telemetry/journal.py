"""The journal: spans and log records on their way to the telemetry's database, gathered on the loop without ever waiting.

It is bounded: whoever cannot write keeps the newest, and counts what was lost. A record says what happened under a name that never changes
(`hop.dead`), in one English sentence, and names trace, document and agent where there are any; it never quotes a document.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Any

from store.telemetry import Record, Span

#: Spans, and records, kept while nobody takes them: some seconds of a busy engine.
MOST = 20_000


class Level(IntEnum):
    """How much a record matters; the numbers are those of Python's own logging."""

    INFO = 20
    WARNING = 30
    ERROR = 40


class Journal:
    """Gathers until `take`. `wall_ms` is the wall clock."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self._wall_ms = wall_ms
        self._spans: deque[Span] = deque(maxlen=MOST)
        self._records: deque[Record] = deque(maxlen=MOST)
        #: Spans and records that went before anybody took them.
        self.lost = 0

    def span(self, span: Span) -> None:
        """Note a hop."""
        if len(self._spans) == MOST:
            self.lost += 1
        self._spans.append(span)

    def log(
        self, level: Level, event: str, message: str, *, trace: str | None = None, doc: str | None = None, agent: str | None = None, **fields: Any
    ) -> None:
        """Note that something happened; `fields` are what can be counted or compared."""
        if len(self._records) == MOST:
            self.lost += 1
        self._records.append(Record(self._wall_ms(), level, event, message, trace, doc, agent, fields))

    @property
    def waiting(self) -> bool:
        """Whether there is something to take."""
        return bool(self._spans or self._records)

    def take(self) -> tuple[list[Span], list[Record]]:
        """All there is, which is then the taker's."""
        spans, records = list(self._spans), list(self._records)
        self._spans.clear()
        self._records.clear()
        return spans, records
