"""Fixtures of the store's tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from store.store import Store
from tests.store.harness import Database, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "nexus.db")
    yield opened
    opened.close()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a small file system of its own, to be filled up or made read-only: `mount("size=1m")`. Needs root."""
    mounted: list[Path] = []

    def make(options: str) -> Path:
        target = tmp_path / f"disk{len(mounted)}"
        target.mkdir(mode=0o700)
        if os.geteuid() != 0:
            pytest.skip("NOT TESTED: a file system of its own can only be mounted by root")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs", target], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"NOT TESTED: no file system can be mounted here: {done.stderr.strip()}")
        mounted.append(target)
        return target

    yield make
    for target in mounted:
        subprocess.run(["umount", "-l", target], check=True)


@pytest_asyncio.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path, clock)
    yield opened
    await opened.close()
