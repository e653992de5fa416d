"""The owner's socket: viewers of the same user send commands to `POST /api/local/commands`; `GET /healthz` says that someone is home.

A command carries an id; the same id again gets the remembered result, so that a viewer may repeat what it does not know the end of.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import EngineError
from engine.facade.commands import CommandResult, Wire
from engine.facade.reading import Executing
from store.errors import StoreError
from store.store import Store

SOCKET = "nexus.sock"
#: Largest command, in bytes: a KV value of 25 MiB as base64, and some more.
LARGEST_BODY = 36 * 1024 * 1024

_decode = msgspec.json.Decoder(Wire).decode
_encode = msgspec.json.encode


class LocalApi:
    """Serves the Unix socket of a data directory."""

    def __init__(self, directory: Path, store: Store, executing: Executing) -> None:
        self._path = directory / SOCKET
        self._store = store
        self._executing = executing
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def path(self) -> Path:
        """Where the socket lies."""
        return self._path

    async def start(self) -> None:
        """Bind the socket (0600) and serve. The caller owns the data directory, so a socket that lies there is a dead owner's."""
        self._path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listening.bind(os.fspath(self._path))
        finally:
            os.umask(before)
        app = Starlette(routes=[Route("/api/local/commands", self._command, methods=["POST"]), Route("/healthz", self._health)])
        config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2)
        self._server = _Server(config)
        self._task = asyncio.ensure_future(self._server.serve(sockets=[listening]))

    async def stop(self) -> None:
        """Answer what is being answered, then close."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await self._task
            self._path.unlink(missing_ok=True)

    async def _health(self, request: Request) -> Response:
        return Response(b'{"status":"pass"}', media_type="application/health+json")

    async def _command(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > LARGEST_BODY:
            return _answer({"message": "The command is too large."}, 413)
        try:
            wire = _decode(body)
        except msgspec.MsgspecError as error:
            return _answer({"message": str(error)}, 400)
        known = await self._remembered(wire.command_id)
        if known is not None:
            return Response(known, media_type="application/json")
        try:
            result: CommandResult = await self._executing.execute(wire.command)
        except (EngineError, StoreError) as error:
            return _answer({"message": str(error), "code": error.code, "hint": error.hint, "exitCode": error.exit_code}, 503)
        encoded = _encode(result)
        wall = self._store.clock.wall_ms()
        await self._store.write(
            lambda tx: tx.execute("INSERT OR REPLACE INTO command(id,result,at) VALUES(?,?,?)", (wire.command_id, encoded, wall)).rowcount
        )
        return Response(encoded, media_type="application/json")

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


def _answer(value: object, status: int) -> Response:
    return Response(_encode(value), status_code=status, media_type="application/json")
