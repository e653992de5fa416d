"""Queues where the model's word is too general: order, priorities, settings, retention, duplicates from outside."""

from __future__ import annotations

import json
import re

import pytest

from store import bin, queues, retention
from store.errors import LeaseLost, Refusal, UnknownQueue
from store.queues import Delivery, Draft, Failure, Priority, Queue, State
from store.transaction import Transaction
from tests.store.harness import NOON, Database

FAILURE = Failure(error_class="NX-T01 Test", message="it failed", fingerprint="f" * 16)
DAY = 24 * 3600 * 1000


@pytest.fixture
def parse(database: Database) -> Queue:
    return database.run(lambda tx: queues.ensure(tx, "parse", 16))


def send(database: Database, queue: Queue, *names: str, prio: int = Priority.NORMAL, delay_ms: int = 0, now: int = NOON) -> None:
    drafts = [Draft(queue=queue.id, body=name.encode(), prio=prio, delay_ms=delay_ms) for name in names]
    database.run(lambda tx: queues.send(tx, now, drafts))


def claim(database: Database, queue: Queue, count: int = 100, token: int = 1, now: int = NOON) -> list[Delivery]:
    return database.run(lambda tx: queues.claim(tx, now, queue.id, count, token, 60_000))


def bodies(deliveries: list[Delivery]) -> list[str]:
    return [(delivery.body or b"").decode() for delivery in deliveries]


def counted(database: Database, queue: int, state: State) -> int:
    row = database.connection.execute("SELECT n FROM counter WHERE name=?", (queues.counter(queue, state),)).fetchone()
    return 0 if row is None else row[0]


def everything(database: Database) -> list[object]:
    return [database.rows(f"SELECT * FROM {table}") for table in ("msg", "counter", "queue")]


def test_messages_come_by_priority_and_then_in_the_order_they_were_sent(database: Database, parse: Queue) -> None:
    send(database, parse, "n1", "n2")
    send(database, parse, "l1", prio=Priority.LOW)
    send(database, parse, "h1", "h2", prio=Priority.HIGH)
    send(database, parse, "n3")
    assert bodies(claim(database, parse, 4)) == ["h1", "h2", "n1", "n2"]
    assert bodies(claim(database, parse, 4, token=2)) == ["n3", "l1"]


def test_a_message_given_back_keeps_its_place_and_its_counts(database: Database, parse: Queue) -> None:
    send(database, parse, "a", "b")
    (first,) = claim(database, parse, 1)
    database.run(lambda tx: queues.give_back(tx, first))
    again = claim(database, parse, 2, token=2)
    assert bodies(again) == ["a", "b"]
    assert (again[0].deliveries, again[0].attempts) == (1, 0)


def test_a_delayed_message_is_claimed_at_its_millisecond_and_not_before(database: Database, parse: Queue) -> None:
    send(database, parse, "a", delay_ms=1000)
    assert queues.next_due(database.connection) == NOON + 1000
    assert database.run(lambda tx: queues.promote(tx, NOON + 999)) == 0
    assert claim(database, parse, now=NOON + 999) == []
    assert database.run(lambda tx: queues.promote(tx, NOON + 1000)) == 1
    assert bodies(claim(database, parse, now=NOON + 1000)) == ["a"]


def test_a_delay_is_at_most_a_day(database: Database, parse: Queue) -> None:
    send(database, parse, "a", delay_ms=3 * DAY)
    assert queues.next_due(database.connection) == NOON + DAY
    draft = Draft(queue=parse.id, body=b"b", delay_ms=3 * DAY)
    database.run(lambda tx: queues.send_failed(tx, NOON, draft, FAILURE, dead=False))
    assert database.value("SELECT max(due) FROM msg") == NOON + DAY


def test_due_messages_are_promoted_in_batches(database: Database, parse: Queue) -> None:
    send(database, parse, *(str(n) for n in range(queues.PROMOTION_BATCH + 1)), delay_ms=1)
    assert database.run(lambda tx: queues.promote(tx, NOON + 1)) == queues.PROMOTION_BATCH
    assert database.run(lambda tx: queues.promote(tx, NOON + 1)) == 1
    assert counted(database, parse.id, State.READY) == queues.PROMOTION_BATCH + 1


