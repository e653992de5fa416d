"""Locks against a plain Python model."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from store import locks, queues, sweep
from store.queues import Draft
from tests.store.model_base import Machine, traces

names = st.sampled_from(["d1", "d1", "d2"])
times_to_live = st.sampled_from([1, 60_000])


@dataclass
class Held:
    owner: str | None
    fence: int
    exp: int


class LockMachine(Machine):
    """Acquire, renew, release, break open, sweep."""

    def __init__(self) -> None:
        super().__init__()
        self.locks: dict[str, Held] = {}
        self.fences: dict[str, int] = {}
        self.seed()

    def seed(self) -> None:
        """One trace at work, one that only has a dead letter."""
        self.database.run(lambda tx: queues.send(tx, self.now, [Draft(queue=self.ids["parse"], body=b"{}", trace="t1")]))
        self.database.run(lambda tx: queues.send(tx, self.now, [Draft(queue=self.ids["dlq.parse"], body=b"{}", trace="t2")]))

    def alive(self) -> set[str]:
        return {"t1"}

    def moments(self) -> set[int]:
        return super().moments() | {held.exp if held.owner else held.exp + locks.RELEASED_MS for held in self.locks.values()}

    def swept(self) -> None:
        super().swept()
        kept = {name: held for name, held in self.locks.items() if held.owner is not None or held.exp > self.now - locks.RELEASED_MS}
        self.locks = kept
        assert self.database.value("SELECT count(*) FROM lock") == len(kept)

    @rule()
    def sweep_locks(self) -> None:
        done, _ = self.attempt(lambda tx: sweep.sweep(tx, self.now, lambda: 0.0))
        if done:
            self.swept()

    @rule(name=names, owner=traces, ttl=times_to_live)
    def acquire(self, name: str, owner: str, ttl: int) -> None:
        done, fence = self.attempt(lambda tx: locks.acquire(tx, self.now, name, owner, ttl))
        if not done:
            return
        held = self.locks.get(name)
        free = held is None or held.owner is None or held.exp <= self.now or held.owner == owner
        assert (fence is not None) == free
        if fence is not None:
            assert fence > self.fences.get(name, 0), "a fence went back"
            self.fences[name] = fence
            self.locks[name] = Held(owner, fence, self.now + ttl)

    @rule(name=names, owner=traces, ttl=times_to_live)
    def renew(self, name: str, owner: str, ttl: int) -> None:
        done, renewed = self.attempt(lambda tx: locks.renew(tx, self.now, name, owner, ttl))
        if done:
            held = self.locks.get(name)
            mine = held is not None and held.owner == owner and held.exp > self.now
            assert renewed == mine
            if held is not None and mine:
                held.exp = self.now + ttl

    @rule()
    def renew_live(self) -> None:
        done, renewed = self.attempt(lambda tx: locks.renew_live(tx, self.now, 60_000))
        if done:
            alive = self.alive()
            mine = [held for held in self.locks.values() if held.owner in alive]
            assert renewed == len(mine)
            for held in mine:
                held.exp = self.now + 60_000

    @rule(name=names, owner=traces, by_force=st.booleans())
    def release(self, name: str, owner: str, by_force: bool) -> None:
        if by_force:
            done, released = self.attempt(lambda tx: bool(locks.break_open(tx, self.now, [name])))
        else:
            done, released = self.attempt(lambda tx: locks.release(tx, self.now, name, owner))
        if done:
            held = self.locks.get(name)
            mine = held is not None and held.owner is not None and (by_force or held.owner == owner)
            assert released == mine
            if held is not None and mine:
                held.owner, held.exp = None, self.now

    @invariant()
    def locks_have_one_holder(self) -> None:
        """(d)"""
        for name, fence in self.fences.items():
            held = self.locks.get(name)
            for owner in ("t1", "t2", "t3"):
                for tried in range(max(1, fence - 2), fence + 1):
                    stands = held is not None and (held.owner, held.fence) == (owner, tried) and held.exp > self.now
                    assert locks.holds(self.database.connection, self.now, name, owner, tried) == stands
        shown = {lock.name: lock.owner for lock in locks.held(self.database.connection, self.now)}
        assert shown == {name: held.owner for name, held in self.locks.items() if held.owner is not None and held.exp > self.now}
