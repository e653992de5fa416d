"""Build the sdist, and from it the wheel.

    python packaging/distributions.py [OUTPUT]

Needs setuptools in the interpreter that runs it (requirements/build.txt) and no network. Both are built from a copy of the sources: what an earlier build left behind is
in none of them. The same commit gives the same wheel, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
#: What a distribution is made of; tests, benchmarks and recipes stay in the repository.
SOURCES = ("nexus_tui", "engine", "scheduler", "store", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md")
#: 1980, before which no archive can date a file.
EPOCH = 315_532_800

HOOK = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def source_date() -> int:
    """Seconds of the epoch that files in what is built are dated with: the commit's, unless SOURCE_DATE_EPOCH says otherwise."""
    if named := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(named)
    try:
        command = ["git", "log", "-1", "--format=%ct"]
        return int(subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True, text=True).stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return EPOCH


def copy_sources(to: Path) -> None:
    """Copy what a distribution is made of."""
    to.mkdir()
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy2(source, to / name)


def build(output: Path) -> tuple[Path, Path]:
    """Returns the sdist and the wheel."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copy, unpacked = Path(folder) / "sources", Path(folder) / "unpacked"
        copy_sources(copy)
        sdist = output / _hook("build_sdist", copy, output)
        with tarfile.open(sdist) as archive:
            archive.extractall(unpacked, filter="data")
        [tree] = unpacked.iterdir()
        return sdist, output / _hook("build_wheel", tree, output)


def _hook(name: str, tree: Path, output: Path) -> str:
    """Call a hook of the build backend in `tree` (PEP 517); returns the name of the file it made."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(source_date())}
    command = [sys.executable, "-c", HOOK, name, str(output.resolve())]
    ran = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise SystemExit(ran.stderr)
    return ran.stdout.split()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the sdist, and from it the wheel.")
    parser.add_argument("output", type=Path, nargs="?", default=REPOSITORY / "dist")
    for path in build(parser.parse_args().output):
        print(path)


if __name__ == "__main__":
    main()
