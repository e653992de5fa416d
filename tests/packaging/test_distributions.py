"""The sdist and the wheel: everything the code needs is in them, and nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from nexus_tui.version import VERSION
from tests.packaging.building import PACKAGING, REPOSITORY, ran

FLOORS = ("nexus_tui", "engine", "scheduler", "store")


def sources() -> set[str]:
    """Every file of the floors, as it must be in the wheel: what git knows and what is new, without what Python leaves behind."""
    return {
        str(path.relative_to(REPOSITORY))
        for floor in FLOORS
        for path in (REPOSITORY / floor).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }


def test_the_wheel_holds_every_module_and_every_data_file(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    # Papers about the sources of data are for the repository.
    assert inside == {name for name in sources() if not name.endswith(".md")}
    assert {Path(name).suffix for name in inside} >= {".py", ".sql", ".db", ".tcss", ".xml", ".csv"}


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA")]
        [entries] = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/entry_points.txt")]
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"\nVersion: {VERSION}\n" in metadata
    assert metadata.count("\nRequires-Dist: ") >= len(project["dependencies"])
    assert "nexus = nexus_tui.__main__:main" in entries


def test_a_wheel_is_the_same_when_it_is_built_again(wheel: Path, tmp_path: Path) -> None:
    ran([sys.executable, PACKAGING / "distributions.py", tmp_path])
    [again] = tmp_path.glob("*.whl")
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()


def test_the_sdist_holds_sources_only(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        top = {name.split("/")[1] for name in archive.getnames() if "/" in name}
    assert top - {"PKG-INFO", "setup.cfg", "nexus_tui.egg-info", "CHANGELOG.md"} == {
        *FLOORS,
        "pyproject.toml",
        "README.md",
        "LICENSE",
    }


def test_the_recipes_do_not_shadow_the_library_of_that_name() -> None:
    assert not (PACKAGING / "__init__.py").exists()
    found = subprocess.run(
        [sys.executable, "-c", "import packaging.version as v; print(v.__file__)"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "site-packages" in found.stdout


@pytest.mark.parametrize("name", ["runtime", "test", "check", "build", "package"])
def test_every_locked_requirement_has_a_version_and_hashes(name: str) -> None:
    text = (REPOSITORY / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    entries = [block for block in text.replace("\\\n", " ").splitlines() if block.strip() and not block.startswith("#")]
    assert entries
    assert [entry for entry in entries if "==" not in entry.split(";")[0] or "--hash=sha256:" not in entry] == []
