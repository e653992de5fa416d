"""M1: an OTLP receiver that others wrote understands what Nexus sends: ten agents, one trace, parents that are there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus

oteltap = pytest.importorskip("oteltap", reason="NOT TESTED: no oteltap; `make .venv/.test` installs it")
AGENTS = {f"agent.A{number}" for number in range(11)} - {"agent.A2"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found: int = listening.getsockname()[1]
        return found


async def gather(stream: AsyncIterator[Any], spans: list[Any]) -> None:
    """Spans as they arrive, until the last agent's is among them."""
    async for span in stream:
        spans.append(span)
        if span.name == "agent.A10":
            return


async def test_another_receiver_understands_every_span(nexus: Nexus, data: Path) -> None:
    settings = oteltap.OtelTapHttpProtobufReceiverSettings(http_port=free_port(), listen_on_all_interfaces=False)
    spans: list[Any] = []
    try:
        receiver = oteltap.OtelTapHttpProtobufReceiver(settings)
        await receiver.start()
    except (OSError, oteltap.OtelTapInitializationError) as error:
        pytest.skip(f"NOT TESTED: oteltap has no library for this machine: {error}")
    try:
        gathering = asyncio.ensure_future(gather(receiver.stream_traces(), spans))
        await asyncio.sleep(0)
        env = {"OTEL_EXPORTER_URL": f"http://127.0.0.1:{settings.http_port}"}
        done = (await asyncio.to_thread(nexus.json, "process", data / "nfe" / NOTE, env=env)).object
        await asyncio.wait_for(gathering, 20)
    finally:
        await receiver.stop()
    ids = {span.span_id for span in spans}
    assert {span.name for span in spans} == AGENTS and len(ids) == len(spans)
    assert {span.trace_id.hex() for span in spans} == {done["traceId"].replace("-", "")}
    assert [span.name for span in spans if not span.parent_span_id] == ["agent.A0"]
    assert all(span.parent_span_id in ids for span in spans if span.parent_span_id)
    assert all(0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
