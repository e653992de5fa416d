"""No accepted picture is left over. In a run with workers the plugin does not look for those; it compares only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def test_every_picture_is_asked_for_by_a_test(pytestconfig: pytest.Config) -> None:
    if pytestconfig.option.update_snapshots:
        pytest.skip("they are being accepted anew; what is left over is removed at the end")
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests/nexus_tui/test_screens.py"],
        cwd=HERE.parents[1], capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    tests = {line.partition("::")[2] for line in told.stdout.splitlines() if "::" in line}
    assert {path.stem for path in (HERE / "__snapshots__" / "test_screens").iterdir()} == tests
    assert [path.name for path in (HERE / "__snapshots__").iterdir()] == ["test_screens"]
