"""What commands print: JSON Lines for programs, plain tables for people, errors in three parts on stderr; and the exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from engine.errors import EngineError
from engine.facade.commands import CommandResult
from nexus_tui.clean import plain as clean
from store.errors import StoreError

DONE = 0
SOME_FAILED = 1
USAGE = 2


def emit(value: Any) -> None:
    """One JSON object on a line of stdout, flushed."""
    shown = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if hasattr(value, "__struct_fields__"):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    return str(value)


def line(text: str = "") -> None:
    """One line for a person."""
    sys.stdout.write(text + "\n")


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> None:
    """A plain table; columns in `right` are aligned to the right. Text of documents is stripped of control characters."""
    shown = [[clean("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [max(len(heading), *(len(row[place]) for row in shown), 0) if shown else len(heading) for place, heading in enumerate(headings)]
    aligned = set(right)

    def render(cells: Sequence[str]) -> str:
        parts = [cell.rjust(width) if place in aligned else cell.ljust(width) for place, (cell, width) in enumerate(zip(cells, widths, strict=True))]
        return "  ".join(parts).rstrip()

    line(render(list(headings)))
    line(render(["-" * width for width in widths]))
    for row in shown:
        line(render(row))


def pairs(values: Mapping[str, Any]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        line(f"{name.ljust(width)}  {clean('' if value is None else str(value))}")


def result(outcome: CommandResult, *, as_json: bool, verb: str) -> int:
    """Tell what a command did; 1 where something was refused and nothing done."""
    if as_json:
        emit(
            {
                "done": outcome.done,
                "refused": [{"subject": one.subject, "reason": one.reason, "code": one.code, "hint": one.hint} for one in outcome.refused],
                "undo": outcome.undo,
                **outcome.data,
            }
        )
    else:
        line(f"{outcome.done} {verb}")
        for one in outcome.refused:
            complain(f"{one.subject}: {one.reason}", one.hint)
    return SOME_FAILED if outcome.refused and not outcome.done else DONE


def complain(message: str, hint: str = "") -> None:
    """Something a person should know, on stderr."""
    sys.stderr.write(f"nexus: {message}\n")
    if hint:
        sys.stderr.write(f"       {hint}\n")


def failed(error: EngineError | StoreError, *, as_json: bool) -> int:
    """Tell an error: title, what happened, what to do. Returns its exit code."""
    if as_json:
        body = {"code": error.code, "title": error.title, "message": str(error), "hint": error.hint}
        sys.stderr.write(json.dumps({"error": body}, ensure_ascii=False) + "\n")
    else:
        complain(f"{error.title} ({error.code}): {error}", error.hint)
    return error.exit_code
