"""The HTTP API on loopback: the deployment's three calls, health, metrics, and commands for attached faces, behind the guard."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from starlette.routing import Route

from engine.api import commands, health
from engine.api.application import Application
from engine.api.assistant import AssistantCall
from engine.api.guard import Guard
from engine.api.ingest import Ingest
from engine.api.local import LocalApi
from engine.api.metrics import Metrics
from engine.api.readiness import Readiness
from engine.api.refusing import Refusing
from engine.api.reports import Reports
from engine.api.server import Server
from engine.api.token import Token
from engine.api.uploads import Uploads
from engine.errors import PortTaken
from engine.facade.engine import Engine
from engine.outside import Outside
from engine.telemetry.timings import Timings
from store.store import Store

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where to listen; port 0 is any free one. `web_origin` is the page of the deployment's web UI that may call."""

    port: int = 8787
    web_origin: str | None = None


class HttpApi:
    """Serves TCP for the owner of a data directory, from `start` to `stop`."""

    def __init__(self, directory: Path, store: Store, engine: Engine, local: LocalApi, outside: Outside, listening: Listening, timings: Timings, refusing: Refusing) -> None:
        self._listening = listening
        self._refusing = refusing
        self._token = Token.of(directory)
        uploads = Uploads(directory, store.blobs)
        uploads.clear()
        self._readiness = Readiness(directory, store, engine)
        self._app = Application(
            routes=[
                Route(health.ALIVE, health.alive(local.pulse)),
                Route(health.READY, health.ready(self._readiness)),
                Route("/metrics", Metrics(directory, store, engine, local.pulse, timings).answer),
                Route("/api/ingest", Ingest(engine, uploads, outside.new_id).answer, methods=["POST"]),
                Route("/api/assistant", AssistantCall(engine).answer, methods=["POST"]),
                Route("/api/reports/{doc}", Reports(engine).answer),
                Route(commands.PATH, local.commands.answer, methods=["POST"]),
            ],
            refusing=refusing,
        )
        self._server: Server | None = None
        self._guard: Guard | None = None
        self.address = ""

    def start(self) -> None:
        """Bind and serve; `address` is known then. Raises `PortTaken`."""
        # asyncio turns Nagle's algorithm off only where the protocol is named; with it an answer takes 40 ms more.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((HOST, self._listening.port))
            listening.listen()
        except OSError as error:
            listening.close()
            raise PortTaken(f"Port {self._listening.port} of {HOST} cannot be listened to: {error.strerror}.") from error
        port = listening.getsockname()[1]
        self.address = f"http://{HOST}:{port}"
        self._guard = Guard(self._app, self._refusing, token=self._token, port=port, web_origin=self._listening.web_origin)
        self._server = Server(self._guard, self._refusing)
        self._server.start([listening])
        self._readiness.start()

    async def stop(self) -> None:
        """Answer what is being answered, then close."""
        if self._server is not None and self._guard is not None:
            self._guard.stop()
            await self._server.stop()
            await self._readiness.stop()
