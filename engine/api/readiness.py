"""Whether this appliance can do its work: a check a part, of which only a local failure makes it unready.

It is looked at every 2 s, beside the work, and told at once when somebody asks: under load each question to the store would wait its turn. The
database is written to, one committed row at most every 5 s.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engine.errors import EngineError
from engine.facade.disk import disk
from engine.facade.engine import Engine
from store import kv
from store.access import is_writable
from store.errors import StoreError, Unwritable
from store.kv import Namespace
from store.store import Store
from store.transaction import Transaction

Status = Literal["pass", "warn", "fail"]

HEARTBEAT = "readyz:heartbeat"
#: Seconds between two looks.
LOOK_S = 2.0
#: Seconds between two heartbeats, and until one that is not committed counts as failed.
HEARTBEAT_S, PATIENCE_S = 5.0, 2.0
#: Alarms that are about queues.
QUEUE_ALARMS = frozenset({"queue_age", "dead_letters"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part: what was seen, and why it is not well if it is not."""

    name: str
    status: Status
    observed: Any = None
    unit: str | None = None
    error: StoreError | EngineError | None = None
    time: str | None = None

    def told(self) -> dict[str, Any]:
        """As `application/health+json` has it."""
        value: dict[str, Any] = {"status": self.status}
        if self.observed is not None:
            value["observedValue"] = self.observed
        if self.unit is not None:
            value["observedUnit"] = self.unit
        if self.error is not None:
            value |= {"output": str(self.error), "code": self.error.code, "hint": self.error.hint}
        return value


class Readiness:
    """Asks the parts of the owner."""

    def __init__(self, directory: Path, store: Store, engine: Engine) -> None:
        self._directory = directory
        self._store = store
        self._engine = engine
        self._beaten: float | None = None
        self._last: StoreError | None = None
        self._beating: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._seen: asyncio.Future[list[Check]] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Begin to look."""
        self._looking = asyncio.ensure_future(self._look())

    async def stop(self) -> None:
        """Look no more; a heartbeat under way is waited for, the store closes after this."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._beating is not None:
            await self._beating

    async def checks(self) -> list[Check]:
        """What the last look saw, in the order of the names on the wire."""
        return await asyncio.shield(self._seen)

    async def _look(self) -> None:
        while True:
            checks = await self._check()
            if self._seen.done():
                self._seen = asyncio.get_running_loop().create_future()
            self._seen.set_result(checks)
            await asyncio.sleep(LOOK_S)

    async def _check(self) -> list[Check]:
        await self._heartbeat()
        written = self._last
        try:
            locks, queues, incidents, alarms = await asyncio.gather(
                self._engine.state.locks(), self._engine.queues.everyone(), self._engine.state.incidents(), self._engine.alarms.raised()
            )
            space = disk(self._directory)
        except StoreError as error:
            return [Check(name=name, status="fail", error=error) for name in ("kv_state", "kv_locks", "d1", "queues", "scheduler")]
        stale = sum(not lock.alive for lock in locks)
        oldest = max((queue.oldest_age or 0 for queue in queues), default=0)
        paused = any(queue.paused for queue in queues)
        # A database that is open already goes on being written on a disk that was mounted read-only over it; no file of a document does.
        closed = None if is_writable(self._directory) else Unwritable(f"{self._directory} cannot be written: no file can be made in it.")
        lack = space.error or closed
        local: Status = "pass" if written is None else "fail"
        return [
            Check(name="kv_state", status=local, error=written),
            Check(name="kv_locks", status="warn" if stale else "pass", observed=stale, unit="stale locks"),
            Check(name="d1", status=local, error=written),
            Check(name="queues", status="warn" if paused or any(alarm.kind in QUEUE_ALARMS for alarm in alarms) else "pass", observed=oldest, unit="ms"),
            Check(name="scheduler", status="warn" if incidents else "pass", observed=len(incidents), unit="incidents"),
            Check(name="disk", status="pass" if lack is None else "fail", observed=space.free_mb, unit="MB", error=lack),
            Check(name="alarms", status="warn" if alarms else "pass", observed=len(alarms), unit="alarms", error=alarms[0].error if alarms else None),
            Check(name="replication", status="pass", observed="off"),
            Check(name="cloud", status="pass", observed="off"),
        ]

    async def _heartbeat(self) -> None:
        now = self._store.clock.monotonic()
        if self._beaten is not None and now - self._beaten < HEARTBEAT_S:
            return
        if self._beating is None or self._beating.done():
            self._beating = asyncio.ensure_future(self._beat())
        done, _ = await asyncio.wait({self._beating}, timeout=PATIENCE_S)
        if not done:
            self._last = StoreError("The heartbeat is not committed yet.")

    async def _beat(self) -> None:
        wall = self._store.clock.wall_ms()

        def operation(tx: Transaction) -> None:
            kv.put(tx, Namespace.LOCAL, HEARTBEAT, str(wall).encode())

        try:
            await self._store.write(operation)
        except StoreError as error:
            self._last = error
        else:
            self._last = None
            self._beaten = self._store.clock.monotonic()
