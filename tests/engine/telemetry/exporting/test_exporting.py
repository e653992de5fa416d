"""Exporters against a receiver on this machine: what goes wrong is told once, and never ends the engine badly."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import BadReceiver
from engine.outside import Outside
from engine.telemetry.exporting import exporting
from engine.telemetry.exporting.exporting import Exporting, Maker
from engine.telemetry.exporting.logflare import Logflare
from engine.telemetry.exporting.otlp import Otlp
from engine.telemetry.exporting.parcel import Exporter
from engine.telemetry.exporting.sentry import Sentry
from engine.telemetry.journal import Level
from engine.telemetry.redaction import Redaction
from engine.telemetry.telling import Telling, telling
from store import telemetry
from store.driver import Connection
from store.telemetry import Filter
from tests.runbook.authority import authority
from tests.runbook.receiver import receiving


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often than an engine does."""
    monkeypatch.setattr(exporting, "LOOK_S", 0.1)


async def told_by(directory: Path) -> list[tuple[str, str]]:
    """What the log holds of exporters: event and code."""
    found = await telemetry.look(
        directory, lambda connection: telemetry.records(connection, Filter(text="exporter."), 100)
    )
    return [(one.event, one.fields.get("code", "")) for one in found]


async def send(directory: Path, maker: Callable[[], Exporter | None], seconds: float, *, broken: bool = False) -> None:
    """Send a record, and go on for that long; `broken` takes the table of records away."""
    async with telling(directory, Outside.system().clock, Redaction(), days=7) as told:
        sending = Exporting({"logflare": Maker(maker)}, told.keeper, told.journal)
        sending.start()
        # A new exporter begins with what is told after it has looked for the first time.
        await asyncio.sleep(0.6)
        told.journal.log(Level.INFO, "hop.cached", "Something happened.")
        if broken:
            await _break(told)
        await asyncio.sleep(seconds)
        await sending.stop()


async def _break(told: Telling) -> None:
    def drop(connection: Connection) -> None:
        connection.execute("DROP TABLE record")

    await (await told.keeper.database()).write(drop)


