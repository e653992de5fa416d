"""A data directory for each test, one that was worked in for all, and calls in this process, which cost a twentieth of a new one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nexus_tui.cli.main import run
from tests.nexus_tui.cli.running import Ended, Nexus

NOTE = "35180834128745000152550010000476051695511860-nfe.xml"


@pytest.fixture
def nexus(tmp_path: Path) -> Nexus:
    """Commands on a data directory that does not exist yet."""
    return Nexus(tmp_path / "data")


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory, data: Path) -> tuple[Nexus, list[dict[str, Any]]]:
    """A data directory where the samples and lists were processed, and the objects that `process --json` printed. Only for reading."""
    nexus = Nexus(tmp_path_factory.mktemp("worked") / "data")
    return nexus, nexus.json("process", data / "nfe", data / "lists").objects


Call = Callable[..., Ended]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Run a command in this process: `call(nexus, "docs", "ls", code=0)`."""
    monkeypatch.setenv("NEXUS_LANG", "en")
    monkeypatch.setenv("NEXUS_DATA_DIR", "/nonexistent")
    monkeypatch.delenv("NEXUS_TENANT", raising=False)
    before = os.umask(0o022)
    os.umask(before)

    def called(nexus: Nexus | None, *arguments: str | Path, code: int | None = 0) -> Ended:
        capfd.readouterr()
        where = () if nexus is None else ("--data-dir", str(nexus.directory))
        ended = run([*map(str, arguments), *where])
        out, err = capfd.readouterr()
        assert code is None or ended == code, (ended, out, err)
        return Ended(ended, out, err)

    yield called
    os.umask(before)
