"""Running seeds: `python -m tests.simulation.simulate [first] [count]`. A failing seed is printed and can be replayed alone."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import store.blobs
from tests.simulation import history
from tests.simulation.notes import write_notes
from tests.simulation.plan import Plan, planned
from tests.simulation.storage import prepare_template
from tests.simulation.world import World
from store.connection import open_reader
from store.store import DATABASE

#: No power fails in the simulation: what is written survives the process, so nothing is synced.
store.blobs.sync_file = lambda file: file.flush()
store.blobs.sync_folder = lambda folder: None


class Ran(NamedTuple):
    """One seed's run."""

    fingerprint: int
    steps: int
    points: list[int]


class Simulation:
    """A folder in memory with what all seeds share."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="nexus-simulation-", dir=memory if memory.is_dir() else None))
        self.template = prepare_template(self.folder)
        self.notes = write_notes(self.folder, 12)
        lists = Path(__file__).parent.parent / "data" / "lists"
        self.lists = sorted(lists.glob("*.csv"))

    def close(self) -> None:
        shutil.rmtree(self.folder)

    def run(self, seed: int) -> Ran:
        """One seed. Raises `AssertionError` naming it."""
        return self.carry_out(planned(seed))

    def carry_out(self, plan: Plan) -> Ran:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        files = self.notes[: plan.documents] + (self.lists if plan.lists else [])
        world = World(plan, folder, self.template, files)
        try:
            last = world.run()
            connection = open_reader(last / DATABASE)
            try:
                assert world.history.store is not None
                history.check(connection, world.history, plan, world.history.store.counters)
            finally:
                connection.close()
        except BaseException as error:
            error.add_note(f"NEXUS_SEED={plan.seed} reproduces this: {plan}")
            raise
        finally:
            shutil.rmtree(folder)
        return Ran(world.fingerprint, world.steps, world.points)


def main() -> int:
    first, count = (int(part) for part in (sys.argv[1:] + ["1", "500"][len(sys.argv) - 1 :]))
    simulation = Simulation()
    began = time.perf_counter()
    failed = []
    try:
        for seed in range(first, first + count):
            try:
                simulation.run(seed)
            except Exception as error:
                failed.append(seed)
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:400]}", flush=True)
    finally:
        simulation.close()
    print(f"{count} seeds in {time.perf_counter() - began:.1f} s, failed: {failed}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
