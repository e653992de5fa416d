"""KV, locks and queues against plain Python models, over a real database file, with deaths before COMMIT at any operation.

`NEXUS_MODEL_EXAMPLES` and `NEXUS_MODEL_STEPS` make it longer.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

from tests.store.model_keys import KeyMachine
from tests.store.model_locks import LockMachine
from tests.store.model_queues import QueueMachine

EXAMPLES = int(os.environ.get("NEXUS_MODEL_EXAMPLES", "40"))
STEPS = int(os.environ.get("NEXUS_MODEL_STEPS", "60"))


class WholeMachine(QueueMachine, KeyMachine, LockMachine):
    """All of them in one database."""

    def seed(self) -> None:
        """The messages are those that the rules send."""

    def alive(self) -> set[str]:
        return {message.trace for message in self.messages.values() if message.queue in ("parse", "audit")}


def bounded(examples: int) -> settings:
    return settings(max_examples=examples, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck))


TestQueues = QueueMachine.TestCase
TestQueues.settings = bounded(2 * EXAMPLES)
TestKeys = KeyMachine.TestCase
TestKeys.settings = bounded(EXAMPLES)
TestLocks = LockMachine.TestCase
TestLocks.settings = bounded(EXAMPLES)
TestWhole = WholeMachine.TestCase
TestWhole.settings = bounded(EXAMPLES // 2)
