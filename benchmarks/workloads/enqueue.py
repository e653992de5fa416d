"""Sending small messages, and taking them with an acknowledgement: one caller, 64 callers, and the batch calls for a single caller."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.appliance import open_store
from benchmarks.payloads import SMALL
from engine.outside import Outside
from store import queues
from store.queues import Draft
from store.store import Store
from store.transaction import Transaction

QUEUE = "bench"
#: Messages of one batch call.
BATCH = 100


async def put(directory: Path, synchronous: str, callers: int, batch: int, seconds: float) -> dict[str, Any]:
    """Messages a second; with a `batch` above 1 each call sends that many (put_many)."""
    async with open_store(directory, synchronous) as (store, outside):
        queue = (await store.write(lambda tx: queues.ensure(tx, QUEUE, 16))).id
        drafts = [Draft(queue, SMALL) for _ in range(batch)]

        async def call() -> int:
            now = outside.clock.steady_ms()
            await store.write(lambda tx: queues.send(tx, now, drafts))
            return batch

        return {"per_s": await _rate(call, callers, seconds)}


async def take(directory: Path, synchronous: str, callers: int, batch: int, seconds: float) -> dict[str, Any]:
    """Messages claimed and acknowledged a second, each claim and each acknowledgement (of up to `batch`) a transaction of its own."""
    async with open_store(directory, synchronous) as (store, outside):
        queue = (await store.write(lambda tx: queues.ensure(tx, QUEUE, 16))).id
        await _prefill(store, outside, queue, 20_000 if batch > 1 else 8_000)
        tokens = itertools.count(1)

        async def call() -> int:
            now, token = outside.clock.steady_ms(), next(tokens)
            claimed = await store.write(lambda tx: queues.claim(tx, now, queue, batch, token, 60_000))
            await store.write(partial(_acknowledge, deliveries=claimed))
            return len(claimed)

        return {"per_s": await _rate(call, callers, seconds)}


def _acknowledge(tx: Transaction, *, deliveries: list[queues.Delivery]) -> None:
    for delivery in deliveries:
        queues.complete(tx, delivery)


async def _prefill(store: Store, outside: Outside, queue: int, count: int) -> None:
    drafts = [Draft(queue, SMALL) for _ in range(1000)]
    for _ in range(count // 1000):
        now = outside.clock.steady_ms()
        await store.write(partial(queues.send, now=now, drafts=drafts))


async def _rate(call: Callable[[], Awaitable[int]], callers: int, seconds: float) -> float:
    """Messages a second of `callers` tasks that call one after the other, until `seconds` are over or the messages are."""
    began = time.perf_counter()

    async def caller() -> int:
        done = 0
        while time.perf_counter() - began < seconds and (did := await call()):
            done += did
        return done

    done = sum(await asyncio.gather(*(caller() for _ in range(callers))))
    return done / (time.perf_counter() - began)
