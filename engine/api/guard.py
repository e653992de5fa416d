"""Who may speak to the HTTP API: Host against DNS rebinding, Origin against other sites' pages, the token for everything but liveness.

What is refused here has no effect and says little: the request never reaches a route.
"""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.api import answers, health
from engine.api.token import Token

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
#: The deployment's calls, which its web UI makes when it is pointed here; below the last one lie the reports.
WIRE = ("/api/ingest", "/api/assistant")
REPORTS = "/api/reports/"
#: Ports that a browser leaves out of an origin.
USUAL = {"http": ":80", "https": ":443"}
#: Largest body of a request, in bytes: a file of the largest size intake takes, in its multipart wrapping.
LARGEST_BODY = 208 * 1024 * 1024


class TooLarge(Exception):
    """A body went beyond its limit while it was read."""


class Guard:
    """Stands before an application that listens on `port`. `web_origin` is the one foreign page that may make the wire's calls."""

    def __init__(self, app: ASGIApp, *, token: Token, port: int, web_origin: str | None = None) -> None:
        self._app = app
        self._token = token
        self._hosts = frozenset(f"{host}:{port}" for host in LOOPBACK)
        self._origins = frozenset(f"http://{host}:{port}" for host in LOOPBACK)
        self._web_origin = None if web_origin is None else _as_sent(web_origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        path: str = scope["path"]
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        foreign = len(origins) == 1 and origins[0] == self._web_origin and (path in WIRE or path.startswith(REPORTS))
        answering = self._sharing(send) if foreign else send
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            await answers.refused("This host name is not served.", 403)(scope, receive, send)
        elif origins and not foreign and (len(origins) > 1 or origins[0].lower() not in self._origins):
            await answers.refused("Requests of this origin are refused.", 403)(scope, receive, send)
        elif foreign and scope["method"] == "OPTIONS":
            await _preflight(headers)(scope, receive, answering)
        elif path != health.ALIVE and not foreign and not self._presents(headers):
            answer = answers.refused("The token of this appliance is missing or wrong.", 401)
            answer.headers["WWW-Authenticate"] = "Bearer"
            await answer(scope, receive, send)
        elif _announced(headers) > LARGEST_BODY:
            await _too_large()(scope, receive, answering)
        else:
            await self._pass(scope, receive, answering)

    def _presents(self, headers: Headers) -> bool:
        presented = headers.getlist("authorization")
        return len(presented) == 1 and self._token.fits(presented[0])

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > LARGEST_BODY:
                raise TooLarge
            return message

        try:
            await self._app(scope, limited, send)
        except TooLarge:
            await _too_large()(scope, receive, send)

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


def _too_large() -> Response:
    return answers.refused(f"The body is larger than {LARGEST_BODY} bytes.", 413)
