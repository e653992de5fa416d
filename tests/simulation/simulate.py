"""Running seeds: `python -m tests.simulation.simulate [first] [count]`. A failing seed is printed and can be replayed alone."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from store.reader import open_reader
from store.store import DATABASE
from tests.simulation.history import check
from tests.simulation.notes import write_notes
from tests.simulation.outcome import Outcome, outcome
from tests.simulation.plan import Plan, planned
from tests.simulation.storage import prepare_template
from tests.simulation.world import World


class Ran(NamedTuple):
    """One seed's run."""

    fingerprint: int
    steps: int
    #: Points of the store each life passed.
    points: list[int]
    outcome: Outcome
    #: Job by the name of the document it was acknowledged under.
    jobs: dict[str, str]


class Simulation:
    """A folder in memory with what all seeds share."""

    def __init__(self) -> None:
        # No power fails in the simulation: what is written survives the process, so nothing is synced.
        self._patches = [patch("store.blobs.sync_file", lambda file: file.flush()), patch("store.blobs.sync", lambda path: None)]
        for one in self._patches:
            one.start()
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="nexus-simulation-", dir=memory if memory.is_dir() else None))
        self.template = prepare_template(self.folder)
        self.notes = write_notes(self.folder, 12)
        lists = Path(__file__).parent.parent / "data" / "lists"
        self.lists = sorted(lists.glob("*.csv"))

    def close(self) -> None:
        for one in self._patches:
            one.stop()
        shutil.rmtree(self.folder)

    def run(self, seed: int) -> Ran:
        """One seed. Raises `AssertionError` naming it."""
        return self.carry_out(planned(seed))

    def carry_out(self, plan: Plan) -> Ran:
        """A plan, whoever made it; every promise is checked at its end."""
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        files = self.notes[: plan.documents] + (self.lists if plan.lists else [])
        world = World(plan, folder, self.template, files)
        try:
            last = world.run()
            with closing(open_reader(last / DATABASE)) as connection:
                assert world.history.store is not None
                check(connection, world.history, plan, world.history.store.counters)
                result = outcome(connection)
                jobs = dict(connection.execute("SELECT name, job FROM document").fetchall())
        except BaseException as error:
            error.add_note(f"NEXUS_SEED={plan.seed} reproduces this: {plan}")
            raise
        finally:
            shutil.rmtree(folder)
        return Ran(world.fingerprint, world.steps, world.points, result, jobs)


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
