"""Serving an application on sockets that are bound already, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator, Sequence
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from engine.api.protocol import Protocol
from engine.api.refusing import Refusing

#: Seconds that answers under way may take at the end.
GRACE_S = 2

# Without a handler Python writes warnings of the server to stderr, which is the terminal UI's screen.
logging.getLogger("uvicorn").addHandler(logging.NullHandler())
# Each request that is none is a warning to uvicorn; `Protocol` answers and logs it, once a kind.
logging.getLogger("uvicorn.error").addFilter(lambda record: record.getMessage() != "Invalid HTTP request received.")


class Server:
    """One application, from `start` to `stop`."""

    def __init__(self, app: ASGIApp, refusing: Refusing) -> None:
        config = uvicorn.Config(
            app,
            # The one parser on every machine: with "auto" it would depend on what else is installed.
            http=partial(Protocol, refusing),  # type: ignore[arg-type]
            log_config=None,
            lifespan="off",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Quiet(config)
        self._task: asyncio.Task[None] | None = None

    def start(self, sockets: Sequence[socket.socket]) -> None:
        """Serve on listening sockets; who connects before the server is up waits in line."""
        self._task = asyncio.ensure_future(self._server.serve(sockets=list(sockets)))

    async def stop(self) -> None:
        """Answer what is being answered, then close."""
        if self._task is not None:
            self._server.should_exit = True
            await self._task


class _Quiet(uvicorn.Server):
    """uvicorn without its signal handlers: signals are the appliance's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
