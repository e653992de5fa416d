"""Who may pass through a queue in memory: nobody overtakes what waits, whatever room there is."""

from __future__ import annotations

from pathlib import Path

from engine.contract.events import QueueName
from engine.outside import SystemClock
from engine.runtime import policy
from engine.runtime.slots import Slots, ensure_queues
from store import queues
from store.queues import Draft
from store.store import Store


async def test_a_chain_does_not_pass_a_queue_in_which_an_older_message_waits(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, SystemClock())
    try:
        await store.write(ensure_queues)
        slots = Slots(store, lambda: None)
        await slots.load()
        audit = slots.lanes[QueueName.AUDIT.value]
        assert audit.passable
        await store.write(lambda tx: queues.send(tx, 1, [Draft(queue=audit.settings.id, body=b"{}")]))
        assert not audit.passable, "there is room, but something older waits"
        assert slots.lanes[QueueName.CLASSIFY.value].passable, "other queues are free"
        claimed = await store.write(lambda tx: queues.claim(tx, 2, audit.settings.id, 1, 1, 60_000))
        assert len(claimed) == 1
        assert audit.passable, "what was claimed no longer waits"
    finally:
        await store.close()


async def test_a_chain_does_not_pass_while_a_message_for_the_queue_is_being_committed(tmp_path: Path) -> None:
    store = await Store.open(tmp_path, SystemClock())
    try:
        await store.write(ensure_queues)
        slots = Slots(store, lambda: None)
        await slots.load()
        audit = slots.lanes[QueueName.AUDIT.value]
        slots.begin_sending([audit.settings.id])
        assert not audit.passable
        slots.end_sending([audit.settings.id])
        assert audit.passable
    finally:
        await store.close()


def test_five_interrupted_deliveries_are_the_most() -> None:
    """The number is a promise to operators: a document that takes the process down does so at most seven times."""
    assert policy.MOST_INTERRUPTIONS == 5
