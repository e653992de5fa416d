"""What a full database does to a claim and to a tick of the sweep."""

from __future__ import annotations

import itertools
import statistics
import time
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.appliance import open_store
from store import queues, sweep
from store.queues import State, counter
from store.transaction import Transaction

#: A short body: the question is the index, not the bytes.
FILL = (
    "INSERT INTO msg(queue,state,prio,due,lease,created,body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<?) "
    "SELECT ?,?,5,?,?,?,zeroblob(64) FROM n"
)
KEYS = (
    "INSERT INTO kv(ns,key,ver,exp,size,val) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<?) "
    "SELECT 1, printf('parsed:%08d',i), 1, CASE WHEN i%?=0 THEN ? ELSE ? END, 200, zeroblob(200) FROM n"
)
HOUR_MS = 3_600_000


async def claim(directory: Path, synchronous: str, ready: int, delayed: int, leased: int, repeats: int) -> dict[str, Any]:
    """Median milliseconds of claiming one message in front of `ready` others, with `delayed` and `leased` ones beside them.

    `claim_ms` is the statement's own time in the writer's turn, `call_ms` what the caller waits for, COMMIT included.
    """
    async with open_store(directory, synchronous) as (store, outside):
        queue = (await store.write(lambda tx: queues.ensure(tx, "bench", 16))).id
        now = outside.clock.steady_ms()

        def fill(tx: Transaction) -> None:
            for state, count, due in ((State.LEASED, leased, now + HOUR_MS), (State.DELAYED, delayed, now + HOUR_MS), (State.READY, ready + 1, 0)):
                if count:
                    tx.execute(FILL, (count, queue, int(state), due, int(state == State.LEASED), now))
                    tx.count(counter(queue, state), count)

        await store.write(fill)
        tokens = itertools.count(2)
        inside: list[float] = []
        outside_ms: list[float] = []

        def timed(tx: Transaction) -> queues.Delivery:
            began = time.perf_counter()
            claimed = queues.claim(tx, now, queue, 1, next(tokens), HOUR_MS)
            inside.append((time.perf_counter() - began) * 1000)
            return claimed[0]

        for _ in range(repeats):
            began = time.perf_counter()
            delivery = await store.write(timed)
            outside_ms.append((time.perf_counter() - began) * 1000)
            await store.write(partial(queues.give_back, delivery=delivery))
        return {"claim_ms": statistics.median(inside), "call_ms": statistics.median(outside_ms)}


async def sweeping(directory: Path, synchronous: str, keys: int, ticks: int) -> dict[str, Any]:
    """Milliseconds of a tick that has work, among `keys` keys of which every tenth has expired; and of one that has none."""
    async with open_store(directory, synchronous) as (store, outside):
        wall = outside.clock.wall_ms()
        await store.write(lambda tx: tx.execute(KEYS, (keys, 10, wall - 1, wall + HOUR_MS)))
        times: list[float] = []
        swept = 0
        for _ in range(ticks):
            began = time.perf_counter()
            bite = await store.write(lambda tx: sweep.sweep(tx, wall, outside.clock.monotonic))
            times.append((time.perf_counter() - began) * 1000)
            swept += bite.expired
            if not bite.more:
                break
        times.sort()
        began = time.perf_counter()
        await store.write(sweep.vacuum)
        vacuum = (time.perf_counter() - began) * 1000
        return {"p50_ms": statistics.median(times), "p95_ms": times[int(len(times) * 0.95) - 1], "ticks": len(times), "swept": swept, "vacuum_ms": vacuum}
