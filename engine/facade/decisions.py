"""What was decided by hand, and taking the last of it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.facade.commands import CommandResult, Undo
from engine.facade.reading import Executing, Reading
from engine.outside import iso
from store.driver import Connection
from store.records import decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision: when, who (user and face), what, about what. `undoable` is one of a kind that can be taken back and was not; only for 10 seconds."""

    at_ms: int
    who: str
    verb: str
    subject: str
    undone_ms: int | None
    undoable: bool


class Decisions:
    """Queries and the command."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def newest(self, limit: int = 100) -> tuple[DecisionView, ...]:
        """The newest first."""

        def query(connection: Connection) -> tuple[DecisionView, ...]:
            return tuple(
                DecisionView(
                    at_ms=one.at, who=one.who, verb=one.verb, subject=one.subject, undone_ms=one.undone or None,
                    undoable=one.reversal is not None and one.undone is None,
                )
                for one in decisions.newest(connection, limit)
            )  # fmt: skip

        return await self._reading.read(query)

    async def undo(self) -> CommandResult:
        """Take the last decision back that can be: `{verb, subject, who}` of it."""
        result: CommandResult = await self._executing.execute(Undo())
        return result


def decision_object(view: DecisionView) -> dict[str, Any]:
    """A decision as `--json` tells it."""
    return {
        "at": iso(view.at_ms), "who": view.who, "verb": view.verb, "subject": view.subject, "undoable": view.undoable,
        "undoneAt": None if view.undone_ms is None else iso(view.undone_ms),
    }  # fmt: skip
