"""Queues against a plain Python model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from store import bin as dustbin
from store import handover, queues, retention
from store.errors import LeaseLost
from store.queues import Delivery, Draft, Failure, Priority, State
from store.records import steps
from store.transaction import Transaction
from tests.store.model_base import DAY, RETENTION, Machine, traces

FAILURE = Failure(error_class="NX-T01 Test", message="it failed", fingerprint="f" * 16)

queue_names = st.sampled_from(["parse", "parse", "audit"])
priorities = st.sampled_from(list(Priority))
delays = st.sampled_from([0, 0, 1_000, 60_000])
picks = st.integers(0, 10_000)


@dataclass(frozen=True)
class Message:
    """What the model knows of a message."""

    queue: str
    state: State
    prio: int
    created: int
    trace: str
    doc: str
    due: int = 0
    deliveries: int = 0
    attempts: int = 0
    run: int = 0
    lease: int = 0
    origin: str | None = None
    told: int = 0
    binned: str | None = None


class QueueMachine(Machine):
    """Send, claim, and every way a delivery can end."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: dict[int, Message] = {}
        self.effects: Counter[tuple[str, str, int]] = Counter()
        self.deliveries: list[Delivery] = []
        self.tokens = 0
        self.acknowledged: set[int] = set()
        self.gone: set[int] = set()

    def moments(self) -> set[int]:
        return super().moments() | {message.due for message in self.messages.values() if message.state is not State.READY}

    def recover(self) -> None:
        super().recover()
        for number, message in self.messages.items():
            if message.state is State.LEASED:
                self.messages[number] = replace(message, state=State.READY, due=0, lease=0)

    def born(self, count: int) -> list[int]:
        rows = self.database.rows("SELECT id FROM msg ORDER BY id DESC LIMIT ?", count)
        return [row[0] for row in reversed(rows)]

    def draft(self, queue: str, prio: int, delay: int, trace: str) -> tuple[Draft, Message]:
        draft = Draft(queue=self.ids[queue], body=b"{}", trace=trace, doc="doc-" + trace, prio=prio, delay_ms=delay)
        state = State.DELAYED if delay else State.READY
        return draft, Message(queue, state, prio, self.now, trace, "doc-" + trace, due=self.now + delay if delay else 0)

    @rule(wanted=st.lists(st.tuples(queue_names, priorities, delays, traces), min_size=1, max_size=4))
    def send(self, wanted: list[tuple[str, Priority, int, str]]) -> None:
        pairs = [self.draft(*one) for one in wanted]
        done, _ = self.attempt(lambda tx: queues.send(tx, self.now, [draft for draft, _ in pairs]))
        if done:
            for number, (_, message) in zip(self.born(len(pairs)), pairs, strict=True):
                assert number not in self.acknowledged
                self.messages[number] = message
                self.acknowledged.add(number)

    @rule(queue=queue_names, count=st.integers(1, 4), lease=st.sampled_from([1_000, 60_000]))
    def claim(self, queue: str, count: int, lease: int) -> None:
        self.tokens += 1
        token = self.tokens
        done, claimed = self.attempt(lambda tx: queues.claim(tx, self.now, self.ids[queue], count, token, lease))
        if not done or claimed is None:
            return
        ready = [(m.prio, n) for n, m in self.messages.items() if m.queue == queue and m.state is State.READY]
        assert [(one.prio, one.id) for one in claimed] == sorted(ready)[:count]
        for one in claimed:
            before = self.messages[one.id]
            after = replace(before, state=State.LEASED, deliveries=before.deliveries + 1, lease=token, due=self.now + lease)
            assert (one.deliveries, one.attempts, one.run) == (after.deliveries, after.attempts, after.run)
            self.messages[one.id] = after
            self.deliveries.append(one)

    def picked(self, pick: int) -> Delivery:
        """Mostly a delivery whose lease stands, sometimes any of the latest."""
        standing = [one for one in self.deliveries if one.id in self.messages and self.messages[one.id].lease == one.lease]
        among = standing if standing and pick % 4 else self.deliveries[-8:]
        return among[pick // 4 % len(among)]

    def end(self, pick: int, operation: Callable[[Transaction, Delivery], Any], change: Callable[[Message], Message | None]) -> None:
        """A holder, maybe one whose lease is lost, ends a delivery one way or the other."""
        delivery = self.picked(pick)
        before = self.messages.get(delivery.id)
        holds = before is not None and before.state is State.LEASED and before.lease == delivery.lease
        try:
            done, _ = self.attempt(lambda tx: operation(tx, delivery))
        except LeaseLost:
            assert not holds
            return
        if not done:
            return
        assert holds and before is not None
        after = change(before)
        if after is None:
            del self.messages[delivery.id]
            self.gone.add(delivery.id)
        else:
            self.messages[delivery.id] = after

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks)
    def complete(self, pick: int) -> None:
        self.end(pick, queues.complete, lambda message: None)

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks, queue=queue_names)
    def complete_with_effects(self, pick: int, queue: str) -> None:
        """As the runtime does: ack, look whether the step is done, write its effects, send the next, all in one transaction."""
        sent: list[tuple[Delivery, Message]] = []

        def operation(tx: Transaction, delivery: Delivery) -> None:
            queues.complete(tx, delivery)
            trace, doc = delivery.trace or "", delivery.doc or ""
            if steps.is_done(tx, trace, doc, "A1", "evt", delivery.run):
                tx.count("deduped")
                return
            steps.record(tx, steps.Step(trace, doc, "A1", "evt", delivery.run, steps.StepStatus.DONE, 1, self.now, self.now, 0, None, None))
            tx.count("effects:" + json.dumps([trace, doc, delivery.run]))
            draft, message = self.draft(queue, Priority.NORMAL, 0, trace)
            queues.send(tx, self.now, [draft])
            sent.append((delivery, message))

        before = len(self.gone)
        self.end(pick, operation, lambda message: None)
        if len(self.gone) > before and sent:
            (number,) = self.born(1)
            delivery, self.messages[number] = sent[-1]
            self.acknowledged.add(number)
            self.effects[delivery.trace or "", delivery.doc or "", delivery.run] += 1

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks, queue=queue_names, prio=priorities, places=st.integers(0, 3))
    def hand_on(self, pick: int, queue: str, prio: Priority, places: int) -> None:
        """Ack and send the next of the same document, leased by the same hands where nothing older waits and a place is free."""
        self.tokens += 1
        token = self.tokens
        sent: list[tuple[Message, Delivery | None]] = []

        def operation(tx: Transaction, delivery: Delivery) -> None:
            draft, message = self.draft(queue, prio, 0, delivery.trace or "")
            if handover.may_follow(tx, delivery, draft):
                sent.append((message, handover.hand_on(tx, self.now, delivery, draft, token, 60_000)))
            else:
                queues.complete(tx, delivery)
                queues.send(tx, self.now, [draft])
                sent.append((message, None))

        leased = sum(message.queue == queue and message.state is State.LEASED for message in self.messages.values())
        waiting = any(message.queue == queue and message.state is State.READY for message in self.messages.values())
        handed = {one.id: one for one in self.deliveries}
        self.database.offered = {self.ids[queue]: places}
        before = len(self.gone)
        try:
            self.end(pick, operation, lambda message: None)
        finally:
            self.database.offered = {}
        if len(self.gone) == before:
            return
        message, following = sent[-1]
        if following is None:
            (number,) = self.born(1)
            assert number not in self.acknowledged
            self.acknowledged.add(number)
            self.messages[number] = message
            return
        assert not waiting, "nothing older was overtaken"
        assert places > 0 or leased, "there was a place, or its own"
        assert following.id in handed
        self.gone.discard(following.id)
        self.messages[following.id] = replace(message, state=State.LEASED, deliveries=1, lease=token, due=self.now + 60_000)
        self.deliveries.append(following)

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks, lease=st.sampled_from([1_000, 60_000]))
    def extend(self, pick: int, lease: int) -> None:
        self.end(pick, lambda tx, held: queues.extend(tx, self.now, held, lease), lambda message: replace(message, due=self.now + lease))

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks)
    def give_back(self, pick: int) -> None:
        self.end(pick, queues.give_back, lambda message: replace(message, state=State.READY, due=0, lease=0, deliveries=message.deliveries - 1))

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks, delay=st.sampled_from([1, 1_000, 2 * DAY]))
    def retry(self, pick: int, delay: int) -> None:
        self.end(
            pick,
            lambda tx, held: queues.retry(tx, self.now, held, FAILURE, delay),
            lambda message: replace(
                message, state=State.DELAYED, due=self.now + min(delay, DAY), lease=0, attempts=message.attempts + 1, told=message.told + 1
            ),
        )

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks)
    def postpone(self, pick: int) -> None:
        self.end(
            pick,
            lambda tx, held: queues.postpone(tx, self.now, held, 60_000),
            lambda message: replace(message, state=State.DELAYED, due=self.now + 60_000, lease=0, deliveries=message.deliveries - 1),
        )

    @precondition(lambda self: self.deliveries)
    @rule(pick=picks)
    def bury(self, pick: int) -> None:
        self.end(
            pick,
            lambda tx, held: queues.bury(tx, self.now, held, FAILURE),
            lambda message: replace(
                message, queue="dlq." + message.queue, origin=message.queue, state=State.READY, due=0, lease=0,
                attempts=message.attempts + 1, told=message.told + 1,
            ),
        )  # fmt: skip

    @rule(queue=queue_names, trace=traces, dead=st.booleans())
    def send_failed(self, queue: str, trace: str, dead: bool) -> None:
        draft, message = self.draft(queue, Priority.NORMAL, 1_000, trace)
        done, _ = self.attempt(lambda tx: queues.send_failed(tx, self.now, draft, FAILURE, dead=dead))
        if done:
            (number,) = self.born(1)
            message = replace(message, deliveries=1, attempts=1, told=1)
            if dead:
                message = replace(message, queue="dlq." + queue, origin=queue, state=State.READY, due=0)
            self.messages[number] = message
            self.acknowledged.add(number)

    @rule()
    def promote(self) -> None:
        self.promoted()

    def promoted(self) -> None:
        done, promoted = self.attempt(lambda tx: queues.promote(tx, self.now))
        if done:
            due = [n for n, m in self.messages.items() if m.state is not State.READY and m.due <= self.now]
            assert promoted == len(due)
            for number in due:
                self.messages[number] = replace(self.messages[number], state=State.READY, due=0, lease=0)

    @rule()
    def expire(self) -> None:
        done, moved = self.attempt(lambda tx: retention.expire(tx, self.now, 1000))
        if done:
            limit = self.now - RETENTION
            live = ("parse", "audit")
            old = [n for n, m in self.messages.items() if m.state is State.READY and m.queue in live and m.created <= limit]
            assert sorted(one.id for one in moved) == sorted(old)
            for number in old:
                message = self.messages[number]
                self.messages[number] = replace(
                    message, queue="dlq." + message.queue, origin=message.queue, told=message.told + 1
                )

    @rule()
    def leases_run_out(self) -> None:
        self.now = max(self.moments() | {self.now})
        self.promoted()

    def any_message(self, pick: int) -> int:
        known = sorted(self.acknowledged)
        return known[pick % len(known)]

    @precondition(lambda self: self.acknowledged)
    @rule(pick=picks)
    def revive(self, pick: int) -> None:
        number = self.any_message(pick)
        before = self.messages.get(number)
        done, revived = self.attempt(lambda tx: queues.revive(tx, self.now, number))
        if not done:
            return
        assert revived == (before is not None and before.origin is not None)
        if before is not None and before.origin is not None:
            self.messages[number] = replace(
                before, queue=before.origin, origin=None, state=State.READY, due=0, lease=0, deliveries=0, attempts=0, run=before.run + 1,
                created=self.now, binned=None,
            )  # fmt: skip

    @precondition(lambda self: self.acknowledged)
    @rule(pick=picks)
    def drop(self, pick: int) -> None:
        number = self.any_message(pick)
        done, dropped = self.attempt(lambda tx: queues.drop(tx, [number, 10**9]))
        if done:
            assert dropped == (number in self.messages)
            if self.messages.pop(number, None) is not None:
                self.gone.add(number)

    @precondition(lambda self: self.acknowledged)
    @rule(pick=picks)
    def throw_away(self, pick: int) -> None:
        number = self.any_message(pick)
        done, moved = self.attempt(lambda tx: dustbin.discard(tx, self.now, [number]))
        if done:
            before = self.messages.get(number)
            assert moved == (before is not None and before.queue != "bin")
            if before is not None and before.queue != "bin":
                self.messages[number] = replace(before, queue="bin", binned=before.queue, state=State.READY, due=self.now, lease=0)

    @precondition(lambda self: self.acknowledged)
    @rule(pick=picks)
    def take_back(self, pick: int) -> None:
        number = self.any_message(pick)
        done, back = self.attempt(lambda tx: dustbin.take_back(tx, [number]))
        if done:
            before = self.messages.get(number)
            assert back == (before is not None and before.queue == "bin")
            if before is not None and before.binned is not None and before.queue == "bin":
                self.messages[number] = replace(before, queue=before.binned, binned=None, due=0)


    @invariant()
    def messages_are_as_the_model_says(self) -> None:
        """(a), (b), (d), (e): every acknowledged message is in exactly one state or gone by a command, nothing stale changed it."""
        rows = self.database.rows(
            "SELECT id, queue, state, prio, created, trace, doc, due, deliveries, attempts, run, lease, origin, history, binned FROM msg"
        )
        found = {row[0]: self.as_stored(row) for row in rows}
        assert found == self.messages
        assert set(found) | self.gone == self.acknowledged
        assert not set(found) & self.gone

    def as_stored(self, row: tuple[Any, ...]) -> Message:
        _, queue, state, prio, created, trace, doc, due, deliveries, attempts, run, lease, origin, history, binned = row
        return Message(
            self.names[queue], State(state), prio, created, trace, doc, due, deliveries, attempts, run, lease,
            self.names.get(origin), len(json.loads(history)) if history else 0, self.names.get(binned),
        )  # fmt: skip

    @invariant()
    def counters_are_counts(self) -> None:
        """(g)"""
        counted = {queues.counter(q, State(s)): n for q, s, n in self.database.rows("SELECT queue, state, count(*) FROM msg GROUP BY 1, 2")}
        kept = dict(self.database.rows("SELECT name, n FROM counter WHERE name LIKE 'queue:%' AND n<>0"))
        assert kept == counted

    @invariant()
    def effects_happen_once(self) -> None:
        """(c)"""
        rows = self.database.rows("SELECT name, n FROM counter WHERE name LIKE 'effects:%'")
        found = {tuple(json.loads(name.removeprefix("effects:"))): n for name, n in rows}
        assert found == dict(self.effects)
        assert all(n == 1 for n in found.values())
        assert self.database.value("SELECT count(*) FROM step") == len(found)

    @invariant()
    def sleepers_are_known(self) -> None:
        due = [message.due for message in self.messages.values() if message.state is not State.READY]
        assert queues.next_due(self.database.connection) == min(due, default=None)
