"""Handing a message on: acknowledged, its successor sent and leased by the same hands, in one statement."""

from __future__ import annotations

from store.queues import Delivery, Draft, State, counter, held
from store.transaction import Transaction


def places(tx: Transaction, queue: int) -> int:
    """Places of the queue that are still free for messages at work, of those offered to the transaction and those freed in it."""
    return tx.offered.get(queue, 0) - tx.deltas.get(counter(queue, State.LEASED), 0)


def may_follow(tx: Transaction, delivery: Delivery, draft: Draft) -> bool:
    """Whether the message may be handed on without overtaking another: it is of the same document, a place is free for it and nothing older waits."""
    return (
        draft.queue in tx.offered
        and (draft.queue == delivery.queue or places(tx, draft.queue) > 0)
        and not (draft.delay_ms or tx.counted(counter(draft.queue, State.READY)))
        and (draft.trace, draft.doc) == (delivery.trace, delivery.doc)
    )


def hand_on(tx: Transaction, now: int, delivery: Delivery, draft: Draft, token: int, lease_ms: int) -> Delivery:
    """Acknowledge a message and send its successor, leased by the same hands: what `complete`, `send` and `claim` do, in one statement."""
    held(
        tx,
        delivery,
        "UPDATE msg SET queue=?, prio=?, due=?, deliveries=1, attempts=0, run=?, lease=?, created=?, body=?, sha=?, "
        "error_class=NULL, error=NULL, fingerprint=NULL, history=?, parent=?, failed=NULL",
        (draft.queue, draft.prio, now + lease_ms, draft.run, token, now, draft.body, draft.sha, draft.history, draft.parent),
    )
    if draft.queue != delivery.queue:
        tx.count(counter(delivery.queue, State.LEASED), -1)
        tx.count(counter(draft.queue, State.LEASED))
    tx.touch("queues")
    return Delivery(
        delivery.id, draft.queue, token, draft.prio, 1, 0, draft.run, now, draft.trace, draft.doc, draft.body, draft.sha, draft.history,
        draft.parent, None
    )  # fmt: skip
