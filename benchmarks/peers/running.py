"""Running a queue library's chain: as many threads as callers, each taking a message, working on it and passing it on."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from benchmarks.payloads import IN_FLIGHT, SMALL, encode, payload


class Queue(Protocol):
    """One caller's hold of a queue library."""

    def put(self, body: bytes) -> None:
        """Enqueue."""
        ...

    def take(self) -> bool:
        """Take one message and acknowledge it. False if there was none."""
        ...

    def hop(self) -> int | None:
        """One hop: take, decode, change, pass on or keep the artefact, note the timeline row, acknowledge. The hop's number, or `None`."""
        ...


Open = Callable[[], Queue]


def busy(opened: Open, callers: int, seconds: float, hops: int) -> dict[str, Any]:
    """Hops a second with 64 documents in flight."""
    first = opened()
    for number in range(IN_FLIGHT):
        first.put(encode(payload(number)))
    numbers = iter(range(IN_FLIGHT, 10**9))

    def step(queue: Queue) -> int:
        hop = queue.hop()
        if hop == hops:
            queue.put(encode(payload(next(numbers))))
        return 0 if hop is None else 1

    return {"hops_s": _rate(opened, step, callers, seconds)}


def idle(opened: Open, repeats: int, hops: int) -> dict[str, Any]:
    """Milliseconds from enqueue to the end of the last hop, with one caller that looks again at once."""
    queue = opened()
    times = []
    for number in range(repeats + 3):
        began = time.perf_counter()
        queue.put(encode(payload(number)))
        while queue.hop() != hops:
            pass
        times.append((time.perf_counter() - began) * 1000)
    return {"p50_ms": statistics.median(times[3:])}


def put(opened: Open, callers: int, seconds: float) -> dict[str, Any]:
    """Messages enqueued a second."""
    def step(queue: Queue) -> int:
        queue.put(SMALL)
        return 1

    return {"per_s": _rate(opened, step, callers, seconds)}


def take(opened: Open, callers: int, seconds: float, prefill: int) -> dict[str, Any]:
    """Messages taken and acknowledged a second."""
    queue = opened()
    for _ in range(prefill):
        queue.put(SMALL)
    return {"per_s": _rate(opened, lambda held: int(held.take()), callers, seconds)}


def _rate(opened: Open, step: Callable[[Queue], int], callers: int, seconds: float) -> float:
    """Steps a second of `callers` threads; a thread whose step did nothing tries again at once, as a peer without waiting must."""
    counts = [0] * callers
    failures: list[BaseException] = []
    start = threading.Event()
    queues = [opened() for _ in range(callers)]

    def run(place: int) -> None:
        start.wait()
        done = 0
        try:
            while time.perf_counter() < deadline:
                done += step(queues[place])
        except BaseException as error:
            failures.append(error)
        counts[place] = done

    threads = [threading.Thread(target=run, args=(place,)) for place in range(callers)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    deadline = began + seconds
    start.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(counts) / (time.perf_counter() - began)
