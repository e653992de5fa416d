"""The telemetry's database: what is kept, for how long, what is found again, and how far exporters have got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store import erasure, sweep, telemetry
from store.errors import NotFound
from store.records.steps import StepStatus
from store.telemetry import Filter, Record, Span, Telemetry

NOON = 1_795_500_000_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Telemetry]:
    opened = await Telemetry.open(tmp_path)
    yield opened
    await opened.close()


def span(number: int, trace: str = "t1", doc: str = "d1", started: int = NOON) -> Span:
    return Span(number, number - 1 or None, None, trace, doc, "A4", "evt.doc.normalized", 0, 1, started + number, 1500, 3, StepStatus.DONE, None)


def record(event: str, *, level: int = 20, trace: str | None = "t1", doc: str | None = "d1", agent: str | None = "A4", at: int = NOON, fields: str = "{}") -> Record:
    return Record(at, level, event, "It happened.", trace, doc, agent, json.loads(fields))


async def test_a_trace_comes_back_in_the_order_in_which_it_began(database: Telemetry) -> None:
    await database.write(lambda c: telemetry.add(c, [span(2), span(1), span(3, "t2")], []))
    found = await database.read(lambda c: telemetry.trace(c, "t1"))
    assert [(one.span, one.parent, one.trace) for one in found] == [(1, None, "t1"), (2, 1, "t1")]
    assert await database.read(lambda c: telemetry.trace(c, "nothing")) == []


async def test_one_document_of_a_trace_brings_the_planners_span_with_it(database: Telemetry) -> None:
    await database.write(lambda c: telemetry.add(c, [span(1, doc=""), span(2), span(3, doc="d2")], []))
    assert [one.span for one in await database.read(lambda c: telemetry.trace(c, "t1", "d2"))] == [1, 3]


async def test_records_are_found_by_everything_that_is_asked_for_at_once(database: Telemetry) -> None:
    rows = [
        record("hop.dead", level=40, fields='{"error":"NX-A02 ValueError"}'), record("hop.retried", level=30, agent="A5"), record("document.finished", trace="t2", doc="d2"),
        record("engine.started", trace=None, doc=None, agent=None, at=NOON + 5),
    ]  # fmt: skip
    await database.write(lambda c: telemetry.add(c, [], rows))

    async def events(which: Filter, limit: int = 10) -> list[str]:
        return [one.event for one in await database.read(lambda c: telemetry.records(c, which, limit))]

    assert await events(Filter()) == ["hop.dead", "hop.retried", "document.finished", "engine.started"]
    assert await events(Filter(), 2) == ["document.finished", "engine.started"]
    assert await events(Filter(trace="t1", least=40)) == ["hop.dead"]
    assert await events(Filter(agent="A5")) == ["hop.retried"]
    assert await events(Filter(text="valueERROR")) == ["hop.dead"]
    assert await events(Filter(since=NOON + 1)) == ["engine.started"]
    assert await events(Filter(text="%")) == []


async def test_what_is_old_is_forgotten_in_batches_and_its_trace_with_it(database: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "BATCH", 2)
    await database.write(lambda c: telemetry.add(c, [span(n, doc=f"d{n}") for n in range(1, 6)], [record("a"), record("b", at=NOON + 9000)]))
    await database.write(lambda c: telemetry.add(c, [span(9, "t9", started=NOON + 9000)], []))
    await database.write(lambda c: telemetry.measure(c, NOON, [("queue.ready", 3)]))
    runs = 0
    while await database.write(lambda c: telemetry.forget(c, NOON + 1000)):
        runs += 1
    assert runs == 2
    assert await database.read(lambda c: telemetry.trace(c, "t1")) == []
    assert len(await database.read(lambda c: telemetry.trace(c, "t9"))) == 1
    assert [one.event for one in await database.read(lambda c: telemetry.records(c, Filter(), 10))] == ["b"]
    assert await database.read(lambda c: telemetry.points(c, "queue.ready", 0)) == []
    await database.write(lambda c: telemetry.forget(c, NOON + 1000))
    assert await database.read(lambda c: c.execute("SELECT name FROM trace").fetchall()) == [("t9",)]


async def test_the_oldest_goes_before_its_time_where_the_file_is_too_large(database: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "BATCH", 3)
    await database.write(lambda c: telemetry.add(c, [span(n, doc=f"d{n}") for n in range(1, 6)], []))
    monkeypatch.setattr(telemetry, "MOST_BYTES", 1)
    assert await database.write(lambda c: telemetry.forget(c, 0))
    assert [one.span for one in await database.read(lambda c: telemetry.trace(c, "t1"))] == [4, 5]


async def test_what_was_forgotten_is_given_back_to_the_disk(database: Telemetry, tmp_path: Path) -> None:
    await database.write(lambda c: telemetry.add(c, [span(n, doc=f"d{n}") for n in range(1, 3000)], []))
    await database.read(erasure.cut_wal)
    before = (tmp_path / "telemetry.db").stat().st_size
    while await database.write(lambda c: telemetry.forget(c, NOON + 9000)):
        pass
    while await database.write(sweep.vacuum):
        pass
    await database.read(erasure.cut_wal)
    assert (tmp_path / "telemetry.db").stat().st_size < before / 2


async def test_an_exporter_begins_with_what_is_told_from_then_on_and_remembers_how_far_it_is(database: Telemetry) -> None:
    await database.write(lambda c: telemetry.add(c, [span(1)], [record("old")]))
    assert await database.write(lambda c: telemetry.cursor(c, "otlp", "span")) == 1
    assert await database.write(lambda c: telemetry.cursor(c, "logflare", "record")) == 1
    await database.write(lambda c: telemetry.add(c, [span(2), span(3, doc="d2"), span(4)], [record("new")]))
    at = await database.write(lambda c: telemetry.cursor(c, "otlp", "span"))
    spans = await database.read(lambda c: telemetry.spans_after(c, at, 10))
    assert [(one.span, one.id) for one in spans] == [(2, 2), (4, 2), (3, 3)]
    assert [one.event for one in await database.read(lambda c: telemetry.records_after(c, 1, 10))] == ["new"]
    await database.write(lambda c: telemetry.advance(c, "otlp", spans[-1].id))
    assert await database.write(lambda c: telemetry.cursor(c, "otlp", "span")) == 3
    assert await database.write(lambda c: telemetry.cursor(c, "logflare", "record")) == 1


async def test_an_exporter_is_given_spans_that_were_told_together_whole(database: Telemetry) -> None:
    """An id is how far it has got: with half of them delivered the other half would be passed over."""
    await database.write(lambda c: telemetry.add(c, [span(1), span(2), span(3, doc="d2"), span(4, doc="d3")], []))
    assert [one.span for one in await database.read(lambda c: telemetry.spans_after(c, 0, 1))] == [1, 2]
    assert [one.span for one in await database.read(lambda c: telemetry.spans_after(c, 1, 2))] == [3, 4]


async def test_every_value_of_a_span_comes_back(database: Telemetry) -> None:
    told = Span(2**62 - 1, 2**61, 7, "t1", "d1", "A5", "evt.tax.checked", 2, 3, NOON, 0, 86_400_000, StepStatus.RETRIED, "NX-A02 ValueError: «ção»")
    await database.write(lambda c: telemetry.add(c, [told], []))
    assert await database.read(lambda c: telemetry.trace(c, "t1")) == [told._replace(id=1)]


async def test_ids_of_what_was_forgotten_never_come_again(database: Telemetry) -> None:
    await database.write(lambda c: telemetry.add(c, [span(1)], []))
    await database.write(lambda c: telemetry.forget(c, NOON + 9000))
    assert await database.write(lambda c: telemetry.cursor(c, "otlp", "span")) == 1
    await database.write(lambda c: telemetry.add(c, [span(2)], []))
    assert [one.span for one in await database.read(lambda c: telemetry.spans_after(c, 1, 10))] == [2]


async def test_erasing_leaves_no_byte_of_it(database: Telemetry, tmp_path: Path) -> None:
    rows = [record("a", doc="dead0dead0"), record("b", doc=None, fields='{"path":"ACME LTDA"}'), record("c", doc=None)]
    await database.write(lambda c: telemetry.add(c, [span(1, doc="dead0dead0"), span(2)], rows))
    assert await database.write(lambda c: telemetry.erase(c, ["dead0dead0"], [b"ACME"])) == 3
    assert await database.read(erasure.cut_wal)
    for path in tmp_path.glob("telemetry.db*"):
        assert b"dead0dead0" not in path.read_bytes() and b"ACME" not in path.read_bytes()
    assert [one.event for one in await database.read(lambda c: telemetry.records(c, Filter(), 10))] == ["c"]


async def test_it_is_looked_at_from_outside_while_it_is_written(database: Telemetry, tmp_path: Path) -> None:
    await database.write(lambda c: telemetry.add(c, [span(1)], []))
    assert len(await telemetry.look(tmp_path, lambda c: telemetry.trace(c, "t1"))) == 1
    with pytest.raises(NotFound):
        await telemetry.look(tmp_path / "nowhere", lambda c: telemetry.trace(c, "t1"))


async def test_a_file_of_another_version_is_set_aside(tmp_path: Path) -> None:
    first = await Telemetry.open(tmp_path)
    await first.read(lambda c: c.execute("PRAGMA user_version=99").fetchall())
    await first.close()
    second = await Telemetry.open(tmp_path)
    await second.write(lambda c: telemetry.add(c, [span(1)], []))
    await second.close()
    assert (tmp_path / "telemetry.db.unreadable").exists()


async def test_two_that_open_at_once_both_have_it(tmp_path: Path) -> None:
    opened = await asyncio.gather(*(Telemetry.open(tmp_path) for _ in range(8)))
    await opened[0].write(lambda c: telemetry.add(c, [span(1)], []))
    assert all([len(await one.read(lambda c: telemetry.trace(c, "t1"))) == 1 for one in opened])
    for one in opened:
        await one.close()
