"""kill -9 in the middle of writing: every row whose future resolved is there afterwards, and the database is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from store import driver, queues
from store.queues import Draft, State
from store.store import DATABASE, Store
from tests.store.harness import ManualClock

REPOSITORY = Path(__file__).resolve().parents[2]
CYCLES = int(os.environ.get("NEXUS_KILL_CYCLES", "20"))

WRITER = """
import asyncio, os, sys
from pathlib import Path
from store import queues
from store.queues import Draft
from store.store import Store
from tests.store.harness import ManualClock

ledger = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
first = int(sys.argv[3])

async def main():
    store = await Store.open(Path(sys.argv[1]), ManualClock())
    queue = await store.write(lambda tx: queues.ensure(tx, "parse", 16))
    done = []

    async def work(lane):
        n = first + lane
        while True:
            body = b"%d" % n
            blob = await store.blobs.put(b"blob %d" % n) if n % 10 == 0 else None
            def send(tx):
                if blob is not None:
                    store.blobs.confirm(blob.sha)
                queues.send(tx, 1, [Draft(queue=queue.id, body=body if blob is None else None, sha=blob and blob.sha, trace=str(n))])
                tx.count("sent")
            await store.write(send)
            # The ledger is another file: what it holds was acknowledged before.
            done.append(n)
            if n % 7 == 0:
                token = n
                for delivery in await store.write(lambda tx: queues.claim(tx, 1, queue.id, 1, token, 60000)):
                    done.append(-int(delivery.trace))
                    note()
                    await store.write(lambda tx: queues.complete(tx, delivery))
            n += 16

    def note():
        if done:
            os.write(ledger, b"".join(b"%d\\n" % n for n in done))
            os.fsync(ledger)
            done.clear()

    async def book():
        while True:
            note()
            await asyncio.sleep(0.002)

    await asyncio.gather(book(), *(work(lane) for lane in range(16)))

asyncio.run(main())
"""


async def test_every_acknowledged_row_survives_kill_9(tmp_path: Path, clock: ManualClock) -> None:
    directory, ledger = tmp_path / "data", tmp_path / "ledger"
    directory.mkdir()
    ledger.touch()
    chance = random.Random(20260101)
    for cycle in range(CYCLES):
        before = ledger.stat().st_size
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(directory), str(ledger), str(cycle * 1_000_000 + 1)], cwd=REPOSITORY, stderr=subprocess.PIPE
        )
        try:
            deadline = time.monotonic() + 20
            while ledger.stat().st_size == before and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.005)
            assert process.poll() is None and ledger.stat().st_size > before, process.communicate()[1].decode()
            time.sleep(chance.uniform(0, 0.1))
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        check(directory, ledger)
    await check_reopened(directory, clock)


def check(directory: Path, ledger: Path) -> None:
    """Whole, and nothing missing. What was claimed may be gone or not: its completion need not have been acknowledged."""
    lines = ledger.read_bytes().split(b"\n")[:-1]
    sent = {int(line) for line in lines if not line.startswith(b"-")}
    claimed = {-int(line) for line in lines if line.startswith(b"-")}
    connection = driver.connect(str(directory / DATABASE))
    try:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        kept = {int(row[0]) for row in connection.execute("SELECT trace FROM msg").fetchall()}
        assert not sent - claimed - kept, "acknowledged and lost"
        counted = dict(connection.execute("SELECT 'queue:'||queue||':'||state, count(*) FROM msg GROUP BY queue, state").fetchall())
        told = dict(connection.execute("SELECT name, n FROM counter WHERE n<>0 AND name LIKE 'queue:%'").fetchall())
        assert told == counted
        for (sha,) in connection.execute("SELECT sha FROM msg WHERE sha IS NOT NULL").fetchall():
            assert (directory / "blobs" / sha.hex()[:2] / sha.hex()[2:]).exists(), "a row names a blob that is not there"
    finally:
        connection.close()


async def check_reopened(directory: Path, clock: ManualClock) -> None:
    store = await Store.open(directory, clock)
    try:
        queue = await store.write(lambda tx: queues.ensure(tx, "parse", 16))
        assert store.counters[queues.counter(queue.id, State.LEASED)] == 0
        await store.write(lambda tx: queues.send(tx, 1, [Draft(queue=queue.id, body=b"")]))
    finally:
        await store.close()
