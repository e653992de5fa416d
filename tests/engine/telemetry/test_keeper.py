"""The keeper writes what the journal gathered, masked, and outlives a disk that refuses."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from engine.outside import SystemClock
from engine.telemetry import journal as journals
from engine.telemetry import log_file
from engine.telemetry.journal import Journal, Level
from engine.telemetry.keeper import Keeper
from engine.telemetry.library_log import listening
from engine.telemetry.log_file import LogFile
from engine.telemetry.redaction import Redaction
from store import telemetry
from store.records.steps import StepStatus
from store.telemetry import Filter, Span

CLOCK = SystemClock()
SPAN = Span(1, None, None, "t", "d", "A4", "evt", 0, 1, 5, 7, 9, StepStatus.DONE, None)


def parts(directory: Path) -> tuple[Journal, Keeper]:
    journal = Journal(CLOCK.wall_ms)
    return journal, Keeper(directory, CLOCK, journal, Redaction(["hunter2-secret"]), days=7)


async def events(directory: Path) -> list[str]:
    return [one.event for one in await telemetry.look(directory, lambda c: telemetry.records(c, Filter(), 100))]


async def events_all(directory: Path) -> list[str]:
    return [one.event for one in await telemetry.look(directory, lambda c: telemetry.records(c, Filter(), 100_000))]


async def test_what_is_left_at_the_end_is_written_to_both_places(tmp_path: Path) -> None:
    journal, keeper = parts(tmp_path)
    keeper.start()
    journal.span(SPAN)
    journal.log(Level.ERROR, "hop.dead", "About 12345678000195 and hunter2-secret.", trace="t", doc="d", agent="A4", path=Path("/in/52998224725.xml"))
    await keeper.stop()
    [line] = [json.loads(line) for line in (tmp_path / "logs" / "nexus.jsonl").read_text().splitlines()]
    assert line["level"] == "error" and line["traceId"] == "t" and line["docId"] == "d" and line["agent"] == "A4"
    assert "12345678000195" not in str(line) and "52998224725" not in str(line) and "hunter2" not in str(line)
    assert [one.span for one in await telemetry.look(tmp_path, lambda c: telemetry.trace(c, "t"))] == [1]
    assert await events(tmp_path) == ["hop.dead"]


async def test_an_end_at_any_moment_of_the_opening_loses_nothing(tmp_path: Path) -> None:
    for number in range(40):
        directory = tmp_path / str(number)
        directory.mkdir()
        journal, keeper = parts(directory)
        journal.log(Level.INFO, "first", "It happened.")
        flushing = asyncio.ensure_future(keeper.database())
        await asyncio.sleep(number * 0.0003)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
        await keeper.stop()
        assert await events(directory) == ["first"]


async def test_a_disk_that_refuses_is_told_when_it_is_well_again(tmp_path: Path) -> None:
    directory = tmp_path / "gone"
    journal, keeper = parts(directory)
    journal.log(Level.INFO, "first", "Lost.")
    await keeper.flush()
    assert journal.lost == 1
    directory.mkdir()
    journal.log(Level.INFO, "second", "Kept.")
    await keeper.flush()
    journal.log(Level.INFO, "third", "Kept.")
    await keeper.stop()
    told = await events(directory)
    assert told == ["second", "telemetry.lost", "telemetry.refused", "third"]


async def test_the_journal_is_bounded_and_counts_what_it_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "MOST", 3)
    journal = Journal(CLOCK.wall_ms)
    for number in range(5):
        journal.log(Level.INFO, f"event{number}", "It happened.")
        journal.span(SPAN)
    assert journal.lost == 4
    spans, records = journal.take()
    assert len(spans) == 3 and [one.event for one in records] == ["event2", "event3", "event4"]
    assert not journal.waiting


async def test_what_libraries_say_is_in_the_log_without_the_text_of_an_exception(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    journal, keeper = parts(tmp_path)
    with listening(journal):
        try:
            raise ValueError("ACME LTDA owes 12345678000195")
        except ValueError:
            logging.getLogger("somewhere").exception("It broke.")
        logging.getLogger("somewhere").info("Not worth telling.")
    await keeper.stop()
    [found] = await telemetry.look(tmp_path, lambda c: telemetry.records(c, Filter(), 10))
    fields = found.fields
    assert found.event == "library" and found.message == "It broke." and found.level == Level.ERROR
    assert fields["logger"] == "somewhere" and fields["error"] == "ValueError" and fields["where"].startswith("test_keeper.py:")
    assert "ACME" not in (tmp_path / "logs" / "nexus.jsonl").read_text()
    assert capfd.readouterr().err == ""


async def test_erasing_while_others_tell_takes_only_what_it_should(tmp_path: Path) -> None:
    journal, keeper = parts(tmp_path)
    for number in range(200):
        journal.log(Level.INFO, "told", "It happened.", doc="dead0dead0" if number % 2 else "other", number=number)
    await keeper.flush()
    erasing = asyncio.ensure_future(keeper.erase(["dead0dead0"], [b"nothing"]))
    while not erasing.done():
        journal.log(Level.INFO, "meanwhile", "It happened.")
        await keeper.flush()
    assert erasing.result()
    await keeper.stop()
    lines = [json.loads(line) for line in (tmp_path / "logs" / "nexus.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == await events_all(tmp_path)
    assert "dead0dead0" not in str(lines) and sum(line["event"] == "told" for line in lines) == 100


def test_the_log_file_is_rotated_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LARGEST", 50)
    file = LogFile(tmp_path)
    for number in range(40):
        file.append([b'{"number": %d, "more": "xxxxxxxxxxxx"}' % number])
    files = file.files()
    assert len(files) == 1 + log_file.KEPT
    numbers = [json.loads(line)["number"] for path in reversed(files) for line in path.read_text().splitlines()]
    assert numbers == list(range(numbers[0], 40)) and numbers[0] > 0
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)


def test_a_link_in_the_logs_place_is_not_followed(tmp_path: Path) -> None:
    file = LogFile(tmp_path)
    file.append([b"{}"])
    file.path.unlink()
    target = tmp_path / "target"
    target.write_bytes(b"")
    file.path.symlink_to(target)
    with pytest.raises(OSError):
        file.append([b"{}"])
    assert target.read_bytes() == b""


def test_erasing_takes_the_lines_of_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_file, "LARGEST", 30)
    file = LogFile(tmp_path)
    for number in range(6):
        file.append([b'{"doc": "d%d", "n": %d}' % (number % 2, number)])
    assert file.rewrite([b'"d1"']) == 3
    assert b'"d1"' not in b"".join(path.read_bytes() for path in file.files())
    assert b"".join(path.read_bytes() for path in file.files()).count(b'"d0"') == 3
