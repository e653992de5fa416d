"""What commands print: JSON Lines for programs, plain tables for people, errors in three parts on stderr; and the exit codes.

Text of documents and file names is drawn without control characters.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import typer

from nexus_tui.clean import plain as clean

DONE = 0
SOME_FAILED = 1
USAGE = 2
INTERRUPTED = 130


def emit(value: Any) -> None:
    """One JSON object on a line of stdout, flushed; UTF-8 whatever the terminal speaks."""
    shown = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    text = json.dumps(shown, ensure_ascii=False, default=_plain)
    # A file name that is no UTF-8 holds lone surrogates, which JSON can only say escaped.
    write(text.encode("utf-8", "backslashreplace") + b"\n")


def write(content: bytes) -> None:
    """Bytes to stdout, flushed."""
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def flush() -> None:
    """Bring out what is left; a reader that has gone has enough of it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        abandon()


def abandon() -> None:
    """Nobody reads stdout any more: what is still to be flushed at exit goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_file(path: Path, content: bytes) -> None:
    """Write a file that the caller named. A path that cannot be written is a usage error."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from error


def make_folder(path: Path) -> None:
    """Make a folder that the caller named, with those above it. A path that cannot be one is a usage error."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from error


def line(text: str = "") -> None:
    """One line for a person."""
    sys.stdout.write(clean(text) + "\n")


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> None:
    """A plain table; columns in `right` are aligned to the right."""
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


def complain(message: str, hint: str = "") -> None:
    """Something a person should know, on stderr."""
    sys.stderr.write(f"nexus: {clean(message)}\n")
    if hint:
        sys.stderr.write(f"       {clean(hint)}\n")