async def test_a_refusal_is_told_once_and_not_sent_to_who_refused(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.status = 400
        await send(tmp_path, lambda: Logflare("source", "key", receiver.address), 4.0)
    assert await told_by(tmp_path) == [("exporter.refused", "NX-T04")]


async def test_what_a_collector_took_only_in_part_is_told_once_and_not_sent_again(tmp_path: Path) -> None:
    """OTLP answers 200 and says in the body what it threw away."""
    otlp = Otlp("http://127.0.0.1:1", "1")
    answer = otlp._proto.ExportTraceServiceResponse()
    answer.partial_success.rejected_spans, answer.partial_success.error_message = 3, "attribute too long " + "x" * 1000
    said = otlp.objection(answer.SerializeToString())
    assert said is not None and said.startswith("3 spans were not taken: attribute too long x") and len(said) < 300
    assert otlp.objection(b"") is None and otlp.objection(b"<html>no protobuf") is None
    with receiving() as receiver:
        receiver.answer = answer.SerializeToString()

        class Objecting(Logflare):
            def objection(self, answer: bytes) -> str | None:  # type: ignore[override]
                return otlp.objection(answer)

        await send(tmp_path, lambda: Objecting("source", "key", receiver.address), 1.0)
        assert len(receiver.posts) >= 1
    assert await told_by(tmp_path) == [("exporter.refused", "NX-T04")]


async def test_a_receiver_that_refuses_all_day_is_told_when_it_begins(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.status = 400
        async with telling(tmp_path, Outside.system().clock, Redaction(), days=7) as told:
            sending = Exporting({"logflare": Maker(lambda: Logflare("source", "key", receiver.address))}, told.keeper, told.journal)
            sending.start()
            await asyncio.sleep(0.6)
            for number in range(4):
                told.journal.log(Level.INFO, "hop.cached", f"Something happened, {number}.")
                await asyncio.sleep(1.2)
            assert receiver.asked >= 3
            receiver.status = 200
            told.journal.log(Level.INFO, "hop.cached", "And again.")
            await asyncio.sleep(1.5)
            await sending.stop()
    assert await told_by(tmp_path) == [("exporter.refused", "NX-T04"), ("exporter.recovered", "")]


async def test_a_certificate_of_a_companys_own_authority_is_trusted_where_the_system_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted, secured = authority(tmp_path)
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    with receiving(secured=secured) as receiver:
        await send(tmp_path / "before", lambda: Logflare("source", "key", receiver.address), 1.0)
        assert await told_by(tmp_path / "before") == [("exporter.failed", "NX-T05")] and receiver.asked == 0
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        await send(tmp_path / "after", lambda: Logflare("source", "key", receiver.address), 1.5)
        assert await told_by(tmp_path / "after") == [] and receiver.taken


async def test_an_answer_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    with receiving() as receiver:
        receiver.answer = b"x" * 20_000_000
        await send(tmp_path, lambda: Logflare("source", "key", receiver.address), 1.0)
    assert await told_by(tmp_path) == []


@pytest.mark.parametrize(
    "address",
    [
        "http://[::1",
        "http://127.0.0.1:99999",
        "https://logs.example:no",
        "ftp://logs.example",
        "http://logs.example",
        "logs",
    ],
)
def test_an_address_that_cannot_be_sent_to_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(BadReceiver):
        Logflare("source", "key", address)


@pytest.mark.parametrize("key", ["chave-ç", "one\ntwo", "one\rX-Other: two"])
async def test_a_key_that_no_header_can_hold_is_told(tmp_path: Path, key: str) -> None:
    with receiving() as receiver:
        await send(tmp_path, lambda: Logflare("source", key, receiver.address), 0.1)
    assert await told_by(tmp_path) == [("exporter.failed", "NX-T02")]


@pytest.mark.parametrize("dsn", ["https://chavé@sentry.example/42", "http://key@sentry.example/42", "sentry.example"])
def test_a_dsn_that_no_header_can_hold_or_that_would_show_its_key_to_a_network_is_refused(dsn: str) -> None:
    with pytest.raises(BadReceiver):
        Sentry(dsn, "1")


async def test_telemetry_that_cannot_be_read_does_not_end_the_engine_badly(tmp_path: Path) -> None:
    with receiving() as receiver:
        await send(tmp_path, lambda: Logflare("source", "key", receiver.address), 0.5, broken=True)


async def test_an_exporter_that_breaks_is_told(tmp_path: Path) -> None:
    class Broken(Logflare):
        def parcels(self, *rows: object) -> list[exporting.Parcel]:
            raise OverflowError

    await send(tmp_path, lambda: Broken("source", "key"), 0.5)
    assert await told_by(tmp_path) == [("exporter.failed", "NX-T00")]


@pytest.mark.parametrize(
    ("module", "maker"),
    [
        ("opentelemetry.proto.collector.trace.v1", lambda: Otlp("http://127.0.0.1:4318", "1")),
        ("sentry_sdk.envelope", lambda: Sentry("http://key@127.0.0.1/42", "1")),
    ],
)
async def test_an_extra_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, maker: Callable[[], Exporter]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    await send(tmp_path, maker, 0.1)
    assert await told_by(tmp_path) == [("exporter.failed", "NX-T01")]


async def test_a_receiver_has_its_ten_seconds() -> None:
    async with exporting._client() as client:
        assert client.timeout.read == client.timeout.connect == exporting.ANSWER_S


@pytest.mark.parametrize("lasting", [1.8, 0.0])
async def test_what_is_told_while_an_exporter_is_made_arrives(tmp_path: Path, lasting: float) -> None:
    with receiving() as receiver:

        def slowly() -> Logflare:
            time.sleep(1.3)
            return Logflare("source", "key", receiver.address)

        async with telling(tmp_path, Outside.system().clock, Redaction(), days=7) as told:
            sending = Exporting({"logflare": Maker(slowly)}, told.keeper, told.journal)
            sending.start()
            await asyncio.sleep(0.1)
            told.journal.log(Level.INFO, "hop.cached", "Something happened.")
            await asyncio.sleep(lasting)
            await sending.stop()
        assert sum(body.count(b"hop.cached") for body in receiver.taken) == 1
