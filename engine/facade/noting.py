"""Commands that were refused as bad input, in the log: once a kind, then counted. What a command merely declines is an answer, and in none.

The log has the command's name and the code, never what it was given.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from engine.facade.commands import Command, CommandResult
from engine.facade.reading import Executing
from engine.telemetry.complaints import Complaints
from engine.telemetry.journal import Level

#: Codes of what commands decline: `refusals` has them.
DECLINED = "NX-F"


class Noting:
    """Executes through another, and notes what it refuses."""

    def __init__(self, executing: Executing, complaints: Complaints) -> None:
        self._executing = executing
        self._complaints = complaints

    async def execute(self, command: Command, who: str | None = None) -> CommandResult:
        """Run one command."""
        result: CommandResult = await self._executing.execute(command, who)
        name = type(command).__name__
        for code in {one.code for one in result.refused if not one.code.startswith(DECLINED)}:
            self._complaints.note(f"{name} {code}", Level.WARNING, "command.refused", f"A command was refused: {name}.", code=code, command=name)
        return result

    def take_in(self, job: str, tenant: str, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]:
        """Take files in; each is told by itself."""
        return self._executing.take_in(job, tenant, paths)
