"""Keeps what the journal gathers: once a second into the telemetry's database and the log file, off the loop and never in a document's way.

If the disk refuses, the journal goes on gathering its newest and it is tried again; the first refusal is told once it can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.outside import Clock, iso
from engine.telemetry.journal import Journal, Level
from engine.telemetry.log_file import LogFile
from engine.telemetry.redaction import Redaction
from store import erasure, sweep, telemetry
from store.errors import StoreError
from store.telemetry import Record, Span, Telemetry

#: Seconds between two writings, and between two looks for what is too old.
WRITE_S, FORGET_S = 1.0, 60.0
DAY_MS = 24 * 3600 * 1000
#: Batches deleted in one look, and bites of free pages given back.
MOST_BATCHES = 50


class Keeper:
    """Runs between `start` and `stop`, which writes what is left. `days` is how long rows stay."""

    def __init__(self, directory: Path, clock: Clock, journal: Journal, redaction: Redaction, *, days: int) -> None:
        self._directory = directory
        self._clock = clock
        self._journal = journal
        self._redaction = redaction
        self._kept_ms = days * DAY_MS
        self._file = LogFile(directory)
        self._opening: asyncio.Task[Telemetry] | None = None
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()
        self._forgot = clock.monotonic()
        self._refused: str | None = None
        self._told_lost = 0
        #: Asked for values to keep with each look for what is too old: name and value.
        self.measures: Callable[[], Sequence[tuple[str, float]]] = tuple

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Write what is left, and close."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.flush()
        if self._opening is not None:
            with suppress(StoreError, OSError):
                await (await self._opening).close()

    async def database(self) -> Telemetry:
        """The database, opened when it is first needed; who is cancelled meanwhile leaves it to the next."""
        opening = self._opening
        if opening is None or (opening.done() and (opening.cancelled() or opening.exception() is not None)):
            opening = self._opening = asyncio.ensure_future(Telemetry.open(self._directory))
        return await asyncio.shield(opening)

    async def flush(self) -> None:
        """Write what was gathered so far. What the disk refuses is gone from the journal and counted as lost."""
        async with self._writing:
            if not self._journal.waiting:
                return
            spans, records = self._journal.take()
            if self._journal.lost > self._told_lost:
                records.append(self._own(Level.WARNING, "telemetry.lost", "Spans or records were lost: they could not be written in time.", lost=self._journal.lost))
                self._told_lost = self._journal.lost
            if self._refused is not None:
                records.append(self._own(Level.WARNING, "telemetry.refused", "Telemetry could not be written for a while.", error=self._refused))
            try:
                await self._write(spans, records)
            except (StoreError, OSError) as error:
                self._journal.lost += len(spans) + len(records)
                self._refused = f"{type(error).__name__}: {error}"
            else:
                self._refused = None

    async def erase(self, docs: Sequence[str], needles: Sequence[bytes]) -> bool:
        """Forget documents, and every record in which something of `needles` stands. False if a reader still needs the WAL. Raises what the disk says."""
        await self.flush()
        # Lines written between the reading and the replacing of the file would be gone.
        async with self._writing:
            database = await self.database()
            await database.write(lambda connection: telemetry.erase(connection, docs, needles))
            await asyncio.to_thread(self._file.rewrite, [*(doc.encode() for doc in docs), *needles])
        return await erasure.emptied(database.read)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(WRITE_S)
            await self.flush()
            if self._clock.monotonic() - self._forgot >= FORGET_S:
                self._forgot = self._clock.monotonic()
                with suppress(StoreError):
                    await self._look()

    async def _look(self) -> None:
        database = await self.database()
        now = self._clock.wall_ms()
        values = self.measures()
        if values:
            await database.write(lambda connection: telemetry.measure(connection, now, values))
        for _ in range(MOST_BATCHES):
            if not await database.write(lambda connection: telemetry.forget(connection, now - self._kept_ms)):
                break
        for _ in range(MOST_BATCHES):
            if not await database.write(sweep.vacuum):
                break

    async def _write(self, spans: Sequence[Span], records: Sequence[Record]) -> None:
        masked = [self._masked(record) for record in records]
        database = await self.database()
        await database.write(lambda connection: telemetry.add(connection, spans, masked))
        if masked:
            await asyncio.to_thread(self._file.append, [_line(record) for record in masked])

    def _masked(self, record: Record) -> Record:
        return record._replace(message=self._redaction.text(record.message), fields=self._redaction.value(record.fields))

    def _own(self, level: Level, event: str, message: str, **fields: object) -> Record:
        return Record(self._clock.wall_ms(), level, event, message, None, None, None, fields)


def _line(record: Record) -> bytes:
    named = {"traceId": record.trace, "docId": record.doc, "agent": record.agent}
    return msgspec.json.encode(
        {
            "time": iso(record.at), "level": Level(record.level).name.lower(), "event": record.event, "message": record.message,
            **{name: value for name, value in named.items() if value is not None}, **record.fields,
        }
    )  # fmt: skip
