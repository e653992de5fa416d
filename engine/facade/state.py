"""KV keys and locks: looking into them, and the commands on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.errors import BadInput
from engine.facade.commands import CommandResult, DeleteKeys, ExpireKey, ExpireKeys, PutKey, ReleaseLocks, SweepNow
from engine.facade.reading import Executing, Reading
from engine.facade.views import IncidentView, KeyView, LockView, SweepView
from store import kv, locks
from store.driver import Connection
from store.kv import Namespace

#: Where the timers note what did not go as planned: a JSON list, newest last.
INCIDENTS = "scheduler:incidents"
#: Where they note the last sweep that removed something: `{at_ms, removed}`.
LAST_SWEEP = "scheduler:sweep"
NAMESPACES = {"KV_STATE": Namespace.STATE, "KV_LOCKS": Namespace.LOCKS, "local": Namespace.LOCAL}


def namespace(name: str) -> Namespace:
    """A namespace by its name on the wire."""
    found = NAMESPACES.get(name)
    if found is None:
        raise BadInput(f"{name!r} is no namespace; there are {', '.join(NAMESPACES)}.")
    return found


class State:
    """Queries and commands on keys and locks."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def keys(self, space: str = "KV_STATE", prefix: str = "", cursor: str | None = None, limit: int = 1000) -> tuple[tuple[KeyView, ...], str | None]:
        """A page of live keys in byte order, and the cursor of the next."""
        wanted, now = namespace(space), self._reading.wall_ms()

        def query(connection: Connection) -> kv.Listing:
            return kv.listing(connection, now, wanted, prefix, cursor, limit)

        listing = await self._reading.read(query)
        return tuple(_key(space, entry) for entry in listing.entries), listing.cursor

    async def value(self, key: str, space: str = "KV_STATE") -> tuple[KeyView, bytes] | None:
        """A live key with its value."""
        wanted, now = namespace(space), self._reading.wall_ms()
        entry = await self._reading.read(lambda connection: kv.get(connection, now, wanted, key))
        if entry is None:
            return None
        content = entry.value if entry.sha is None else self._reading.blob(entry.sha)
        return _key(space, entry), content or b""

    async def locks(self) -> tuple[LockView, ...]:
        """Held locks, oldest first."""
        now = self._reading.wall_ms()

        def query(connection: Connection) -> tuple[LockView, ...]:
            views = []
            for lock in locks.held(connection, now):
                alive = connection.execute(
                    "SELECT 1 FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.trace=? AND queue.dlq IS NOT NULL LIMIT 1", (lock.owner,)
                ).fetchone()
                views.append(
                    LockView(
                        name=lock.name, owner=lock.owner, fence=lock.fence, acquired_ms=lock.acquired, expires_ms=lock.exp, alive=alive is not None
                    )
                )
            return tuple(views)

        return await self._reading.read(query)

    async def counters(self) -> dict[str, int]:
        """Things that happened, by name; depths of queues are left to `queues`."""

        def query(connection: Connection) -> dict[str, int]:
            return dict(connection.execute("SELECT name, n FROM counter WHERE name NOT LIKE 'queue:%' ORDER BY name").fetchall())

        return await self._reading.read(query)

    async def incidents(self) -> tuple[IncidentView, ...]:
        """Timers' runs of the last week that did not go as planned, oldest first."""
        found = await self.value(INCIDENTS, "local")
        return () if found is None else tuple(IncidentView(**one) for one in msgspec.json.decode(found[1]))

    async def sweeping(self) -> SweepView:
        """What the last sweep removed, and when the next one has something to do."""
        now = self._reading.wall_ms()

        def query(connection: Connection) -> tuple[kv.Entry | None, int | None, int]:
            row = connection.execute("SELECT n FROM counter WHERE name='expired'").fetchone()
            return kv.get(connection, now, Namespace.LOCAL, LAST_SWEEP), kv.next_expiry(connection), 0 if row is None else row[0]

        entry, following, total = await self._reading.read(query)
        last = {} if entry is None else msgspec.json.decode(entry.value or b"{}")
        return SweepView(last_ms=last.get("at_ms"), removed=last.get("removed", 0), total=total, next_ms=following)

    async def put(self, key: str, value: bytes, *, space: str = "KV_STATE", ttl_s: int | None = None, metadata: str | None = None) -> CommandResult:
        """Write a key."""
        return await self._execute(PutKey(namespace=space, key=key, value=value, ttl_s=ttl_s, metadata=metadata))

    async def delete(self, keys: Sequence[str], space: str = "KV_STATE") -> CommandResult:
        """Delete keys."""
        return await self._execute(DeleteKeys(namespace=space, keys=tuple(keys)))

    async def expire(self, key: str, ttl_s: int | None, space: str = "KV_STATE") -> CommandResult:
        """Change when a key expires."""
        return await self._execute(ExpireKey(namespace=space, key=key, ttl_s=ttl_s))

    async def expire_all(self, prefix: str, ttl_s: int | None, space: str = "KV_STATE") -> CommandResult:
        """Change when all keys with a prefix expire."""
        return await self._execute(ExpireKeys(namespace=space, prefix=prefix, ttl_s=ttl_s))

    async def release(self, names: Sequence[str], *, force: bool = False) -> CommandResult:
        """Release locks; a live one only by force."""
        return await self._execute(ReleaseLocks(names=tuple(names), force=force))

    async def sweep(self) -> CommandResult:
        """Sweep what has expired."""
        return await self._execute(SweepNow())

    async def _execute(self, command: Any) -> CommandResult:
        result: CommandResult = await self._executing.execute(command)
        return result


def _key(space: str, entry: kv.Entry) -> KeyView:
    return KeyView(namespace=space, key=entry.key, size=entry.size, version=entry.ver, expires_ms=entry.exp, metadata=entry.meta)
