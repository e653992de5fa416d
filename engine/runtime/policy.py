"""When to try again, when to give up, and how a failure is told apart from another."""

from __future__ import annotations

import hashlib
import random
import traceback
from pathlib import Path

from engine.errors import AgentError, EngineError
from store.queues import Delivery, Failure, Queue

#: A document whose processing was cut off this often by a dying process runs alone once more, then it is dead-lettered.
MOST_INTERRUPTIONS = 5


def backoff_ms(queue: Queue, attempts: int, chance: random.Random) -> int:
    """Full jitter: uniform between 1 and min(longest, base * 2^attempts)."""
    ceiling = min(queue.backoff_max_ms, queue.backoff_ms * 2 ** min(attempts, 30))
    return chance.randint(1, max(1, ceiling))


def interruptions(delivery: Delivery) -> int:
    """Deliveries that ended neither in an outcome nor in a failure: the process died."""
    return delivery.deliveries - 1 - delivery.attempts


def failure_of(error: BaseException, agent: str, span: int | None) -> Failure:
    """The error as a dead letter keeps it, failed in `span`. The fingerprint is of agent, class and the frames of our own code, not of the message."""
    root = error.__cause__ if isinstance(error, AgentError) and error.__cause__ is not None else error
    frames = [f"{Path(frame.filename).stem}.{frame.name}" for frame in traceback.extract_tb(root.__traceback__)]
    material = "\0".join([agent, type(root).__name__, *frames[-6:]])
    code = error.code if isinstance(error, EngineError) else type(error).__name__
    return Failure(error_class=f"{code} {type(root).__name__}", message=str(root)[:2000], fingerprint=hashlib.sha256(material.encode()).hexdigest()[:16], span=span)
