"""C1: a contract whose schemas and code differ fails the build."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.packaging.building import REPOSITORY


def checked(tree: Path) -> subprocess.CompletedProcess[str]:
    """What `make check` runs of the contract, in a copy of the project."""
    command = [sys.executable, "-P", "-m", "engine.contract.schema", "--check"]
    return subprocess.run(
        command, cwd=tree, env={"PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False, timeout=60
    )


def copied(tree: Path) -> Path:
    shutil.copytree(REPOSITORY / "engine", tree / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "docs" / "schema", tree / "docs" / "schema")
    return tree


def test_what_is_there_agrees(tmp_path: Path) -> None:
    assert checked(copied(tmp_path)).returncode == 0


def test_a_schema_that_was_changed_by_hand_fails(tmp_path: Path) -> None:
    file = copied(tmp_path) / "docs/schema/kv.job.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(schema | {"title": "changed"}), encoding="utf-8")
    done = checked(tmp_path)
    assert done.returncode == 1
    assert "kv.job.json" in done.stdout + done.stderr


def test_a_field_that_was_added_in_code_only_fails(tmp_path: Path) -> None:
    file = copied(tmp_path) / "engine/contract/calls.py"
    text = file.read_text(encoding="utf-8")
    assert "class Job(" in text
    head, _, rest = text.partition("class Job(")
    first, _, body = rest.partition("\n")
    docstring_end = body.index('"""', body.index('"""') + 3) + 3
    file.write_text(
        f"{head}class Job({first}\n{body[:docstring_end]}\n    invented: int | None = None\n{body[docstring_end:]}",
        encoding="utf-8",
    )
    done = checked(tmp_path)
    assert done.returncode == 1, done.stderr
    assert "kv.job.json" in done.stdout + done.stderr
