"""How a zygote is started: its command, an environment with nothing of ours in it, a session of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import engine

#: Starts a zygote with pipes as standard input and output. Injected by simulations and tests.
Launcher = Callable[[], Awaitable[asyncio.subprocess.Process]]

COMMAND = (sys.executable, "-P", "-m", "engine.extraction.sandbox.worker")
ROOT = Path(engine.__file__).resolve().parent.parent


def environment() -> dict[str, str]:
    """All that a worker is told of its surroundings."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


async def launch(command: tuple[str, ...] = COMMAND) -> asyncio.subprocess.Process:
    """Start the command as a zygote."""
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment(),
        cwd="/",
        start_new_session=True,
    )
