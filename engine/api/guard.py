"""Who may speak to the HTTP API: Host against DNS rebinding, Origin against other sites' pages, the token for everything but liveness.

What is refused here has no effect: the request never reaches a route. What passes is read within limits of size and time.
"""

from __future__ import annotations

import asyncio
import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.api import health
from engine.api.refusing import Refusing
from engine.api.token import Token
from engine.errors import (
    BodyTooLarge,
    HeadersTooLarge,
    HostRefused,
    NoSuchPath,
    NotHttp,
    OriginRefused,
    RequestRefused,
    RequestSlow,
    Stopping,
    TargetTooLong,
    TokenMissing,
)

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: The deployment's calls, which its web UI makes when it is pointed here; below the last one lie the reports.
WIRE = ("/api/ingest", "/api/assistant")
REPORTS = "/api/reports/"
#: Ports that a browser leaves out of an origin.
USUAL = {"http": ":80", "https": ":443"}
USUAL_PORT = 80
#: Largest body of a request, in bytes: a file of the largest size intake takes, in its multipart wrapping.
LARGEST_BODY = 208 * 1024 * 1024
#: Bytes of a request's address, bytes of all its headers, and their number.
LONGEST_TARGET, LARGEST_HEADERS, MOST_HEADERS = 8 * 1024, 32 * 1024, 100
#: Seconds that a body may pause. It may take `PATIENCE_S` and a second for each `SLOWEST` bytes, so that a trickle ends too.
PAUSE_S, PATIENCE_S, SLOWEST = 20.0, 60.0, 16 * 1024
#: Written in two ways these would be one path to us and another one to whoever stands in front.
AMBIGUOUS = re.compile(rb"%(?:2f|5c|00|2e)|//|\\", re.IGNORECASE)


class Guard:
    """Stands before an application that listens on `port`. `web_origin` is the one foreign page that may make the wire's calls."""

    def __init__(self, app: ASGIApp, refusing: Refusing, *, token: Token, port: int, web_origin: str | None = None) -> None:
        self._app = app
        self._refusing = refusing
        self._token = token
        self._hosts = frozenset(f"{host}:{port}" for host in LOOPBACK) | (frozenset(LOOPBACK) if port == USUAL_PORT else frozenset())
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._web_origin = None if web_origin is None else _as_sent(web_origin)
        self._stopping = False
        #: Pieces of bodies that are waited for.
        self._coming: set[asyncio.Future[Message]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        answering = send
        try:
            _readable(scope, headers)
            foreign = self._admit(scope, headers)
            if foreign:
                answering = self._sharing(send)
                if scope["method"] == "OPTIONS":
                    await _preflight(headers)(scope, receive, answering)
                    return
            if AMBIGUOUS.search(scope["raw_path"]):
                raise NoSuchPath
            if _announced(headers) > LARGEST_BODY:
                raise _too_large()
        except RequestRefused as refused:
            await self._refusing.answer(refused, headers.get("accept-language", ""))(scope, receive, answering)
        else:
            await self._app(scope, self._limited(receive), answering)

    def stop(self) -> None:
        """Bodies that still come are refused from here on: who sends slowly does not keep the engine from stopping."""
        self._stopping = True
        for coming in self._coming:
            coming.cancel()

    def _limited(self, receive: Receive) -> Receive:
        """The request's body within its limits of size and time. Raises `BodyTooLarge`, `RequestSlow`, `Stopping`."""
        clock = asyncio.get_running_loop().time
        began, read, whole = clock(), 0, False

        async def limited() -> Message:
            nonlocal read, whole
            if whole:
                # What is waited for now is that the caller hangs up.
                return await receive()
            if self._stopping:
                raise Stopping
            coming = asyncio.ensure_future(receive())
            self._coming.add(coming)
            left = min(PAUSE_S, began + PATIENCE_S + read / SLOWEST - clock())
            try:
                await asyncio.wait({coming}, timeout=max(left, 0))
            finally:
                self._coming.discard(coming)
                slow = coming.cancel()
            if slow:
                raise RequestSlow
            if coming.cancelled():
                raise Stopping
            message = coming.result()
            whole = not message.get("more_body", False)
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise _too_large()
            return message

        return limited

    def _admit(self, scope: Scope, headers: Headers) -> bool:
        """Whether it is the configured page that calls; raise if neither it does nor the holder of the token."""
        path: str = scope["path"]
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        foreign = len(origins) == 1 and origins[0] == self._web_origin and (path in WIRE or path.startswith(REPORTS))
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            raise HostRefused
        if origins and not foreign and (len(origins) > 1 or origins[0].lower() not in self._origins):
            raise OriginRefused
        if path != health.ALIVE and not foreign and not self._presents(headers):
            raise TokenMissing
        return foreign

    def _presents(self, headers: Headers) -> bool:
        presented = headers.getlist("authorization")
        return len(presented) == 1 and self._token.fits(presented[0])

    def _sharing(self, send: Send) -> Send:
        """Answers that the configured page may read."""
        shared = {
            "access-control-allow-origin": self._web_origin or "",
            "access-control-allow-headers": "content-type",
            "access-control-allow-methods": "GET, POST, OPTIONS",
            "vary": "origin",
        }

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode("latin-1")) for name, value in shared.items()]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        return sending


def _announced(headers: Headers) -> int:
    length = headers.get("content-length", "0")
    # The server has refused what is no number.
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else LARGEST_BODY + 1


def _as_sent(origin: str) -> str:
    """An origin as browsers write it: lower case, without its scheme's usual port."""
    lower = origin.lower()
    return lower.removesuffix(USUAL.get(lower.partition("://")[0], ""))


def _preflight(headers: Headers) -> Response:
    """That the call may be made; a public page that calls a private address asks for one word more."""
    answer = Response(status_code=204)
    if headers.get("access-control-request-private-network") == "true":
        answer.headers["Access-Control-Allow-Private-Network"] = "true"
    return answer


def _readable(scope: Scope, headers: Headers) -> None:
    """Raise for a request that is beyond all size, or that a proxy could read in another way than we do; `http://host/path` is the path."""
    if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
        raise TargetTooLong
    if len(headers.raw) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers.raw) > LARGEST_HEADERS:
        raise HeadersTooLarge
    if scope["http_version"] not in ("1.0", "1.1") or len(headers.getlist("content-type")) > 1:
        raise NotHttp
    if "transfer-encoding" in headers and ("content-length" in headers or scope["http_version"] == "1.0"):
        raise NotHttp
    if not scope["path"].startswith(("/", "*")):
        _, _, rest = scope["path"].partition("://")
        host, slash, path = rest.partition("/")
        if not slash:
            raise NotHttp
        if host.lower() != headers.get("host", "").lower():
            raise HostRefused
        scope["path"] = slash + path
        scope["raw_path"] = b"/" + scope["raw_path"].partition(b"://")[2].partition(b"/")[2]


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body is larger than {LARGEST_BODY} bytes.")
