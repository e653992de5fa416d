"""The owner's socket: viewers of the same user send commands to it; `GET /healthz` says that someone is home."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from starlette.routing import Route

from engine.api import commands, health
from engine.api.address import SOCKET, address
from engine.api.application import Application
from engine.api.commands import Commands
from engine.api.refusing import Refusing
from engine.api.server import Server
from engine.facade.reading import Executing
from engine.runtime.pulse import Pulse
from store.store import Store


class LocalApi:
    """Serves the Unix socket of a data directory."""

    def __init__(self, directory: Path, store: Store, executing: Executing, refusing: Refusing) -> None:
        self._directory = directory
        self._server: Server | None = None
        self._refusing = refusing
        self.commands = Commands(store, executing)
        self.pulse = Pulse(store.clock.monotonic)

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
        routes = [
            Route(commands.PATH, self.commands.answer, methods=["POST"]),
            Route(health.ALIVE, health.alive(self.pulse)),
        ]
        self._server = Server(Application(routes, self._refusing), self._refusing)
        self._server.start([listening])
        self.pulse.start()

    async def stop(self) -> None:
        """Answer what is being answered, then close."""
        self.pulse.stop()
        if self._server is not None:
            await self._server.stop()
            self.path.unlink(missing_ok=True)
            await self.commands.stop()
