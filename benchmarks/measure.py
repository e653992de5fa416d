"""One measurement, one process: `python -m benchmarks.measure MODULE FUNCTION ARGUMENTS` prints the result as JSON on its last line."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

#: Seconds after which a measurement is given up.
LONGEST = 120


class Failed(RuntimeError):
    """A measurement that ended without a result."""


def run(module: str, function: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The measurement in a fresh process and a fresh directory below TMPDIR. Raises `Failed`."""
    directory = Path(tempfile.mkdtemp(prefix="nexus-bench-"))
    try:
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.measure", module, function, json.dumps({**arguments, "directory": str(directory)})],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            cwd=Path(__file__).parent.parent,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{module}.{function} took longer than {LONGEST} s") from error
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    lines = process.stdout.strip().splitlines()
    if process.returncode or not lines:
        raise Failed(f"{module}.{function}: {process.stderr.strip().splitlines()[-1:] or 'no result'}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def main() -> None:
    """Run the measurement named on the command line."""
    module, function, text = sys.argv[1:]
    arguments = json.loads(text)
    arguments["directory"] = Path(arguments["directory"])
    measured = getattr(importlib.import_module(f"benchmarks.{module}"), function)(**arguments)
    if inspect.iscoroutine(measured):
        measured = asyncio.run(measured)
    print(json.dumps(measured), flush=True)
    # Some peers leave threads behind that only their own timers would end.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
