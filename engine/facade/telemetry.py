"""What the engine told of itself: the spans of a trace, the log, measured values. Read from a file of its own, whoever owns the data directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.telemetry.journal import Level
from store import telemetry
from store.errors import NotFound
from store.telemetry import Filter, Record, Span

LEVELS = {level.name.lower(): level for level in Level}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanView:
    """One hop: ids are 16 hexadecimal digits, `link` is the attempt that failed before it, `state` done, retried or dead."""

    id: str
    parent: str | None
    link: str | None
    document: str
    agent: str
    event: str
    run: int
    attempt: int
    started_ms: int
    took_us: int
    wait_ms: int
    state: str
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """One line of the log."""

    at_ms: int
    level: str
    event: str
    message: str
    trace: str | None
    document: str | None
    agent: str | None
    fields: dict[str, Any]


async def spans(directory: Path, trace: str, document: str | None = None) -> tuple[SpanView, ...]:
    """The spans of a trace in the order in which they began; none where they are too old or were never kept."""
    try:
        found = await telemetry.look(directory, lambda connection: telemetry.trace(connection, trace, document))
    except NotFound:
        return ()
    return tuple(map(_span, found))


async def records(
    directory: Path, *, trace: str | None = None, document: str | None = None, agent: str | None = None, level: str = "info", since_ms: int = 0, text: str | None = None,
    limit: int,
) -> tuple[RecordView, ...]:  # fmt: skip
    """The newest records that fit, oldest first; `level` is the least one, `text` stands anywhere. Raises `BadInput`."""
    if level not in LEVELS:
        raise BadInput(f"{level!r} is no level; there are {', '.join(LEVELS)}.")
    which = Filter(trace=trace, doc=document, agent=agent, least=LEVELS[level], since=since_ms, text=text)
    try:
        found = await telemetry.look(directory, lambda connection: telemetry.records(connection, which, limit))
    except NotFound:
        return ()
    return tuple(map(_record, found))


async def measured(directory: Path, name: str, since_ms: int = 0) -> tuple[tuple[int, float], ...]:
    """Values of a measure by time, a minute apart."""
    try:
        return tuple(await telemetry.look(directory, lambda connection: telemetry.points(connection, name, since_ms)))
    except NotFound:
        return ()


async def measures(directory: Path) -> tuple[str, ...]:
    """Names of what is measured."""
    try:
        return tuple(await telemetry.look(directory, telemetry.point_names))
    except NotFound:
        return ()


def _span(row: Span) -> SpanView:
    return SpanView(
        id=_hexadecimal(row.span) or "", parent=_hexadecimal(row.parent), link=_hexadecimal(row.link), document=row.doc, agent=row.agent, event=row.event,
        run=row.run, attempt=row.attempt, started_ms=row.started, took_us=row.took, wait_ms=row.waited, state=row.status.name.lower(), error=row.error,
    )  # fmt: skip


def _record(row: Record) -> RecordView:
    return RecordView(
        at_ms=row.at, level=Level(row.level).name.lower(), event=row.event, message=row.message, trace=row.trace, document=row.doc, agent=row.agent,
        fields=row.fields,
    )  # fmt: skip


def _hexadecimal(span: int | None) -> str | None:
    return None if span is None else f"{span:016x}"
