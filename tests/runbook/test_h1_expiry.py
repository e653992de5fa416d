"""H1: keys live as long as they were given, to the second; expired is absent before any sweep; what a sweep removed is told."""

from __future__ import annotations

import random
import time
from pathlib import Path

from engine.contract import keys
from engine.facade.commands import ExpireKeys, PutKey
from engine.facade.execution import LocalExecutor
from engine.facade.state import State
from engine.outside import Outside
from scheduler.housekeeping import Housekeeping
from store.store import Store
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until
from tests.store.harness import ManualClock

WEEK_MS = 7 * 24 * 3600 * 1000


class Reading:
    """The facade's way to read a store."""

    def __init__(self, store: Store) -> None:
        self.read = store.read
        self.blob = store.blobs.read
        self.wall_ms = store.clock.wall_ms
        self.steady_ms = store.clock.steady_ms


async def test_a_week_is_a_week_to_the_second_and_reading_does_not_wait_for_the_sweep(tmp_path: Path) -> None:
    clock = ManualClock()
    store = await Store.open(tmp_path, clock, synchronous="OFF")
    house = Housekeeping(store)
    outside = Outside(clock, lambda: "id", random.Random(1))
    executor = LocalExecutor(store, outside, None, house.sweep)  # type: ignore[arg-type]
    state = State(Reading(store), executor)
    assert keys.REPORT_S == keys.JOB_S == keys.ASSISTANT_S == WEEK_MS // 1000

    await executor.execute(PutKey(namespace="KV_STATE", key="report:a", value=b"{}", ttl_s=keys.REPORT_S))
    await executor.execute(PutKey(namespace="KV_STATE", key="report:b", value=b"{}", ttl_s=keys.REPORT_S + 10))
    await executor.execute(PutKey(namespace="KV_STATE", key="job:c", value=b"{}"))
    clock.advance(WEEK_MS - 1000)
    assert not await house.sweep() and (await state.sweeping()).last_ms is None
    assert await state.value("report:a") is not None
    clock.advance(2000)
    rows = "SELECT count(*) FROM kv WHERE key LIKE 'report:%'"
    assert await state.value("report:a") is None and [one.key for one in (await state.keys(prefix="report:"))[0]] == [
        "report:b"
    ]
    assert await store.read(lambda connection: connection.execute(rows).fetchone()[0]) == 2, "nothing was swept yet"
    await house.sweep_all()
    assert await store.read(lambda connection: connection.execute(rows).fetchone()[0]) == 1
    told = await state.sweeping()
    assert (told.last_ms, told.removed, told.total, told.next_ms) == (clock.now, 1, 1, clock.now + 9000)

    # A prefix at once: live keys only, and others are left alone.
    assert (await executor.execute(ExpireKeys(namespace="KV_STATE", prefix="report:", ttl_s=3600))).done == 1
    assert (await state.sweeping()).next_ms == clock.now + 3600_000
    assert (await executor.execute(ExpireKeys(namespace="KV_STATE", prefix="report:", ttl_s=None))).done == 1
    assert (await state.sweeping()).next_ms is None
    await store.close()


async def test_many_keys_of_a_prefix_are_changed_each_once(tmp_path: Path) -> None:
    clock = ManualClock()
    store = await Store.open(tmp_path, clock, synchronous="OFF")
    executor = LocalExecutor(store, Outside(clock, lambda: "id", random.Random(1)), None, store.sweep)  # type: ignore[arg-type]
    for number in range(450):
        await executor.execute(PutKey(namespace="local", key=f"many:{number}", value=b"x"))
    await executor.execute(PutKey(namespace="local", key="many", value=b"x"))
    await executor.execute(PutKey(namespace="KV_STATE", key="many:0", value=b"x"))
    assert (await executor.execute(ExpireKeys(namespace="local", prefix="many:", ttl_s=60))).done == 450
    expiring = "SELECT count(*), min(exp), max(exp) FROM kv WHERE exp IS NOT NULL"
    assert await store.read(lambda connection: connection.execute(expiring).fetchone()) == (
        450,
        clock.now + 60_000,
        clock.now + 60_000,
    )
    await store.close()


def test_a_prefix_is_rotated_and_the_sweep_tells_what_it_removed(nexus: Nexus, data: Path) -> None:
    nexus.json("process", data / "nfe" / NOTE)
    [report] = nexus.json("kv", "ls", "report:").objects
    assert abs(report["expires_ms"] / 1000 - time.time() - keys.REPORT_S) < 60
    following = nexus.json("status").object["sweep"]["next_ms"]
    assert following is not None and following > time.time() * 1000
    assert nexus.json("kv", "ttl", "report:", "1", "--prefix").object["done"] == 1
    until(lambda: not nexus.json("kv", "ls", "report:").objects)
    # Nobody has swept: no engine ran.
    assert nexus.json("status").object["sweep"]["last_ms"] is None
    assert "report" not in nexus("kv", "ls").out
    with nexus.running():
        told = until(lambda: (sweep := nexus.json("status").object["sweep"])["last_ms"] and sweep)
        assert told["removed"] == told["total"] == 1
        assert told["next_ms"] is not None
    assert "last sweep" in nexus("status").out
    # The report itself is a record, which no time to live takes away.
    [document] = nexus.json("docs", "ls").objects
    assert nexus.json("docs", "report", document["docId"]).object["docId"] == document["docId"]
