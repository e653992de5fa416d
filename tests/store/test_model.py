"""KV, locks and queues against a plain Python model, over a real database file, with a clock the rules drive and deaths before COMMIT.

`NEXUS_MODEL_EXAMPLES` and `NEXUS_MODEL_STEPS` make it longer.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from store import bin as dustbin
from store import kv, locks, queues, sweep
from store.errors import LeaseLost
from store.kv import Namespace
from store.queues import Delivery, Draft, Failure, Priority, State
from store.records import steps
from store.transaction import Transaction
from tests.store.harness import NOON, Database

T = TypeVar("T")

FAILURE = Failure(error_class="NX-T01 Test", message="it failed", fingerprint="f" * 16)
RETENTION = 200_000
DAY = 24 * 3600 * 1000

#: Few of each, and times that meet: expiry at the very millisecond must come up.
queue_names = st.sampled_from(["parse", "audit"])
priorities = st.sampled_from(list(Priority))
delays = st.sampled_from([0, 0, 1_000, 60_000])
times_to_live = st.sampled_from([None, 1, 1_000, 60_000])
keys = st.sampled_from(["a", "b", "ação", "a:1", "z\U0010ffff\U0010ffff\U0010ffff\U0010ffff\U0010ffff", "￿", "\U0001f600"])
namespaces = st.sampled_from([Namespace.STATE, Namespace.LOCAL])
traces = st.sampled_from(["t1", "t2", "t3"])
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


@dataclass(frozen=True)
class Key:
    value: bytes
    meta: str | None
    exp: int | None
    ver: int


@dataclass
class Held:
    owner: str | None
    fence: int
    exp: int


@dataclass
class Model:
    """The whole truth, as plain values."""

    messages: dict[int, Message] = field(default_factory=dict)
    keys: dict[tuple[Namespace, str], Key] = field(default_factory=dict)
    locks: dict[str, Held] = field(default_factory=dict)
    effects: Counter[tuple[str, str, int]] = field(default_factory=Counter)


class Died(Exception):
    """The process died before COMMIT."""


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.database = Database(Path(self.folder.name) / "nexus.db")
        self.now = NOON
        self.model = Model()
        self.deliveries: list[Delivery] = []
        self.tokens = 0
        self.doomed = False
        self.versions: dict[tuple[Namespace, str], int] = {}
        self.fences: dict[str, int] = {}
        self.acknowledged: set[int] = set()
        self.gone: set[int] = set()

    @initialize()
    def make_queues(self) -> None:
        self.ids: dict[str, int] = {}
        for name in ("parse", "audit"):
            queue = self.database.run(lambda tx, name=name: queues.ensure(tx, name, 16, retention_ms=RETENTION))  # type: ignore[misc]
            assert queue.dlq is not None
            self.ids |= {name: queue.id, "dlq." + name: queue.dlq}
        self.database.run(lambda tx: dustbin.discard(tx, self.now, []))
        self.ids["bin"] = self.database.value("SELECT id FROM queue WHERE name='bin'")
        self.names = {number: name for name, number in self.ids.items()}

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    # How operations run ---------------------------------------------------------------------------

    def run(self, operation: Callable[[Transaction], T]) -> T:
        if not self.doomed:
            return self.database.run(operation)
        self.doomed = False
        try:
            self.database.die_in(operation)
        finally:
            self.recover()
        raise Died

    def attempt(self, operation: Callable[[Transaction], T]) -> tuple[bool, T | None]:
        """(True, result), or (False, None) if the process died and nothing happened."""
        try:
            return True, self.run(operation)
        except Died:
            return False, None

    def recover(self) -> None:
        self.database.run(lambda tx: queues.recover(tx, self.now))
        for number, message in self.model.messages.items():
            if message.state is State.LEASED:
                self.model.messages[number] = replace(message, state=State.READY, due=0, lease=0)

    @rule()
    def the_next_operation_dies(self) -> None:
        self.doomed = True

    @rule()
    def restart(self) -> None:
        self.doomed = False
        self.database.reopen()
        self.recover()

    @rule(milliseconds=st.sampled_from([1, 999, 1_000, 59_000, 60_000, 100_000, 8 * DAY]))
    def time_passes(self, milliseconds: int) -> None:
        self.now += milliseconds

    # Queues ---------------------------------------------------------------------------------------

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
                self.model.messages[number] = message
                self.acknowledged.add(number)

    @rule(queue=queue_names, count=st.integers(1, 4), lease=st.sampled_from([1_000, 60_000]))
    def claim(self, queue: str, count: int, lease: int) -> None:
        self.tokens += 1
        token = self.tokens
        done, claimed = self.attempt(lambda tx: queues.claim(tx, self.now, self.ids[queue], count, token, lease))
        if not done or claimed is None:
            return
        ready = [(m.prio, n) for n, m in self.model.messages.items() if m.queue == queue and m.state is State.READY]
        assert [(one.prio, one.id) for one in claimed] == sorted(ready)[:count]
        for one in claimed:
            before = self.model.messages[one.id]
            after = replace(before, state=State.LEASED, deliveries=before.deliveries + 1, lease=token, due=self.now + lease)
            assert (one.deliveries, one.attempts, one.run) == (after.deliveries, after.attempts, after.run)
            self.model.messages[one.id] = after
            self.deliveries.append(one)

    def end(self, pick: int, operation: Callable[[Transaction, Delivery], Any], change: Callable[[Message], Message | None]) -> None:
        """A holder, maybe one whose lease is lost, ends a delivery one way or the other."""
        if not self.deliveries:
            return
        delivery = self.deliveries[pick % len(self.deliveries)]
        before = self.model.messages.get(delivery.id)
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
            del self.model.messages[delivery.id]
            self.gone.add(delivery.id)
        else:
            self.model.messages[delivery.id] = after

    @rule(pick=picks)
    def complete(self, pick: int) -> None:
        self.end(pick, queues.complete, lambda message: None)

    @rule(pick=picks, queue=queue_names)
    def complete_with_effects(self, pick: int, queue: str) -> None:
        """As the runtime does: ack, look whether the step is done, write its effects, send the next, all in one transaction."""
        sent: list[Message] = []

        def operation(tx: Transaction, delivery: Delivery) -> None:
            queues.complete(tx, delivery)
            trace, doc = delivery.trace or "", delivery.doc or ""
            if steps.is_done(tx, trace, doc, "A1", "evt", delivery.run):
                tx.count("deduped")
                return
            steps.record(tx, [steps.Step(trace, doc, "A1", "evt", delivery.run, steps.StepStatus.DONE, 1, self.now, self.now, 0, None, None)])
            tx.count("effects:" + json.dumps([trace, doc, delivery.run]))
            draft, message = self.draft(queue, Priority.NORMAL, 0, trace)
            queues.send(tx, self.now, [draft])
            sent.append(message)

        before = len(self.gone)
        self.end(pick, operation, lambda message: None)
        if len(self.gone) > before and sent:
            (number,) = self.born(1)
            self.model.messages[number] = sent[-1]
            self.acknowledged.add(number)
            delivery = self.deliveries[pick % len(self.deliveries)]
            self.model.effects[delivery.trace or "", delivery.doc or "", delivery.run] += 1

    @rule(pick=picks, lease=st.sampled_from([1_000, 60_000]))
    def extend(self, pick: int, lease: int) -> None:
        self.end(pick, lambda tx, held: queues.extend(tx, self.now, held, lease), lambda message: replace(message, due=self.now + lease))

    @rule(pick=picks)
    def give_back(self, pick: int) -> None:
        self.end(pick, queues.give_back, lambda message: replace(message, state=State.READY, due=0, lease=0, deliveries=message.deliveries - 1))

    @rule(pick=picks, delay=st.sampled_from([1, 1_000, 2 * DAY]))
    def retry(self, pick: int, delay: int) -> None:
        self.end(
            pick,
            lambda tx, held: queues.retry(tx, self.now, held, FAILURE, delay),
            lambda message: replace(
                message, state=State.DELAYED, due=self.now + min(delay, DAY), lease=0, attempts=message.attempts + 1, told=message.told + 1
            ),
        )

    @rule(pick=picks)
    def postpone(self, pick: int) -> None:
        self.end(
            pick,
            lambda tx, held: queues.postpone(tx, self.now, held, 60_000),
            lambda message: replace(message, state=State.DELAYED, due=self.now + 60_000, lease=0, deliveries=message.deliveries - 1),
        )

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
            self.model.messages[number] = message
            self.acknowledged.add(number)

    @rule()
    def promote(self) -> None:
        done, promoted = self.attempt(lambda tx: queues.promote(tx, self.now))
        if done:
            due = [n for n, m in self.model.messages.items() if m.state is not State.READY and m.due <= self.now]
            assert promoted == len(due)
            for number in due:
                self.model.messages[number] = replace(self.model.messages[number], state=State.READY, due=0, lease=0)

    @rule()
    def expire(self) -> None:
        done, moved = self.attempt(lambda tx: queues.expire(tx, self.now, 1000))
        if done:
            limit = self.now - RETENTION
            live = ("parse", "audit")
            old = [n for n, m in self.model.messages.items() if m.state is State.READY and m.queue in live and m.created <= limit]
            assert moved == len(old)
            for number in old:
                message = self.model.messages[number]
                self.model.messages[number] = replace(message, queue="dlq." + message.queue, origin=message.queue)

    def any_message(self, pick: int) -> int:
        known = sorted(self.acknowledged)
        return known[pick % len(known)] if known else 1

    @rule(pick=picks)
    def revive(self, pick: int) -> None:
        number = self.any_message(pick)
        before = self.model.messages.get(number)
        done, revived = self.attempt(lambda tx: queues.revive(tx, self.now, number))
        if not done:
            return
        assert revived == (before is not None and before.origin is not None)
        if before is not None and before.origin is not None:
            self.model.messages[number] = replace(
                before, queue=before.origin, origin=None, state=State.READY, due=0, lease=0, deliveries=0, attempts=0, run=before.run + 1,
                created=self.now,
            )  # fmt: skip

    @rule(pick=picks)
    def drop(self, pick: int) -> None:
        number = self.any_message(pick)
        done, dropped = self.attempt(lambda tx: queues.drop(tx, [number, 10**9]))
        if done:
            assert dropped == (number in self.model.messages)
            if self.model.messages.pop(number, None) is not None:
                self.gone.add(number)

    @rule(pick=picks)
    def throw_away(self, pick: int) -> None:
        number = self.any_message(pick)
        done, moved = self.attempt(lambda tx: dustbin.discard(tx, self.now, [number]))
        if done:
            before = self.model.messages.get(number)
            assert moved == (before is not None and before.queue != "bin")
            if before is not None and before.queue != "bin":
                self.model.messages[number] = replace(before, queue="bin", binned=before.queue, state=State.READY, due=self.now, lease=0)

    @rule(pick=picks)
    def take_back(self, pick: int) -> None:
        number = self.any_message(pick)
        done, back = self.attempt(lambda tx: dustbin.take_back(tx, [number]))
        if done:
            before = self.model.messages.get(number)
            assert back == (before is not None and before.queue == "bin")
            if before is not None and before.binned is not None and before.queue == "bin":
                self.model.messages[number] = replace(before, queue=before.binned, binned=None, due=0)

    # KV -------------------------------------------------------------------------------------------

    def live(self, key: Key | None) -> bool:
        return key is not None and (key.exp is None or key.exp > self.now)

    @rule(ns=namespaces, key=keys, value=st.binary(max_size=8), ttl=times_to_live, meta=st.sampled_from([None, '{"a":1}']))
    def put(self, ns: Namespace, key: str, value: bytes, ttl: int | None, meta: str | None) -> None:
        expires = None if ttl is None else self.now + ttl
        done, _ = self.attempt(lambda tx: kv.put(tx, ns, key, value, expires=expires, metadata=meta))
        if done:
            ver = self.database.value("SELECT ver FROM kv WHERE ns=? AND key=?", ns, key)
            assert ver > self.versions.get((ns, key), 0), "a version came twice"
            self.versions[ns, key] = ver
            self.model.keys[ns, key] = Key(value, meta, expires, ver)

    @rule(ns=namespaces, key=keys)
    def delete(self, ns: Namespace, key: str) -> None:
        done, _ = self.attempt(lambda tx: kv.delete(tx, ns, key))
        if done:
            self.model.keys.pop((ns, key), None)

    @rule(ns=namespaces, key=keys, ttl=times_to_live)
    def change_expiry(self, ns: Namespace, key: str, ttl: int | None) -> None:
        expires = None if ttl is None else self.now + ttl
        done, found = self.attempt(lambda tx: kv.expire_at(tx, self.now, ns, key, expires))
        if done:
            before = self.model.keys.get((ns, key))
            assert found == self.live(before)
            if before is not None and self.live(before):
                self.model.keys[ns, key] = replace(before, exp=expires)

    @rule()
    def sweep_now(self) -> None:
        done, _ = self.attempt(lambda tx: sweep.sweep(tx, self.now, lambda: 0.0))
        if done:
            self.model.keys = {name: key for name, key in self.model.keys.items() if self.live(key)}
            assert self.database.value("SELECT count(*) FROM kv") == len(self.model.keys)
            self.model.locks = {
                name: held for name, held in self.model.locks.items() if held.owner is not None or held.exp > self.now - locks.RELEASED_MS
            }

    @rule(ns=namespaces, prefix=st.sampled_from(["", "a", "z", "a:"]), limit=st.integers(1, 3))
    def list_by_pages(self, ns: Namespace, prefix: str, limit: int) -> None:
        found: list[str] = []
        cursor = None
        while True:
            page = kv.listing(self.database.connection, self.now, ns, prefix, cursor, limit)
            found += [entry.key for entry in page.entries]
            cursor = page.cursor
            if cursor is None:
                break
        expected = [key for (space, key), held in self.model.keys.items() if space is ns and key.startswith(prefix) and self.live(held)]
        assert found == sorted(expected, key=str.encode)

    # Locks ----------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(["d1", "d2"]), owner=traces, ttl=st.sampled_from([1, 60_000]))
    def acquire(self, name: str, owner: str, ttl: int) -> None:
        done, fence = self.attempt(lambda tx: locks.acquire(tx, self.now, name, owner, ttl))
        if not done:
            return
        held = self.model.locks.get(name)
        free = held is None or held.owner is None or held.exp <= self.now or held.owner == owner
        assert (fence is not None) == free
        if fence is not None:
            assert fence > self.fences.get(name, 0), "a fence went back"
            self.fences[name] = fence
            self.model.locks[name] = Held(owner, fence, self.now + ttl)

    @rule(name=st.sampled_from(["d1", "d2"]), owner=traces, ttl=st.sampled_from([1, 60_000]))
    def renew(self, name: str, owner: str, ttl: int) -> None:
        done, renewed = self.attempt(lambda tx: locks.renew(tx, self.now, name, owner, ttl))
        if done:
            held = self.model.locks.get(name)
            mine = held is not None and held.owner == owner and held.exp > self.now
            assert renewed == mine
            if held is not None and mine:
                held.exp = self.now + ttl

    @rule()
    def renew_live(self) -> None:
        done, renewed = self.attempt(lambda tx: locks.renew_live(tx, self.now, 60_000))
        if done:
            alive = {message.trace for message in self.model.messages.values() if message.queue in ("parse", "audit")}
            mine = [held for held in self.model.locks.values() if held.owner in alive]
            assert renewed == len(mine)
            for held in mine:
                held.exp = self.now + 60_000

    @rule(name=st.sampled_from(["d1", "d2"]), owner=traces, by_force=st.booleans())
    def release(self, name: str, owner: str, by_force: bool) -> None:
        if by_force:
            done, released = self.attempt(lambda tx: bool(locks.break_open(tx, self.now, [name])))
        else:
            done, released = self.attempt(lambda tx: locks.release(tx, self.now, name, owner))
        if done:
            held = self.model.locks.get(name)
            mine = held is not None and held.owner is not None and (by_force or held.owner == owner)
            assert released == mine
            if held is not None and mine:
                held.owner, held.exp = None, self.now

    # What holds after every step ------------------------------------------------------------------

    @invariant()
    def messages_are_as_the_model_says(self) -> None:
        """(a), (b), (d), (e): every acknowledged message is in exactly one state or gone by a command, nothing stale changed it."""
        rows = self.database.rows(
            "SELECT id, queue, state, prio, created, trace, doc, due, deliveries, attempts, run, lease, origin, history, binned FROM msg"
        )
        found = {
            row[0]: Message(
                self.names[row[1]], State(row[2]), *row[3:12],
                origin=None if row[12] is None else self.names[row[12]], told=len(json.loads(row[13])) if row[13] else 0,
                binned=None if row[14] is None else self.names[row[14]],
            )
            for row in rows
        }  # fmt: skip
        assert found == self.model.messages
        assert set(found) | self.gone == self.acknowledged
        assert not set(found) & self.gone

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
        assert found == dict(self.model.effects)
        assert all(n == 1 for n in found.values())
        assert self.database.value("SELECT count(*) FROM step") == len(found)

    @invariant()
    def live_keys_are_read_and_only_they(self) -> None:
        """(f)"""
        for ns in (Namespace.STATE, Namespace.LOCAL):
            expected = {
                key: (held.value, held.meta, held.exp, held.ver)
                for (space, key), held in self.model.keys.items()
                if space is ns and self.live(held)
            }
            wanted = ["a", "b", "ação", "a:1", "z\U0010ffff\U0010ffff\U0010ffff\U0010ffff\U0010ffff", "￿", "\U0001f600"]
            found = kv.get_many(self.database.connection, self.now, ns, wanted)
            assert {key: (entry.value, entry.meta, entry.exp, entry.ver) for key, entry in found.items()} == expected
            for key in wanted:
                assert kv.get(self.database.connection, self.now, ns, key) == found.get(key)

    @invariant()
    def locks_have_one_holder(self) -> None:
        """(d)"""
        for name, fence in self.fences.items():
            held = self.model.locks.get(name)
            for owner in ("t1", "t2", "t3"):
                for tried in range(max(1, fence - 2), fence + 1):
                    stands = held is not None and (held.owner, held.fence) == (owner, tried) and held.exp > self.now
                    assert locks.holds(self.database.connection, self.now, name, owner, tried) == stands
        shown = {lock.name: lock.owner for lock in locks.held(self.database.connection, self.now)}
        assert shown == {name: held.owner for name, held in self.model.locks.items() if held.owner is not None and held.exp > self.now}

    @invariant()
    def sleepers_are_known(self) -> None:
        due = [message.due for message in self.model.messages.values() if message.state is not State.READY]
        assert queues.next_due(self.database.connection) == min(due, default=None)


StoreMachine.TestCase.settings = settings(
    max_examples=int(os.environ.get("NEXUS_MODEL_EXAMPLES", "150")),
    stateful_step_count=int(os.environ.get("NEXUS_MODEL_STEPS", "60")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
test_the_store_does_what_the_model_does = pytest.mark.filterwarnings("default")(StoreMachine.TestCase)
