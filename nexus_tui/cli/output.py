"""What commands print: JSON Lines for programs, plain tables for people, errors in three parts on stderr; and the exit codes.

Text of documents and file names is drawn without control characters.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import typer

from engine.errors import OutputLost
from nexus_tui.clean import plain as clean
from nexus_tui.cli.words import Language, word
from nexus_tui.formats import Formats

DONE = 0
SOME_FAILED = 1
USAGE = 2
INTERRUPTED = 130


def emit(value: Any, **verbatim: bytes) -> None:
    """One JSON object on a line of stdout, flushed; UTF-8 whatever the terminal speaks. `verbatim` members are JSON already."""
    shown = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    text = json.dumps(shown, ensure_ascii=False, default=_plain)
    # A file name that is no UTF-8 holds lone surrogates, which JSON can only say escaped.
    content = text.encode("utf-8", "backslashreplace")
    for name, member in verbatim.items():
        content = b'%s, "%s": %s}' % (content[:-1], name.encode(), member)
    write(content + b"\n")


def write(content: bytes) -> None:
    """Bytes to stdout, flushed."""
    with _kept():
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def flush() -> None:
    """Bring out what is left; a reader that has gone has enough of it. Raises `OutputLost`."""
    try:
        with _kept():
            sys.stdout.flush()
    except BrokenPipeError:
        abandon()


@contextmanager
def _kept() -> Iterator[None]:
    """Raise `OutputLost` where stdout takes no more, a full disk for one; a reader that has gone stays a `BrokenPipeError`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        abandon()
        raise OutputLost(f"stdout: {error.strerror}") from error


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
    with _kept():
        sys.stdout.write(clean(text) + "\n")


def table(headings: Sequence[str], rows: Iterable[Sequence[Any]], right: Iterable[int] = ()) -> None:
    """A plain table; columns in `right` are aligned to the right."""
    shown = [[clean("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [
        max(len(heading), *(len(row[place]) for row in shown), 0) if shown else len(heading)
        for place, heading in enumerate(headings)
    ]
    aligned = set(right)

    def render(cells: Sequence[str]) -> str:
        parts = [
            cell.rjust(width) if place in aligned else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
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


def amount(value: str | Decimal | None, spoken: Language) -> str:
    """An amount for a person: `1.234,56` in Portuguese, `1234.56` in English.

    It has two places at least; what a document says with more is not rounded away.
    """
    if value is None or value == "":
        return ""
    exact = Decimal(value)
    exponent = exact.normalize().as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 0)
    return _formats(spoken).decimal(exact, places) if spoken == "pt" else f"{exact:.{places}f}"


def moment(at_ms: int, spoken: Language) -> str:
    """A moment for a person, in this machine's zone: `31/12/2026 14:02:11` in Portuguese, `2026-12-31 14:02:11` in English."""
    shown = _formats(spoken, at_ms)
    return f"{shown.day(at_ms)} {shown.time(at_ms)}"


def milliseconds(written: str) -> int:
    """A moment as the wire writes it, in milliseconds since the epoch."""
    return round(datetime.fromisoformat(written).timestamp() * 1000)


def expiry(at_ms: int | None, spoken: Language) -> str:
    """When something expires, and how long that is from now."""
    if at_ms is None:
        return word("never", spoken)
    left = _formats(spoken).age(at_ms - time.time_ns() // 1_000_000)
    return word("expires_in", spoken).format(moment(at_ms, spoken), left)


def _formats(spoken: Language, at_ms: int = 0) -> Formats:
    """How the reader writes; the zone is what it is at that moment, which a change of the clocks may set apart from now."""
    zone = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone().tzinfo
    return Formats(language="pt-BR" if spoken == "pt" else "en", zone=zone or UTC)


def complain(message: str, hint: str = "") -> None:
    """Something a person should know, on stderr."""
    sys.stderr.write(f"nexus: {clean(message)}\n")
    if hint:
        sys.stderr.write(f"       {clean(hint)}\n")
