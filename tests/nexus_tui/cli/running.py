"""`nexus` as a process of its own, and as a call in this one."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
PATIENCE_S = 30


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[Any]:
        """What it printed, each line an object: nothing else may be on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> Any:
        """The one object it printed."""
        [value] = self.objects
        return value


def environment(**changes: str) -> dict[str, str]:
    """Ours, without what the caller's shell says of Nexus and with English words."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NEXUS_", "LC_", "LANG", "PYTHON"))}
    return kept | {"PYTHONPATH": str(REPOSITORY), "LANG": "C.UTF-8", "NEXUS_LANG": "en", "TERM": "dumb"} | changes


@dataclass(frozen=True)
class Nexus:
    """Commands on one data directory."""

    directory: Path

    def line(self, arguments: tuple[str | Path, ...]) -> list[str]:
        return [sys.executable, "-m", "nexus_tui", *map(str, arguments), *(("--data-dir", str(self.directory)) if arguments else ())]

    def __call__(self, *arguments: str | Path, code: int | None = 0, prefix: tuple[str, ...] = (), env: dict[str, str] | None = None) -> Ended:
        """Run a command to its end; `code` is what it must end with, `None` is anything."""
        ran = subprocess.run(
            [*prefix, *self.line(arguments)], capture_output=True, env=environment(**(env or {})), timeout=PATIENCE_S, check=False
        )
        ended = Ended(ran.returncode, ran.stdout.decode("utf-8"), ran.stderr.decode("utf-8"))
        assert "Traceback" not in ended.err, ended.err
        assert code is None or ended.code == code, (ended.code, ended.out[-2000:], ended.err)
        return ended

    def json(self, *arguments: str | Path, code: int | None = 0, env: dict[str, str] | None = None) -> Ended:
        """Run a command with `--json`."""
        return self(*arguments, "--json", code=code, env=env)

    @contextmanager
    def running(self) -> Iterator[Service]:
        """`nexus run` until the block ends; killed if it did not stop by itself."""
        process = subprocess.Popen(
            self.line(("run", "--json")), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        )
        try:
            yield Service(process, first_line(process))
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait(PATIENCE_S)
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            process.stderr.close()


@dataclass(frozen=True)
class Service:
    """A running engine; `told` is the object it began with."""

    process: subprocess.Popen[bytes]
    told: dict[str, Any]

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self, within_s: float = PATIENCE_S) -> int:
        """Its exit code."""
        return self.process.wait(within_s)


def first_line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The first object a process prints. Fails with its stderr if there is none."""
    assert process.stdout is not None
    with selectors.DefaultSelector() as waiting:
        waiting.register(process.stdout, selectors.EVENT_READ)
        assert waiting.select(PATIENCE_S), "nothing was printed"
    line = process.stdout.readline()
    assert line, process.stderr.read().decode() if process.stderr is not None else ""
    told: dict[str, Any] = json.loads(line)
    return told


def until(true: Any, within_s: float = PATIENCE_S) -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
    return found


def below(pid: int) -> list[int]:
    """A process's descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        return []
    found = [int(child) for child in children.read_text().split()]
    return found + [grandchild for child in found for grandchild in below(child)]
