"""A refusal that comes again and again is two lines in the log: that it came, and how often it came after that."""

from __future__ import annotations

import asyncio

import pytest

from engine.telemetry import complaints
from engine.telemetry.complaints import Complaints
from engine.telemetry.journal import Journal, Level


def noted(journal: Journal) -> list[tuple[str, int | None]]:
    _, records = journal.take()
    return [(record.event, record.fields.get("again")) for record in records]


async def test_the_first_is_told_at_once_and_the_rest_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complaints, "INTERVAL_S", 0.1)
    journal = Journal(lambda: 0)
    complaining = Complaints(journal)
    for number in range(2000):
        complaining.note("NX-H03", Level.WARNING, "http.refused", "No.", code="NX-H03", status=400, fields=[f"x{number}"])
    complaining.note("NX-H05", Level.WARNING, "http.refused", "No.", code="NX-H05", status=401)
    assert noted(journal) == [("http.refused", None)] * 2
    await asyncio.sleep(0.15)
    assert noted(journal) == [("http.refused", 1999)]
    # It goes on: another number. Then it is quiet: nothing, and the next one is a first again.
    complaining.note("NX-H03", Level.WARNING, "http.refused", "No.", code="NX-H03", status=400)
    await asyncio.sleep(0.15)
    assert noted(journal) == [("http.refused", 1)]
    await asyncio.sleep(0.15)
    complaining.note("NX-H03", Level.WARNING, "http.refused", "No.", code="NX-H03", status=400)
    assert noted(journal) == [("http.refused", None)]


async def test_what_was_only_counted_is_told_at_the_end() -> None:
    journal = Journal(lambda: 0)
    complaining = Complaints(journal)
    for _ in range(3):
        complaining.note("kind", Level.ERROR, "http.fault", "A fault.", code="NX-H17", error="KeyError", fields=["secret"])
    complaining.note("once", Level.ERROR, "http.fault", "A fault.")
    journal.take()
    complaining.stop()
    _, [record] = journal.take()
    assert (record.event, record.level, record.fields) == ("http.fault", Level.ERROR, {"again": 2, "code": "NX-H17", "error": "KeyError"})
    complaining.stop()
    assert noted(journal) == []
