"""Refusals in the log, each kind once and then counted: whoever sends the same mistake two thousand times writes two lines, not two thousand.

A kind is a code and, for a fault of ours, its place; there are as many as the code has places, so what is kept is bounded.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from engine.telemetry.journal import Journal, Level

#: Seconds in which further ones of a kind are only counted.
INTERVAL_S = 60.0
#: Fields that all of a kind share.
LASTING = frozenset({"code", "status", "error", "where", "command"})


@dataclass(slots=True)
class _Kind:
    level: Level
    event: str
    message: str
    fields: dict[str, Any]
    more: int
    timer: asyncio.TimerHandle


class Complaints:
    """Writes into a journal; lives on the running loop. `stop` writes what was only counted so far."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kinds: dict[str, _Kind] = {}

    def note(self, kind: str, level: Level, event: str, message: str, **fields: Any) -> None:
        """Log the first of a kind at once, with its own `fields`; those that follow within the interval become one line, whose `again` is their number."""
        known = self._kinds.get(kind)
        if known is not None:
            known.more += 1
            return
        self._journal.log(level, event, message, **fields)
        timer = asyncio.get_running_loop().call_later(INTERVAL_S, self._over, kind)
        lasting = {name: value for name, value in fields.items() if name in LASTING}
        self._kinds[kind] = _Kind(level, event, message, lasting, 0, timer)

    def stop(self) -> None:
        """Write the counts."""
        for kind, known in list(self._kinds.items()):
            known.timer.cancel()
            self._tell(self._kinds.pop(kind))

    def _over(self, kind: str) -> None:
        known = self._kinds[kind]
        if known.more == 0:
            del self._kinds[kind]
            return
        self._tell(known)
        known.more = 0
        known.timer = asyncio.get_running_loop().call_later(INTERVAL_S, self._over, kind)

    def _tell(self, known: _Kind) -> None:
        if known.more:
            self._journal.log(known.level, known.event, known.message, again=known.more, **known.fields)
