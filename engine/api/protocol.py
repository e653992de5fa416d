"""HTTP on one connection: uvicorn's, with limits of time and number, and coded answers to what is no HTTP.

A caller that sends nothing or half a request, goes on sending after it was answered, or does not read its answer, loses its connection after some
seconds; while as many are open as are served, another one is told so and closed.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from engine.api.refusing import ANSWERED, Refusing
from engine.errors import EngineError, HeadersTooLarge, NotHttp, RequestSlow, TooBusy

#: Seconds from the first byte of a request, or from a connection, to the end of its headers.
HEAD_S = 10.0
#: Connections served at once. Each may need a second handle for what it brings, and a third of them is the engine's; 1024 is the usual number.
HANDLES = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
MOST_CONNECTIONS = 300 if HANDLES == resource.RLIM_INFINITY else max(16, min(300, HANDLES // 3))
#: Seconds that a caller may leave what it asked for unread.
UNREAD_S = 30.0
#: Bytes that are read and dropped behind an answer, so that who still sends comes to read it.
MOST_PASSED_OVER = 32 * 1024 * 1024


class Protocol(H11Protocol):
    """One connection. A request's own limits are the guard's."""

    def __init__(self, refusing: Refusing, config: Config, server_state: ServerState, app_state: dict[str, Any], **more: Any) -> None:
        super().__init__(config, server_state, app_state, **more)
        self._refusing = refusing
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._passed_over = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or say that there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(TooBusy())
        else:
            self._time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Its timers go with it."""
        self._untime()
        if self._unread is not None:
            self._unread.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on. What comes after the answer to a request does not keep the connection open."""
        if self.transport.is_closing():
            return
        over = self.timeout_keep_alive_task if self._answered else None
        if over is not None:
            self.timeout_keep_alive_task = None
        super().data_received(data)
        if over is not None:
            if self._answered and self.timeout_keep_alive_task is None:
                self.timeout_keep_alive_task = over
            else:
                over.cancel()
        self._passed_over = self._passed_over + len(data) if self._answered else 0
        if self._passed_over > MOST_PASSED_OVER:
            self.transport.close()
        if self.transport.is_closing() or self.conn.their_state is not h11.IDLE:
            self._untime()
        elif self._head is None:
            self._time()

    def pause_writing(self) -> None:
        """What is to be sent waits for the caller to read."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _wait_for_reader(self, left: int | None = None) -> None:
        """Look again in a while; `left` is how many bytes were to be sent at the last look."""
        waiting = self.transport.get_write_buffer_size()
        if left is not None and waiting >= left:
            self.transport.abort()
        else:
            self._unread = self.loop.call_later(UNREAD_S, self._wait_for_reader, waiting)

    @property
    def _answered(self) -> bool:
        """Whether a request has its answer before its body has its end."""
        return self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY

    def eof_received(self) -> bool:  # type: ignore[override]
        """A caller may close its side once it has asked: its answer is owed all the same. Half a request has no answer."""
        owed = self.cycle is not None and not self.cycle.response_complete and not self.cycle.more_body
        if owed:
            self.cycle.keep_alive = False
        return owed

    def send_400_response(self, msg: str) -> None:
        """What h11 does not take for a request; it says where the fault is, and nothing of it is repeated."""
        error = sys.exception()
        too_large = isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == HeadersTooLarge.status
        self._refuse(HeadersTooLarge() if too_large else NotHttp())

    def _should_upgrade(self) -> bool:
        # Nothing here speaks another protocol; a request that offers one is answered in this one.
        return False

    def _time(self) -> None:
        self._head = self.loop.call_later(HEAD_S, self._late)

    def _untime(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _late(self) -> None:
        self._head = None
        if self.transport.is_closing() or self.conn.their_state is not h11.IDLE:
            return
        waiting, _ = self.conn.trailing_data
        if waiting:
            self._refuse(RequestSlow())
        else:
            self.transport.close()

    def _refuse(self, error: EngineError) -> None:
        """Answer outside of any request, and close; where an answer is under way already, only close."""
        answer = self._refusing.answer(error)
        if self.cycle is not None:
            self.cycle.scope["state"][ANSWERED] = True
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            headers = [(name, value) for name, value in answer.raw_headers if name != b"connection"]
            for event in (
                h11.Response(status_code=answer.status_code, reason=HTTPStatus(answer.status_code).phrase.encode(), headers=[*headers, (b"connection", b"close")]),
                h11.Data(data=bytes(answer.body)),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
