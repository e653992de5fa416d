"""A message is handed on only where that overtakes nobody and takes no place that is not free."""

from __future__ import annotations

import pytest

from store import handover, queues
from store.errors import LeaseLost
from store.queues import Delivery, Draft, Queue, State
from store.transaction import Transaction
from tests.store.harness import NOON, Database


@pytest.fixture
def parse(database: Database) -> Queue:
    return database.run(lambda tx: queues.ensure(tx, "parse", 16))


@pytest.fixture
def audit(database: Database) -> Queue:
    return database.run(lambda tx: queues.ensure(tx, "audit", 16))


def claimed(database: Database, queue: Queue, count: int = 1) -> list[Delivery]:
    drafts = [Draft(queue=queue.id, body=b"{}", trace="t", doc=f"d{place}") for place in range(count)]
    database.run(lambda tx: queues.send(tx, NOON, drafts))
    return database.run(lambda tx: queues.claim(tx, NOON, queue.id, count, 1, 60_000))


def following(delivery: Delivery, queue: Queue, delay_ms: int = 0) -> Draft:
    return Draft(queue=queue.id, body=b"next", trace=delivery.trace, doc=delivery.doc, delay_ms=delay_ms)


def test_the_message_moves_and_stays_leased(database: Database, parse: Queue, audit: Queue) -> None:
    (delivery,) = claimed(database, parse)
    database.offered = {audit.id: 1}
    moved = database.run(lambda tx: handover.hand_on(tx, NOON, delivery, following(delivery, audit), 2, 60_000))
    assert (moved.id, moved.queue, moved.lease, moved.deliveries, moved.body) == (delivery.id, audit.id, 2, 1, b"next")
    with pytest.raises(LeaseLost):
        database.run(lambda tx: queues.complete(tx, delivery))
    database.run(lambda tx: queues.complete(tx, moved))
    assert not database.rows("SELECT id FROM msg")


def test_nobody_is_overtaken(database: Database, parse: Queue, audit: Queue) -> None:
    (delivery,) = claimed(database, parse)
    database.offered = {parse.id: 1, audit.id: 1}
    assert database.run(lambda tx: handover.may_follow(tx, delivery, following(delivery, audit)))
    database.run(lambda tx: queues.send(tx, NOON, [Draft(queue=audit.id, body=b"older")]))
    assert not database.run(lambda tx: handover.may_follow(tx, delivery, following(delivery, audit)))

    def sent_just_before(tx: Transaction) -> bool:
        queues.send(tx, NOON, [Draft(queue=parse.id, body=b"older")])
        return handover.may_follow(tx, delivery, following(delivery, parse))

    assert not database.run(sent_just_before)


def test_a_place_is_taken_once(database: Database, parse: Queue, audit: Queue) -> None:
    first, second, third = claimed(database, parse, 3)
    database.offered = {parse.id: 0, audit.id: 1}

    def one_after_the_other(tx: Transaction) -> list[bool]:
        told = [handover.may_follow(tx, first, following(first, audit))]
        moved = handover.hand_on(tx, NOON, first, following(first, audit), 2, 60_000)
        told.append(handover.may_follow(tx, second, following(second, audit)))
        queues.complete(tx, moved)
        told.append(handover.may_follow(tx, third, following(third, audit)))
        return told

    assert database.run(one_after_the_other) == [True, False, True]


def test_a_message_needs_no_second_place_in_its_own_queue(database: Database, audit: Queue) -> None:
    (delivery,) = claimed(database, audit)
    database.offered = {audit.id: 0}
    assert database.run(lambda tx: handover.may_follow(tx, delivery, following(delivery, audit)))


def test_what_is_not_offered_delayed_or_of_another_document_waits(database: Database, parse: Queue, audit: Queue) -> None:
    (delivery,) = claimed(database, parse)
    assert not database.run(lambda tx: handover.may_follow(tx, delivery, following(delivery, audit))), "its queue is paused"
    database.offered = {audit.id: 1}
    assert not database.run(lambda tx: handover.may_follow(tx, delivery, following(delivery, audit, delay_ms=1)))
    assert not database.run(lambda tx: handover.may_follow(tx, delivery, following(delivery, audit)._replace(doc="other")))


def test_counters_follow(database: Database, parse: Queue, audit: Queue) -> None:
    (delivery,) = claimed(database, parse)
    database.run(lambda tx: handover.hand_on(tx, NOON, delivery, following(delivery, audit), 2, 60_000))
    counted = dict(database.rows("SELECT name, n FROM counter WHERE n<>0"))
    assert counted == {queues.counter(audit.id, State.LEASED): 1}
