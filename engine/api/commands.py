"""`POST /api/local/commands`: what an attached face asks the owner to do.

A command carries an id; the same id again gets the remembered result, so that a viewer may repeat what it does not know the end of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from engine.api import answers
from engine.contract import codec
from engine.errors import RequestRefused
from engine.facade.commands import Wire
from engine.facade.issues import Issue
from engine.facade.reading import Executing
from store.store import Store
from store.sweep import COMMAND_MS
from store.transaction import Transaction

PATH = "/api/local/commands"
#: Largest command, in bytes: a KV value of 25 MiB as base64, and some more.
LARGEST_BODY = 36 * 1024 * 1024
#: Characters of a command's id; the largest number there is; fields that are paths.
LONGEST_ID, LARGEST, PATHS = 200, 2**63 - 1, frozenset({"path", "directory", "move_to"})

_decode = codec.decoder(Wire)
_encode = msgspec.json.encode


class Commands:
    """Carries each command out once."""

    def __init__(self, store: Store, executing: Executing) -> None:
        self._store = store
        self._executing = executing
        #: Commands at work: the same id again waits for the first one's result.
        self._under_way: dict[str, asyncio.Task[bytes]] = {}

    async def answer(self, request: Request) -> Response:
        """The result of the command in the body. Raises `RequestRefused`."""
        body = await answers.body(request, LARGEST_BODY)
        try:
            wire = _decode(body)
        except codec.Unreadable as error:
            raise RequestRefused(str(error)) from error
        _raise(list(_beyond(wire)))
        return Response(await self._once(wire), media_type="application/json")

    async def stop(self) -> None:
        """Wait for the commands at work."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _once(self, wire: Wire) -> bytes:
        """The result of a command, carried out the first time its id is seen. A viewer that hangs up does not stop it."""
        task = self._under_way.get(wire.command_id)
        if task is None:
            task = self._under_way[wire.command_id] = asyncio.ensure_future(self._carry_out(wire))
            task.add_done_callback(partial(self._done, wire.command_id))
        return await asyncio.shield(task)

    def _done(self, command_id: str, task: asyncio.Task[bytes]) -> None:
        del self._under_way[command_id]
        if not task.cancelled():
            # Whoever waited was told; if nobody did, the error is theirs no more.
            task.exception()

    async def _carry_out(self, wire: Wire) -> bytes:
        known = await self._remembered(wire.command_id)
        if known is not None:
            return known
        result = _encode(await self._executing.execute(wire.command, wire.who))
        wall = self._store.clock.wall_ms()
        await self._store.write(partial(_remember, wall=wall, command_id=wire.command_id, result=result))
        return result

    async def _remembered(self, command_id: str) -> bytes | None:
        row = await self._store.read(
            lambda connection: connection.execute("SELECT result FROM command WHERE id=?", (command_id,)).fetchone()
        )
        return None if row is None else bytes(row[0])


def _beyond(wire: Wire) -> Iterator[Issue]:
    """What has the right shape and is more than the database, or a path of the system, can hold."""
    if not 0 < len(wire.command_id) <= LONGEST_ID:
        yield Issue("command_id", f"at most {LONGEST_ID} characters", str(len(wire.command_id)))
    for name, value in msgspec.structs.asdict(wire.command).items():
        many = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
        if any(isinstance(one, int) and abs(one) > LARGEST for one in many):
            yield Issue(f"command.{name}", "a whole number of 64 bits", "more")
        if name in PATHS and value is not None and b"\0" in value:
            yield Issue(f"command.{name}", "a path without a zero byte", "one")


def _raise(found: list[Issue]) -> None:
    if found:
        raise RequestRefused(issues=tuple(map(str, found)))


def _remember(tx: Transaction, *, wall: int, command_id: str, result: bytes) -> None:
    tx.execute("INSERT OR REPLACE INTO command(id,result,at) VALUES(?,?,?)", (command_id, result, wall))
    tx.expires(wall + COMMAND_MS)
