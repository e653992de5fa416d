"""The screen follows a busy engine without holding up the loop they share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from fake_engine import FakeEngine, row
from textual.pilot import Pilot

from nexus_tui.app import NexusApp
from nexus_tui.rooms.inbox import InboxScreen

pytestmark = pytest.mark.quiet

SECONDS, CHANGES, LIMIT = 2.0, 200, 0.016
MakeApp = Callable[..., NexusApp]
Inbox = Callable[[Pilot[None]], Awaitable[InboxScreen]]


async def busy(engine: FakeEngine, until: float) -> None:
    """200 changed rows a second, each of them told."""
    rows = engine.documents.rows
    while time.perf_counter() < until:
        for _ in range(CHANGES // 50):
            at = len(rows) - 1 - engine.version % 40
            rows[at] = replace(rows[at], state="processing", stage=engine.version % 11)
            engine.stages = {rows[at].doc_id: engine.version % 11}
            engine.bump()
        await asyncio.sleep(0.02)


async def lags(until: float) -> list[float]:
    """How late the loop comes back from short sleeps."""
    found = []
    while time.perf_counter() < until:
        started = time.perf_counter()
        await asyncio.sleep(0.005)
        found.append(time.perf_counter() - started - 0.005)
    return sorted(found)


async def test_200_changes_a_second_are_coalesced_and_the_loop_stays_free(make_app: MakeApp, inbox: Inbox) -> None:
    engine = FakeEngine([row(seq, f"nfe-{seq}.xml", "queued") for seq in range(1, 201)])
    async with make_app(engine).run_test(size=(120, 40)) as pilot:
        await inbox(pilot)
        p95 = []
        for _ in range(3):
            engine.documents.pages = 0
            until = time.perf_counter() + SECONDS
            _, found = await asyncio.gather(busy(engine, until), lags(until))
            p95.append(found[int(len(found) * 0.95)])
            assert engine.documents.pages <= 14 * SECONDS, "one page a beat, not one a change"
            if p95[-1] < LIMIT:
                break
    assert min(p95) < LIMIT
