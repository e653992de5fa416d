"""Queues and dead letters: how deep, how old, what failed, and the commands on them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.facade.commands import ChangeQueue, CommandResult, DropDead, FileIssue, PurgeQueue, Requeue, RestoreDead
from engine.facade.reading import Executing, Reading
from engine.facade.views import DeadLetter
from store import bin, queues
from store.driver import Connection
from store.queues import State

LETTER = (
    "SELECT msg.id, queue.name, msg.doc, document.name, msg.trace, msg.error_class, msg.error, msg.attempts, msg.deliveries, msg.run, "
    "msg.created, msg.fingerprint, msg.history FROM msg JOIN queue ON queue.id={queue} LEFT JOIN document ON document.doc=msg.doc "
)
DEAD = LETTER.format(queue="msg.queue") + "WHERE queue.name LIKE 'dlq.%'"
#: What lies in the bin, under the queue it was in.
BINNED = LETTER.format(queue="msg.binned") + f"WHERE msg.queue=(SELECT id FROM queue WHERE name='{bin.NAME}')"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """A queue with its depth and what can be set; `oldest_age` is of the oldest ready message, in milliseconds."""

    name: str
    ready: int
    leased: int
    delayed: int
    dead: int
    oldest_age: int | None
    paused: bool
    concurrency: int
    batch: int
    lease_ms: int
    backoff_ms: int
    backoff_max_ms: int
    retention_ms: int


class Queues:
    """Queries and commands on queues."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def everyone(self) -> tuple[QueueView, ...]:
        """All queues in the order of the pipeline; depths come from the counters, not from counting."""
        now = self._reading.steady_ms()

        def query(connection: Connection) -> tuple[QueueView, ...]:
            counters: dict[str, int] = dict(connection.execute("SELECT name, n FROM counter WHERE name LIKE 'queue:%'").fetchall())
            return tuple(_view(connection, queue, counters, now) for queue in queues.everyone(connection) if queue.dlq is not None)

        return await self._reading.read(query)

    async def dead(self, queue: str | None = None, limit: int = 1_000) -> tuple[DeadLetter, ...]:
        """Dead letters, newest first."""
        wanted, parameters = ("", ()) if queue is None else (" AND queue.name=?", (f"{queues.DEAD_LETTERS}{queue}",))
        return await self._letters(DEAD + wanted, (*parameters, limit))

    async def binned(self, queue: str | None = None, limit: int = 1_000) -> tuple[DeadLetter, ...]:
        """What was dropped, purged or cancelled in the last 30 days, newest first, under the queue it was in."""
        wanted, parameters = ("", ()) if queue is None else (" AND queue.name IN (?,?)", (queue, f"{queues.DEAD_LETTERS}{queue}"))
        return await self._letters(BINNED + wanted, (*parameters, limit))

    async def letter(self, message: int) -> DeadLetter | None:
        """A dead letter."""
        offset = self._reading.wall_ms() - self._reading.steady_ms()
        return await self._reading.read(lambda connection: letter_of(connection, message, offset))

    async def _letters(self, statement: str, parameters: tuple[Any, ...]) -> tuple[DeadLetter, ...]:
        offset = self._reading.wall_ms() - self._reading.steady_ms()

        def query(connection: Connection) -> tuple[DeadLetter, ...]:
            rows = connection.execute(f"{statement} ORDER BY msg.id DESC LIMIT ?", parameters).fetchall()
            return tuple(_dead(row, offset) for row in rows)

        return await self._reading.read(query)

    async def body(self, message: int) -> bytes | None:
        """The body of a message: its envelope as JSON."""

        def query(connection: Connection) -> tuple[bytes | None, bytes | None] | None:
            row: tuple[bytes | None, bytes | None] | None = connection.execute("SELECT body, sha FROM msg WHERE id=?", (message,)).fetchone()
            return row

        row = await self._reading.read(query)
        if row is None:
            return None
        body, sha = row
        return body if sha is None else self._reading.blob(sha)

    async def change(self, queue: str, settings: Mapping[str, int]) -> CommandResult:
        """Change settings while the queue runs."""
        return await self._execute(ChangeQueue(queue=queue, settings=dict(settings)))

    async def pause(self, queue: str) -> CommandResult:
        """Claim nothing more from the queue; what is at work goes on."""
        return await self.change(queue, {"paused": 1})

    async def resume(self, queue: str) -> CommandResult:
        """Claim again."""
        return await self.change(queue, {"paused": 0})

    async def purge(self, queue: str) -> CommandResult:
        """Move everything that waits to the bin."""
        return await self._execute(PurgeQueue(queue=queue))

    async def requeue(self, messages: Sequence[int], *, from_start: bool = False) -> CommandResult:
        """Send dead letters back to the stage that failed, or to the first one."""
        return await self._execute(Requeue(messages=tuple(messages), from_start=from_start))

    async def file_issue(self, message: int) -> CommandResult:
        """File a dead letter as an issue of `github.repository`: `{url, number, already}`. A fault that is filed already answers with its issue."""
        return await self._execute(FileIssue(message=message))

    async def drop(self, messages: Sequence[int]) -> CommandResult:
        """Move dead letters to the bin, where they stay 30 days."""
        return await self._execute(DropDead(messages=tuple(messages)))

    async def restore(self, messages: Sequence[int]) -> CommandResult:
        """Take dead letters back from the bin."""
        return await self._execute(RestoreDead(messages=tuple(messages)))

    async def _execute(self, command: Any) -> CommandResult:
        result: CommandResult = await self._executing.execute(command)
        return result


def letter_of(connection: Connection, message: int, offset: int) -> DeadLetter | None:
    """A dead letter; `offset` is from the steady clock to the wall's, in milliseconds."""
    row = connection.execute(f"{DEAD} AND msg.id=?", (message,)).fetchone()
    return None if row is None else _dead(row, offset)


def _view(connection: Connection, queue: queues.Queue, counters: Mapping[str, int], now: int) -> QueueView:
    ready = counters.get(queues.counter(queue.id, State.READY), 0)
    oldest = None
    if ready:
        row = connection.execute("SELECT created FROM msg WHERE queue=? AND state=0 ORDER BY prio, id LIMIT 1", (queue.id,)).fetchone()
        oldest = None if row is None else max(0, now - row[0])
    return QueueView(
        name=queue.name,
        ready=ready,
        leased=counters.get(queues.counter(queue.id, State.LEASED), 0),
        delayed=counters.get(queues.counter(queue.id, State.DELAYED), 0),
        dead=counters.get(queues.counter(queue.dlq or 0, State.READY), 0),
        oldest_age=oldest,
        paused=bool(queue.paused),
        concurrency=queue.concurrency,
        batch=queue.batch,
        lease_ms=queue.lease_ms,
        backoff_ms=queue.backoff_ms,
        backoff_max_ms=queue.backoff_max_ms,
        retention_ms=queue.retention_ms,
    )


def _dead(row: Any, offset: int) -> DeadLetter:
    return DeadLetter(
        id=row[0], queue=row[1].removeprefix(queues.DEAD_LETTERS), document=row[2], name=row[3], trace=row[4],
        error_class=row[5] or "", error=row[6] or "", attempts=row[7], deliveries=row[8], run=row[9], created_ms=row[10] + offset,
        fingerprint=row[11], history=tuple(json.loads(row[12] or "[]")),
    )  # fmt: skip
