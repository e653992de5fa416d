"""Carrying out what a person decides about the running appliance. Each decision is kept in the transaction that carries it out, with how to take it back.

`undo` takes the last of them back for 10 seconds. What sends work on its way (requeue, reprocess) or destroys (erase, a key's deletion) cannot be undone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from engine.errors import BadInput, NotWatched
from engine.facade import commands, manual, refusals, reversals
from engine.facade.commands import CommandResult
from engine.facade.refusals import counted
from engine.facade.reversals import BackfillsPaused, Lifetimes, Messages, QueueSettings, Reversal, WatchPaused
from engine.facade.state import namespace
from engine.intake.paths import shown
from engine.outside import Clock
from engine.watching.rules import named
from store import kv, queues
from store.records import decisions, watches
from store.store import Store
from store.transaction import Transaction

#: How long a decision can be undone, in milliseconds.
UNDO_MS = 10_000
#: Keys changed in one turn of the writer.
BATCH = 200
#: Longest time to live a caller may ask for: a century, in seconds.
LONGEST_TTL_S = 100 * 365 * 24 * 3600
#: Largest setting of a queue that the store sets no limit to; longer times than 24 days say nothing more.
LARGEST_SETTING = 2**31 - 1
#: Messages named in the subject of a decision.
NAMED = 5

Deciding = Callable[[Any, str], Awaitable[CommandResult]]


def handlers(store: Store, clock: Clock) -> dict[type[Any], Deciding]:
    """A handler by the command's type; it is told who decides."""
    deciding = _Deciding(store, clock)
    return {
        commands.ChangeQueue: deciding.change_queue,
        commands.PurgeQueue: deciding.purge,
        commands.DropDead: deciding.drop,
        commands.ExpireKey: deciding.expire_key,
        commands.ExpireKeys: deciding.expire_keys,
        commands.ReleaseLocks: deciding.release,
        commands.PauseWatch: deciding.pause_watch,
        commands.PauseBackfills: deciding.pause_backfills,
        commands.Undo: deciding.undo,
    }


