"""Deterministic simulation of intake, dispatcher, chain and store over seeded chance, faults and deaths.

`NEXUS_SEED=17` replays one seed, `NEXUS_SEEDS=10000` runs more of them (`make simulate`), `NEXUS_FIRST_SEED` begins elsewhere.
"""

from __future__ import annotations

import os

import pytest

from tests.simulation.plan import planned
from tests.simulation.seeds import REPLAYED, batches, run_batch
from tests.simulation.simulate import Simulation


@pytest.mark.skipif(REPLAYED, reason="one seed is replayed")
@pytest.mark.parametrize("first", batches(0))
def test_every_seed_comes_to_rest_with_all_promises_kept(simulation: Simulation, first: int) -> None:
    run_batch(simulation, first)


@pytest.mark.skipif(not REPLAYED, reason="NEXUS_SEED names a seed to replay")
def test_the_named_seed(simulation: Simulation) -> None:
    simulation.run(int(os.environ["NEXUS_SEED"]))


@pytest.mark.parametrize("seed", [3, 20, 42, 121])
def test_the_same_seed_runs_the_same_way(simulation: Simulation, seed: int) -> None:
    first, second = simulation.run(seed), simulation.run(seed)
    assert (first.fingerprint, first.steps, first.points) == (second.fingerprint, second.steps, second.points)


def test_different_seeds_run_different_ways(simulation: Simulation) -> None:
    assert len({simulation.run(seed).fingerprint for seed in range(1, 9)}) == 8


def test_the_plans_hold_every_kind_of_trouble() -> None:
    plans = [planned(seed) for seed in range(1, 201)]
    modes = {mode for plan in plans for told in plan.misbehaviour.values() for mode in told}
    assert modes == {"raise", "hang", "slow"}
    for kind in ("poison", "deaths", "stops", "trouble", "full", "duplicates", "expiries", "pauses", "again", "requeue", "lists", "review"):
        assert sum(bool(getattr(plan, kind)) for plan in plans) >= 5, kind
