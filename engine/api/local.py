"""The owner's socket: viewers of the same user send commands to `POST /api/local/commands`; `GET /healthz` says that someone is home.

A command carries an id; the same id again gets the remembered result, so that a viewer may repeat what it does not know the end of.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from engine.api.address import SOCKET, address
from engine.contract import codec
from engine.errors import EngineError
from engine.facade.commands import Wire
from engine.facade.reading import Executing
from engine.runtime.pulse import Pulse
from store.errors import StoreError
from store.store import Store
from store.sweep import COMMAND_MS
from store.transaction import Transaction

#: Largest command, in bytes: a KV value of 25 MiB as base64, and some more.
LARGEST_BODY = 36 * 1024 * 1024

_decode = codec.decoder(Wire)
_encode = msgspec.json.encode

# Without a handler Python writes warnings of the server to stderr, which is the terminal UI's screen.
logging.getLogger("uvicorn").addHandler(logging.NullHandler())


class LocalApi:
    """Serves the Unix socket of a data directory."""

    def __init__(self, directory: Path, store: Store, executing: Executing) -> None:
        self._directory = directory
        self._store = store
        self._executing = executing
        self._pulse = Pulse(store.clock.monotonic)
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None
        #: Commands at work: the same id again waits for the first one's result.
        self._under_way: dict[str, asyncio.Task[bytes]] = {}

    @property
    def path(self) -> Path:
        """Where the socket lies."""
        return self._directory / SOCKET

    async def start(self) -> None:
        """Bind the socket (0600) and serve. The caller owns the data directory, so a socket that lies there is a dead owner's."""
        self.path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with address(self._directory) as named:
                listening.bind(named)
            # At once: who reads owner.json before the server is up waits in line instead of being refused.
            listening.listen()
        except BaseException:
            listening.close()
            raise
        finally:
            os.umask(before)
        app = Starlette(routes=[Route("/api/local/commands", self._command, methods=["POST"]), Route("/healthz", self._health)])
        config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2)
        self._server = _Server(config)
        self._task = asyncio.ensure_future(self._server.serve(sockets=[listening]))
        self._pulse.start()

    async def stop(self) -> None:
        """Answer what is being answered, then close."""
        self._pulse.stop()
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
            self.path.unlink(missing_ok=True)
            await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    async def _health(self, request: Request) -> Response:
        lag = self._pulse.lag
        observed = {"observedValue": lag.p95, "observedUnit": "ms", "p50": lag.p50, "worst": lag.worst, "ticks": lag.ticks}
        value = {"status": "pass", "checks": {"loop:lag": [{"componentType": "system", **observed}]}}
        return Response(_encode(value), media_type="application/health+json")

    async def _command(self, request: Request) -> Response:
        try:
            body = await _body(request)
        except ClientDisconnect:
            return _answer({"message": "The command broke off."}, 400)
        if body is None:
            return _answer({"message": f"The command is larger than {LARGEST_BODY} bytes."}, 413)
        try:
            wire = _decode(body)
        except codec.Unreadable as error:
            return _answer({"message": str(error)}, 400)
        try:
            return Response(await self._once(wire), media_type="application/json")
        except (EngineError, StoreError) as error:
            told = {"message": str(error), "code": error.code, "title": error.title, "hint": error.hint, "exitCode": error.exit_code}
            return _answer(told, 503)
        except Exception as error:
            # A fault of ours must still reach the viewer as an answer; here it goes on to the loop's handler.
            asyncio.get_running_loop().call_exception_handler({"message": "A command failed.", "exception": error})
            return _answer({"message": f"{type(error).__name__}: {error}"}, 500)

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
        result = _encode(await self._executing.execute(wire.command))
        await self._store.write(partial(_remember, wall=self._store.clock.wall_ms(), command_id=wire.command_id, result=result))
        return result

    async def _remembered(self, command_id: str) -> bytes | None:
        row = await self._store.read(
            lambda connection: connection.execute("SELECT result FROM command WHERE id=?", (command_id,)).fetchone()
        )
        return None if row is None else bytes(row[0])


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: signals are the appliance's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _remember(tx: Transaction, *, wall: int, command_id: str, result: bytes) -> None:
    tx.execute("INSERT OR REPLACE INTO command(id,result,at) VALUES(?,?,?)", (command_id, result, wall))
    tx.expires(wall + COMMAND_MS)


async def _body(request: Request) -> bytes | None:
    """The body, `None` as soon as it is larger than a command may be."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            return None
    return bytes(body)


def _answer(value: object, status: int) -> Response:
    return Response(_encode(value), status_code=status, media_type="application/json")
