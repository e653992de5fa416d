"""Plants faults in a copy of the store and the runtime, one at a time, and sees that the suite notices each.

usage: python tests/mutants.py [NUMBER …]

Each mutant is one line of product code made wrong in a way that would lose, double or corrupt something. A mutant that survives is a hole in the
tests; exit 1 names it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("store", "engine", "scheduler", "nexus_tui", "tests", "packaging", "pyproject.toml")
STORE = ("tests/store",)
RUNTIME = ("tests/engine/runtime", "tests/engine/intake", "tests/simulation")
#: Fewer seeds than in CI: what needs more than this to be noticed is noticed too late.
SEEDS = "60"


class Mutant(NamedTuple):
    """A fault: in `file`, the first `right` after `after` becomes `wrong`."""

    file: str
    after: str
    right: str
    wrong: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant("store/queues.py", "HEADS = (", "ORDER BY prio,id", "ORDER BY id", STORE),
    Mutant("store/queues.py", "def held", "if not changed.rowcount:", "if False:", STORE),
    Mutant("store/queues.py", "def retry", "attempts=attempts+1", "attempts=attempts", STORE),
    Mutant("store/queues.py", "def complete", "tx.count(counter(delivery.queue, State.LEASED), -1)", "pass", STORE),
    Mutant("store/queues.py", "def recover", "SET state=0, due=0, lease=0 WHERE state>0", "SET due=0, lease=0 WHERE state>0", STORE),
    Mutant("store/kv.py", "LIVE = ", "exp>?", "exp>=?", STORE),
    Mutant("store/kv.py", "PUT = (", "ver=ver+1, exp=excluded.exp", "ver=ver+1", STORE),
    Mutant("store/locks.py", "def acquire", "fence=fence+1", "fence=fence", STORE),
    Mutant("store/locks.py", "def release", "WHERE name=? AND owner=?", "WHERE name=? AND owner=owner AND ?<>''", STORE),
    Mutant("store/batch.py", "def _operations", "if tx.mark != before:", "if False:", STORE),
    Mutant("store/blobs.py", "def read", "if hashlib.sha256(content).digest() != sha:", "if False:", STORE),
    Mutant("store/blobs.py", "def confirm", 'raise NotFound(f"Blob {sha.hex()} is missing.") from None', "return", STORE),
    Mutant("store/migrate.py", "", "if version > latest():", "if False:", STORE),
    Mutant("store/records/steps.py", "def is_done", "row[0] == StepStatus.DONE", "row[0] == StepStatus.DEAD", STORE),
    Mutant("engine/runtime/settle.py", "def complete", "if not steps.record_done(", "if not True and steps.record_done(", RUNTIME),
    Mutant("engine/runtime/settle.py", "def complete", "lookup.verify(tx, moment.wall)", "pass", RUNTIME),
    Mutant("engine/runtime/lane.py", "def passable", "counters[self.ready] or self.sending", "self.sending", RUNTIME),
    Mutant("engine/runtime/policy.py", "", "MOST_INTERRUPTIONS = 5", "MOST_INTERRUPTIONS = 500", RUNTIME),
    Mutant("engine/runtime/work.py", "async def fail", "delivery.attempts + 1 < limit", "delivery.attempts < limit", RUNTIME),
    Mutant("engine/runtime/persistence.py", "async def outwait", "if self._given_up:", "if True:", RUNTIME),
    Mutant("engine/runtime/standing.py", "def give_up", "locks.release(tx, wall, keys.document_lock(doc), trace)", "pass", RUNTIME),
    Mutant("engine/runtime/standing.py", "def finish", "failed=False)", "failed=True)", RUNTIME),
    Mutant("engine/runtime/leases.py", "async def give_back", "if held:", "if False:", RUNTIME),
    Mutant("store/handover.py", "def may_follow", "draft.delay_ms or tx.counted(counter(draft.queue, State.READY))", "draft.delay_ms", STORE),
    Mutant("store/handover.py", "def places", "- tx.deltas.get(counter(queue, State.LEASED), 0)", "", STORE),
    Mutant("store/records/steps.py", "def record_done", "return written > 0", "return True", RUNTIME),
    Mutant("store/writer.py", "def cancel", "return False", "return super().cancel()", STORE),
    Mutant("store/writer.py", "def _settle", "submission.future.set_result(result)", "submission.future.set_result(None)", STORE),
    Mutant("engine/runtime/slots.py", "def offer", "if self.closed or self.quiet:", "if self.closed:", RUNTIME),
    Mutant("engine/intake/identity.py", "def document_id", "tenant.encode()", "b''", RUNTIME),
)


def planted(mutant: Mutant, tree: Path) -> None:
    """Plant the fault; a mutant that no longer fits the code is an error of this list."""
    path = tree / mutant.file
    text = path.read_text(encoding="utf-8")
    start = text.index(mutant.after)
    place = text.index(mutant.right, start)
    path.write_text(text[:place] + mutant.wrong + text[place + len(mutant.right) :], encoding="utf-8")


def noticed(mutant: Mutant) -> bool:
    """Whether a test fails with the fault in place."""
    with tempfile.TemporaryDirectory(prefix="nexus-mutant-") as folder:
        tree = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, tree / name)
        planted(mutant, tree)
        environment = {**os.environ, "NEXUS_SEEDS": SEEDS, "PYTHONPATH": str(tree), "NEXUS_SAMPLES": "/nonexistent"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests]
        try:
            return subprocess.run(command, cwd=tree, env=environment, capture_output=True, timeout=600, check=False).returncode == 1
        except subprocess.TimeoutExpired:
            # A fault that makes the suite hang is noticed by whoever waits for it.
            return True


def main(numbers: list[int]) -> int:
    """Try the mutants named, or all."""
    survivors = []
    for number, mutant in enumerate(MUTANTS, 1):
        if numbers and number not in numbers:
            continue
        began = time.monotonic()
        caught = noticed(mutant)
        print(f"{number:2} {'caught' if caught else 'SURVIVED'} {time.monotonic() - began:5.1f} s  {mutant.file}: {mutant.right.splitlines()[0]}")
        if not caught:
            survivors.append(number)
    print(f"{len(survivors)} survived: {survivors}" if survivors else "all caught")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main([int(argument) for argument in sys.argv[1:]]))
