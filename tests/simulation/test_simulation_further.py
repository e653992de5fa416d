"""The other half of the seeds of `test_simulation.py`."""

from __future__ import annotations

import pytest

from tests.simulation.seeds import REPLAYED, batches, run_batch
from tests.simulation.simulate import Simulation


@pytest.mark.skipif(REPLAYED, reason="one seed is replayed")
@pytest.mark.parametrize("first", batches(1))
def test_every_further_seed_comes_to_rest_with_all_promises_kept(simulation: Simulation, first: int) -> None:
    run_batch(simulation, first)