def test_after_a_restart_a_lease_counts_as_a_delivery_and_not_as_an_attempt(database: Database, parse: Queue) -> None:
    send(database, parse, "a")
    claim(database, parse)
    database.reopen()
    assert database.run(lambda tx: queues.recover(tx, NOON)) == 1
    (again,) = claim(database, parse, token=2)
    assert (again.deliveries, again.attempts) == (2, 0)
    assert counted(database, parse.id, State.LEASED) == 1


def test_after_a_restart_no_delay_is_longer_than_the_longest_whatever_the_clock_did(database: Database, parse: Queue) -> None:
    send(database, parse, "a", delay_ms=1000, now=NOON + 400 * DAY)
    database.run(lambda tx: queues.recover(tx, NOON))
    assert queues.next_due(database.connection) == NOON + DAY


def test_a_dead_letter_keeps_its_id_its_body_and_its_whole_story(database: Database, parse: Queue) -> None:
    send(database, parse, "a")
    (delivery,) = claim(database, parse)
    database.run(lambda tx: queues.retry(tx, NOON, delivery, FAILURE, 1))
    database.run(lambda tx: queues.promote(tx, NOON + 1))
    (again,) = claim(database, parse, token=2)
    database.run(lambda tx: queues.bury(tx, NOON + 1, again, FAILURE))
    row = database.rows("SELECT id, queue, origin, body, attempts, error_class, error, fingerprint, history FROM msg")[0]
    assert row[:8] == (delivery.id, parse.dlq, parse.id, b"a", 2, FAILURE.error_class, FAILURE.message, FAILURE.fingerprint)
    assert [step["at"] for step in json.loads(row[8])] == [NOON, NOON + 1]
    assert claim(database, parse, token=3) == []
    assert database.run(lambda tx: queues.revive(tx, NOON + 2, delivery.id))
    (revived,) = claim(database, parse, token=4)
    assert (revived.id, revived.run, revived.attempts, revived.deliveries) == (delivery.id, 1, 0, 1)
    assert revived.history is not None and len(json.loads(revived.history)) == 2


def test_a_dead_letter_that_is_sent_back_out_of_the_bin_is_in_it_no_more(database: Database, parse: Queue) -> None:
    """What is at work would else be listed as dropped, and a restore would put it into the queue of dead letters."""
    send(database, parse, "a")
    (delivery,) = claim(database, parse)
    database.run(lambda tx: queues.bury(tx, NOON, delivery, FAILURE))
    assert database.run(lambda tx: bin.discard(tx, NOON, [delivery.id])) == 1
    assert database.run(lambda tx: queues.revive(tx, NOON, delivery.id))
    assert database.rows("SELECT queue, binned FROM msg") == [(parse.id, None)]
    assert [one.id for one in claim(database, parse, token=2)] == [delivery.id]


def test_a_lost_lease_leaves_nothing_of_what_its_holder_wanted(database: Database, parse: Queue) -> None:
    send(database, parse, "a")
    (stale,) = claim(database, parse)
    database.run(lambda tx: queues.promote(tx, NOON + 60_000))
    (mine,) = claim(database, parse, token=2)
    before = everything(database)
    for ending in (
        lambda tx: queues.complete(tx, stale),
        lambda tx: queues.extend(tx, NOON, stale, 1),
        lambda tx: queues.give_back(tx, stale),
        lambda tx: queues.retry(tx, NOON, stale, FAILURE, 1),
        lambda tx: queues.postpone(tx, NOON, stale, 1),
        lambda tx: queues.bury(tx, NOON, stale, FAILURE),
    ):
        with pytest.raises(LeaseLost):
            database.run(ending)
    assert everything(database) == before
    database.run(lambda tx: queues.complete(tx, mine))


def test_nothing_is_deleted_for_age_it_becomes_a_dead_letter(database: Database, parse: Queue) -> None:
    send(database, parse, "old")
    send(database, parse, "delayed", delay_ms=DAY)
    send(database, parse, "young", now=NOON + 1)
    limit = NOON + parse.retention_ms
    assert database.run(lambda tx: retention.expire(tx, limit - 1, 100)) == []
    [old] = database.run(lambda tx: retention.expire(tx, limit, 100))
    assert (old.body, old.attempts, old.run) == (b"old", 0, 0)
    assert len(database.run(lambda tx: retention.expire(tx, limit + 10 * 365 * DAY, 1))) == 1, "as many as are asked for"
    dead = database.rows("SELECT body, origin, error_class FROM msg WHERE queue=? ORDER BY id", parse.dlq)
    assert dead == [(b"old", parse.id, "expired"), (b"young", parse.id, "expired")]
    assert database.run(lambda tx: retention.expire(tx, limit + 10 * 365 * DAY, 100)) == [], "dead letters and sleepers stay"


