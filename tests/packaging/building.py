"""What the tests of packages share: distributions built once, a clean environment, and calls of the `nexus` inside it."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGING = REPOSITORY / "packaging"
NOTES = REPOSITORY / "nexus_tui" / "demo" / "documents"
PATIENCE_S = 60

#: Builds that reach for the registry or take a minute.
slow = pytest.mark.skipif(os.environ.get("NEXUS_SLOW") != "1", reason="takes minutes: NEXUS_SLOW=1, make service-check")


@functools.cache
def distributions() -> tuple[Path, Path]:
    """The sdist and the wheel of the tree as it is."""
    folder = tempfile.mkdtemp(prefix="nexus-distributions-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    ran([sys.executable, PACKAGING / "distributions.py", folder])
    [sdist], [wheel] = Path(folder).glob("*.tar.gz"), Path(folder).glob("*.whl")
    return sdist, wheel


def wheelhouse() -> Path | None:
    """The folder of the locked wheels, if there is one (`make wheelhouse`)."""
    named = os.environ.get("NEXUS_WHEELHOUSE")
    folder = Path(named) if named else REPOSITORY / "build" / "wheelhouse"
    return folder if folder.is_dir() else None


def ran(command: Sequence[str | Path], *, code: int = 0, within_s: int = PATIENCE_S, **more: Any) -> str:
    """Run a command; returns what it printed."""
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=within_s, check=False, **more
    )
    assert done.returncode == code, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


def clean_environment(where: Path, wheel: Path) -> Path:
    """Nexus from its wheel in a virtual environment of its own. Returns its `nexus`.

    The libraries are installed from the wheelhouse; where there is none, those that run the tests are looked at, without the editable Nexus among them.
    """
    ran([sys.executable, "-m", "venv", "--without-pip", where])
    installing = [sys.executable, "-m", "pip", "--python", where / "bin" / "python", "install", "--quiet", "--no-index"]
    if (folder := wheelhouse()) is not None:
        lock = REPOSITORY / "requirements" / "runtime.txt"
        ran([*installing, "--find-links", folder, "--require-hashes", "-r", lock], within_s=180)
    else:
        [site] = where.glob("lib/python*/site-packages")
        (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n" + sysconfig.get_path("platlib") + "\n")
    ran([*installing, "--no-deps", wheel])
    return where / "bin" / "nexus"


def offline() -> list[str]:
    """What stands before a command that must not have a network; nothing where the kernel does not allow it."""
    prefix = ["unshare", "--user", "--map-root-user", "--net"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0
    ):
        return []
    return prefix


def stranger(home: Path) -> dict[str, str]:
    """An environment with nothing of the checkout in it."""
    return {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NEXUS_LANG": "en"}


def works(nexus: Path, home: Path) -> None:
    """Have a `nexus` that was installed somewhere do its work without a network, as somebody who has no checkout."""

    def call(*arguments: str | Path, code: int = 0) -> str:
        return ran([*offline(), nexus, *arguments], code=code, cwd=home, env=stranger(home))

    from nexus_tui.version import VERSION

    assert call("--version") == f"nexus {VERSION}\n"
    data = home / "data"
    for _ in range(2):
        assert json.loads(call("init", "--json", "--data-dir", data)) == {"dataDir": str(data)}
    # One of the bundled documents is truncated on purpose, which the exit code tells.
    told = [json.loads(line) for line in call("process", NOTES, "--json", "--data-dir", data, code=1).splitlines()]
    assert {one["state"] for one in told} <= {"done", "duplicate", "unreadable", "needs_review"}
    # Schemas, tables and rules came along: notes have findings, and amounts that balance.
    assert any(one["findings"] for one in told)
    assert any(float(one["ledger"]["debits"]) for one in told if one["ledger"])
