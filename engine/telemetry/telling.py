"""A running engine's telemetry, put together: the journal that everybody writes into, the trail of hops, the timings, the complaints, and the keeper of it all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.outside import Clock
from engine.telemetry.complaints import Complaints
from engine.telemetry.journal import Journal
from engine.telemetry.keeper import Keeper
from engine.telemetry.library_log import listening
from engine.telemetry.redaction import Redaction
from engine.telemetry.timings import Timings


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What others write into, and what writes it down."""

    journal: Journal
    timings: Timings
    redaction: Redaction
    keeper: Keeper
    complaints: Complaints


@asynccontextmanager
async def telling(directory: Path, clock: Clock, redaction: Redaction, *, days: int) -> AsyncIterator[Telling]:
    """Keep telemetry below `directory` for `days`; at the end what is left is written."""
    journal = Journal(clock.wall_ms)
    keeper = Keeper(directory, clock, journal, redaction, days=days)
    complaints = Complaints(journal)
    with listening(journal):
        keeper.start()
        try:
            yield Telling(journal=journal, timings=Timings(), redaction=redaction, keeper=keeper, complaints=complaints)
        finally:
            complaints.stop()
            await keeper.stop()
