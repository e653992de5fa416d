"""The program that needs no Python: built, moved somewhere else, and run with nothing around it."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

from tests.packaging.building import PACKAGING, ran, slow, wheelhouse, works


def test_the_recipe_starts_the_worker_that_the_engine_asks_for() -> None:
    """The engine starts its interpreter; frozen, that is the program, which must know the words."""
    from engine.extraction.sandbox.launching import COMMAND

    assert (sys.executable, "-P", "-m", "engine.extraction.sandbox.worker") == COMMAND
    start = (PACKAGING / "pyinstaller" / "start.py").read_text(encoding="utf-8")
    worker = (PACKAGING.parent / "engine/extraction/sandbox/worker.py").read_text(encoding="utf-8")
    assert "sys.argv[1:]) == COMMAND[1:]" in start
    assert "run(TASKS, preload)" in start
    assert "run(TASKS, preload)" in worker


@slow
def test_the_binary_works_without_python_and_without_a_network(tmp_path: Path) -> None:
    source = ["--wheelhouse", wheelhouse()] if wheelhouse() is not None else []
    ran(
        [sys.executable, PACKAGING / "pyinstaller/build_binary.py", "--output", tmp_path / "built", *source],
        within_s=900,
    )
    [archive] = (tmp_path / "built").glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "elsewhere", filter="data")
    [program] = (tmp_path / "elsewhere").glob("*/nexus")
    works(program, tmp_path)
