"""Which seeds run, and in which of two files: a worker of the suite takes whole files, and two of them share the seeds."""

from __future__ import annotations

import os

from tests.simulation.simulate import Simulation

SEEDS = int(os.environ.get("NEXUS_SEEDS", "500"))
FIRST = int(os.environ.get("NEXUS_FIRST_SEED", "1"))
BATCH = 50
FILES = 2

#: Whether one seed is replayed instead.
REPLAYED = "NEXUS_SEED" in os.environ


def batches(file: int) -> range:
    """The first seed of each batch that the file of this number runs."""
    return range(FIRST + file * BATCH, FIRST + SEEDS, FILES * BATCH)


def run_batch(simulation: Simulation, first: int) -> None:
    """All seeds of a batch."""
    for seed in range(first, min(first + BATCH, FIRST + SEEDS)):
        simulation.run(seed)
