"""`make test` runs every test: what does not run side by side runs after it, and nothing is picked out by name."""

from __future__ import annotations

import os
import shlex
import subprocess

from tests.packaging.building import REPOSITORY


def calls() -> list[list[str]]:
    """What `make test` would call pytest with, whatever a `make` around this run was told."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MAKE") and name != "WORKERS"}
    told = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "-o", ".venv/.test", "test"],
        cwd=REPOSITORY, env=bare, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    return [shlex.split(line) for line in told.stdout.splitlines() if "pytest" in line]


def test_the_two_parts_of_the_suite_are_the_whole() -> None:
    parts = [call for call in calls() if call[0] == "TZ=America/Sao_Paulo"]
    assert [call[call.index("pytest") + 1 :] for call in parts] == [
        ["-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not quiet"],
        ["-q", "-m", "quiet"],
    ]


def test_what_handles_dates_runs_at_utc_too() -> None:
    [call] = [call for call in calls() if call[0] == "TZ=UTC"]
    named = [argument for argument in call if argument.startswith("tests/")]
    assert named and all((REPOSITORY / one).exists() for one in named)