def test_a_foreign_producer_that_repeats_itself_is_heard_once_in_a_day(database: Database, parse: Queue) -> None:
    draft = Draft(queue=parse.id, body=b"a")
    assert database.run(lambda tx: queues.send_once(tx, NOON, draft, "key"))
    assert not database.run(lambda tx: queues.send_once(tx, NOON + DAY - 1, draft, "key"))
    assert database.run(lambda tx: queues.send_once(tx, NOON, draft, "another"))
    assert database.run(lambda tx: queues.send_once(tx, NOON + DAY, draft, "key"))
    assert database.value("SELECT count(*) FROM msg") == 3


def test_a_queue_has_one_dead_letter_queue_and_keeps_its_settings(database: Database, parse: Queue) -> None:
    changed = database.run(lambda tx: queues.change(tx, "parse", concurrency=2, paused=1, batch=7))
    assert (changed.concurrency, changed.paused, changed.batch) == (2, 1, 7)
    assert database.run(lambda tx: queues.ensure(tx, "parse", 16)) == changed
    assert [queue.name for queue in queues.everyone(database.connection)] == ["dlq.parse", "parse"]
    with pytest.raises(UnknownQueue):
        database.run(lambda tx: queues.change(tx, "nothing", paused=1))
    for settings in ({"concurrency": -1}, {"dlq": 1}, {"id": 1}, {"max_attempts": 3}):
        with pytest.raises(Refusal):
            database.run(lambda tx, settings=settings: queues.change(tx, "parse", **settings))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("settings", "span"),
    [
        ({"concurrency": 0}, "1 to 1000"), ({"concurrency": 1_001}, "1 to 1000"), ({"batch": 0}, "1 to 1000"), ({"batch": 1_001}, "1 to 1000"),
        ({"lease_ms": 59_999}, "60000 to 86400000"), ({"lease_ms": 86_400_001}, "60000 to 86400000"), ({"backoff_ms": 0}, "1 or more"),
        ({"backoff_max_ms": 999}, "1000 (backoff_ms) or more"), ({"backoff_ms": 600_001}, "600001 (backoff_ms) or more"),
        ({"retention_ms": 3_599_999}, "3600000 or more"), ({"paused": 2}, "0 to 1"), ({"batch": 3, "retention_ms": 5}, "3600000 or more"),
    ],
)  # fmt: skip
def test_a_setting_that_would_stop_the_engine_is_refused_with_its_range(
    database: Database, parse: Queue, settings: dict[str, int], span: str
) -> None:
    with pytest.raises(Refusal, match="may be " + re.escape(span)) as caught:
        database.run(lambda tx: queues.change(tx, "parse", **settings))
    assert "`nexus queues pause parse`" in str(caught.value)
    assert queues.by_name(database.connection, "parse") == parse


@pytest.mark.parametrize(
    "settings",
    [
        {"concurrency": 1, "batch": 1, "lease_ms": 60_000, "backoff_ms": 1, "backoff_max_ms": 1, "retention_ms": 3_600_000},
        {"concurrency": 1_000, "batch": 1_000, "lease_ms": 86_400_000, "backoff_max_ms": 700_000, "backoff_ms": 700_000},
    ],
)
def test_the_ends_of_the_ranges_can_be_set(database: Database, parse: Queue, settings: dict[str, int]) -> None:
    changed = database.run(lambda tx: queues.change(tx, "parse", **settings))
    assert changed == parse._replace(**settings) == queues.by_name(database.connection, "parse")


def test_operations_tell_when_sleepers_are_due(database: Database, parse: Queue) -> None:
    def operation(tx: Transaction) -> int | None:
        queues.send(tx, NOON, [Draft(queue=parse.id, body=b"a", delay_ms=5000), Draft(queue=parse.id, body=b"b", delay_ms=3000)])
        queues.send(tx, NOON, [Draft(queue=parse.id, body=b"c")])
        return tx.due

    assert database.run(operation) == NOON + 3000
