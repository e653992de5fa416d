"""The chain runs through the product's own dispatcher, hop by hop and ahead, and ends with what it should."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from benchmarks.appliance import CommitCount, appliance
from benchmarks.payloads import HOPS, encode, payload
from benchmarks.workloads import chain, enqueue, growth
from store import kv
from store.driver import Connection
from store.kv import Namespace


def test_the_payload_has_four_kilobytes() -> None:
    """What the table says."""
    assert 3_900 <= len(encode(payload(1))) <= 4_400


@pytest.mark.parametrize("run_ahead", [False, True])
async def test_a_document_makes_eleven_hops_and_leaves_its_artefact(tmp_path: Path, run_ahead: bool) -> None:
    """A timeline row a hop, one artefact at the end, and nothing left in the queues."""
    async with appliance(tmp_path, "NORMAL", run_ahead=run_ahead) as (store, feeder):
        await feeder.send(3)
        await feeder.drain()

        def stored(connection: Connection) -> tuple[int, int, kv.Entry | None]:
            steps = connection.execute("SELECT count(*) FROM step WHERE status=1").fetchone()[0]
            left = connection.execute("SELECT count(*) FROM msg").fetchone()[0]
            return steps, left, kv.get(connection, store.clock.wall_ms(), Namespace.STATE, f"report:{payload(2)['docId']}")

        steps, left, artefact = await store.read(stored)
    assert (steps, left) == (3 * HOPS, 0)
    assert artefact is not None and artefact.value is not None
    assert msgspec.json.decode(artefact.value)["hop"] == HOPS


async def test_commits_are_counted_by_the_trace(tmp_path: Path) -> None:
    """The count agrees with the writer's own."""
    async with appliance(tmp_path, "NORMAL", run_ahead=True) as (store, feeder):
        counter = CommitCount()
        await counter.install(store)
        before = store.writer.commits
        await feeder.send(1)
        await feeder.drain()
        assert counter.commits == store.writer.commits - before > 0


async def test_an_idle_chain_takes_three_commits_at_most(tmp_path: Path) -> None:
    """Enqueue, claim, everything else."""
    result = await chain.idle(tmp_path, "NORMAL", True, 3)
    assert result["commits"] <= 3
    assert result["p50_ms"] > 0


async def test_workloads_give_figures(tmp_path: Path) -> None:
    """Each in miniature."""
    for name in ("busy", "put", "take", "claim", "sweep"):
        (tmp_path / name).mkdir()
    busy = await chain.busy(tmp_path / "busy", "NORMAL", True, 0.1)
    assert busy["hops_s"] > 0 and busy["commits_per_hop"] > 0
    assert (await enqueue.put(tmp_path / "put", "NORMAL", 4, 10, 0.05))["per_s"] > 0
    assert (await enqueue.take(tmp_path / "take", "NORMAL", 2, 5, 0.05))["per_s"] > 0
    claim = await growth.claim(tmp_path / "claim", "NORMAL", 100, 10, 10, 5)
    assert claim["call_ms"] > claim["claim_ms"] > 0
    swept = await growth.sweeping(tmp_path / "sweep", "NORMAL", 1000, 5)
    assert swept["swept"] == 100
