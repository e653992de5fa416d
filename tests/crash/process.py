"""The engine as a process that can be killed: `python process.py <data directory> <folder of notes> <ledger> add|drain`.

Adds the notes that the ledger does not name, a line on standard output for each as it is acknowledged. `drain` adds nothing and says `rest`
once nothing is left to do. SIGTERM stops it in an orderly way, with exit code 0.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from engine.extraction.sandbox.sandbox import Sandbox
from engine.intake.intake import Intake, Request
from engine.outside import Outside
from engine.runtime.dispatcher import Dispatcher
from engine.runtime.extractor import Extractor
from engine.runtime.registry import production
from store import locks
from store.owner import Ownership
from store.store import Store

IDLE = "SELECT (SELECT count(*) FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.dlq IS NOT NULL)+(SELECT count(*) FROM job WHERE open=1)"
LOCK_MS = 60_000


def say(line: str) -> None:
    """Tell the parent now."""
    print(line, flush=True)


async def add(intake: Intake, notes: Path, ledger: Path) -> None:
    """Take in what is not acknowledged yet, in jobs of fifty."""
    known = {line.split()[1] for line in ledger.read_text().splitlines()}
    left = [path for path in sorted(notes.iterdir()) if path.name not in known]
    request = Request(tenant="default")
    for start in range(0, len(left), 50):
        job = await intake.open_job(request)
        async for acknowledged in intake.add(job, request, left[start : start + 50]):
            say(f"{acknowledged.doc} {Path(acknowledged.path).name}")
        await intake.close_job(job)


async def drain(store: Store) -> None:
    """Wait until nothing is left to do."""
    while (await store.read(lambda connection: connection.execute(IDLE).fetchone()[0])) > 0:
        await asyncio.sleep(0.05)
    say("rest")


async def main(directory: Path, notes: Path, ledger: Path, mode: str) -> None:
    """Run until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    ownership = Ownership.take(directory)
    async with AsyncExitStack() as stack:
        stack.callback(ownership.release)
        outside = Outside.system()
        store = await Store.open(directory, outside.clock)
        stack.push_async_callback(store.close)
        sandbox = Sandbox()
        stack.push_async_callback(sandbox.close)
        wall = outside.clock.wall_ms()
        await store.write(lambda tx: locks.renew_live(tx, wall, LOCK_MS))
        dispatcher = Dispatcher(store, outside, production(), Extractor(store.blobs, sandbox))
        intake = Intake(store, outside, sandbox)
        stack.push_async_callback(dispatcher.stop)
        await dispatcher.start()
        await intake.recover()
        say("up")
        work = asyncio.ensure_future(add(intake, notes, ledger) if mode == "add" else drain(store))
        stack.callback(work.cancel)
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