class _Deciding:
    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def change_queue(self, command: commands.ChangeQueue, who: str) -> CommandResult:
        for setting, value in command.settings.items():
            if value > LARGEST_SETTING and queues.SETTABLE.get(setting, (0, 0))[1] is None:
                raise BadInput(f"{setting} may be {LARGEST_SETTING} at most.")
        wall = self._clock.wall_ms()
        verb = {("paused", 1): "pause", ("paused", 0): "resume"}.get(next(iter(command.settings.items()), ("", 0)), "set")

        def operation(tx: Transaction) -> bool:
            before = queues.by_name(tx, command.queue)
            queues.change(tx, command.queue, **command.settings)
            was = {name: getattr(before, name) for name in command.settings}
            if changed := was != command.settings:
                _keep(tx, wall, who, verb, command.queue, QueueSettings(queue=command.queue, before=was, after=command.settings))
            return changed

        changed = await self._store.write(operation)
        return CommandResult(done=1, undo="undo" if changed else None)

    async def purge(self, command: commands.PurgeQueue, who: str) -> CommandResult:
        now, wall = self._clock.steady_ms(), self._clock.wall_ms()

        def operation(tx: Transaction) -> list[int]:
            purged = manual.purge(tx, now, wall, command.queue)
            if purged:
                _keep(tx, wall, who, "purge", command.queue, Messages(ids=tuple(purged)))
            return purged

        purged = await self._store.write(operation)
        return CommandResult(done=len(purged), undo="undo" if purged else None, data={"messages": purged})

    async def drop(self, command: commands.DropDead, who: str) -> CommandResult:
        now, wall = self._clock.steady_ms(), self._clock.wall_ms()

        def operation(tx: Transaction) -> manual.Outcome:
            outcome = manual.drop(tx, now, command.messages)
            dropped = tuple(int(message) for message, declined in outcome if declined is None)
            if dropped:
                subject = ", ".join(map(str, dropped[:NAMED])) + (" …" if len(dropped) > NAMED else "")
                _keep(tx, wall, who, "drop", subject, Messages(ids=dropped))
            return outcome

        return counted(await self._store.write(operation), undo="undo")

    async def expire_key(self, command: commands.ExpireKey, who: str) -> CommandResult:
        wall = self._clock.wall_ms()
        expires, space = expiry(wall, command.ttl_s), namespace(command.namespace)

        def operation(tx: Transaction) -> bool:
            entry = kv.get(tx, wall, space, command.key)
            if entry is None:
                return False
            kv.expire_at(tx, wall, space, command.key, expires)
            _keep(tx, wall, who, "ttl", f"{command.namespace} {command.key}", Lifetimes(namespace=space, before=((command.key, entry.exp),), after=expires))
            return True

        found = await self._store.write(operation)
        return CommandResult(done=1, undo="undo") if found else CommandResult(refused=(refusals.NO_SUCH_KEY.of(command.key),))

    async def expire_keys(self, command: commands.ExpireKeys, who: str) -> CommandResult:
        wall = self._clock.wall_ms()
        expires, space = expiry(wall, command.ttl_s), namespace(command.namespace)
        changed, after, first = 0, "", None

        def operation(tx: Transaction, after: str, first: int | None) -> tuple[list[tuple[str, int | None]], int | None]:
            found = kv.expire_below(tx, wall, space, command.prefix, expires, after, BATCH)
            if found:
                lifetimes = Lifetimes(namespace=space, before=tuple(found), after=expires)
                first = _keep(tx, wall, who, "ttl", f"{command.namespace} {command.prefix}*", lifetimes, first)
            return found, first

        while True:
            found, first = await self._store.write(lambda tx, after=after, first=first: operation(tx, after, first))  # type: ignore[misc]
            if not found:
                return CommandResult(done=changed, undo="undo" if changed else None)
            changed, after = changed + len(found), found[-1][0]

    async def release(self, command: commands.ReleaseLocks, who: str) -> CommandResult:
        wall = self._clock.wall_ms()

        def operation(tx: Transaction) -> manual.Outcome:
            outcome = [(name, manual.release(tx, wall, name, force=command.force)) for name in command.names]
            for name, declined in outcome:
                if declined is None:
                    _keep(tx, wall, who, "release", name, None)
            return outcome

        return counted(await self._store.write(operation))

    async def pause_watch(self, command: commands.PauseWatch, who: str) -> CommandResult:
        wall = self._clock.wall_ms()

        def operation(tx: Transaction) -> bool:
            row = named(tx, command.directory)
            if row is None:
                raise NotWatched(f"{shown(command.directory)} is not watched.")
            if changed := bool(row.paused) != command.paused:
                watches.pause(tx, row.directory, paused=command.paused)
                verb = "pause" if command.paused else "resume"
                _keep(tx, wall, who, verb, shown(row.directory), WatchPaused(directory=row.directory, before=not command.paused))
            return changed

        return CommandResult(done=1, undo="undo" if await self._store.write(operation) else None)

    async def pause_backfills(self, command: commands.PauseBackfills, who: str) -> CommandResult:
        wall = self._clock.wall_ms()

        def operation(tx: Transaction) -> tuple[int, bool]:
            changing = watches.backfills_under_way(tx, command.directory, paused=not command.paused)
            if changing:
                subject = "*" if command.directory is None else shown(command.directory)
                _keep(tx, wall, who, "pause" if command.paused else "resume", subject, BackfillsPaused(jobs=tuple(changing), before=not command.paused))
            return watches.pause_backfills(tx, command.directory, paused=command.paused), bool(changing)

        done, changed = await self._store.write(operation)
        return CommandResult(done=done, undo="undo" if changed else None)

    async def undo(self, command: commands.Undo, who: str) -> CommandResult:
        """Step by step, the last first: steps that are taken back stay so if a later one breaks off, and the rest may be undone again."""
        del command
        wall = self._clock.wall_ms()

        def operation(tx: Transaction, of: int | None) -> tuple[decisions.Decision, manual.Outcome] | refusals.Declined | None:
            step = decisions.undoable(tx, of)
            if step is None or step.reversal is None:
                return refusals.NOTHING_TO_UNDO if of is None else None
            decided = decisions.first(tx, step.command)
            # By the distance, not by the order: a clock that was set back would leave it open for as long.
            if of is None and abs(wall - decided.at) > UNDO_MS:
                return refusals.TOO_LATE
            outcome = reversals.reverse(tx, wall, step.reversal)
            if any(declined is None for _, declined in outcome):
                decisions.mark_undone(tx, step.id, wall)
                if of is None:
                    decisions.record(tx, wall, who, "undo", f"{decided.verb} {decided.subject}", None)
            else:
                # What somebody changed since is theirs: the next undo looks further back.
                decisions.mark_undone(tx, step.id, 0)
            return decided, outcome

        done: manual.Outcome = []
        decided: decisions.Decision | None = None
        while True:
            command_id = None if decided is None else decided.command
            told = await self._store.write(lambda tx, of=command_id: operation(tx, of))  # type: ignore[misc]
            if isinstance(told, refusals.Declined):
                return CommandResult(refused=(told.of("undo"),))
            if told is None:
                break
            decided = told[0]
            done += told[1]
        assert decided is not None
        result = counted(done)
        return CommandResult(done=result.done, refused=result.refused, data={"verb": decided.verb, "subject": decided.subject, "who": decided.who})


def expiry(wall: int, ttl_s: int | None) -> int | None:
    """When a key expires that lives `ttl_s` from now. Raises `BadInput`."""
    if ttl_s is None:
        return None
    if not 0 < ttl_s <= LONGEST_TTL_S:
        raise BadInput(f"A time to live is 1 to {LONGEST_TTL_S} seconds.")
    return wall + ttl_s * 1000


def _keep(tx: Transaction, wall: int, who: str, verb: str, subject: str, reversal: Reversal | None, command: int | None = None) -> int:
    return decisions.record(tx, wall, who, verb, subject, None if reversal is None else reversals.encoded(reversal), command)
