"""Answers in JSON, and the bodies of requests, which are never read beyond their limit."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine.contract import codec
from engine.contract.calls import Refused
from engine.errors import BodyTooLarge, MediaRefused

#: Status where something here is in the way for a while.
UNAVAILABLE = 503


def json(value: Any, status: int = 200) -> Response:
    """`value` as the wire writes it."""
    return Response(codec.encode(value), status_code=status, media_type="application/json")


def refused(message: str, status: int, **local: Any) -> Response:
    """A refusal of the wire; `local` are this appliance's additions to it."""
    return json(Refused(message=message, **local), status)


async def body(request: Request, most: int) -> bytes:
    """The body. Raises `MediaRefused` for a compressed one, `BodyTooLarge` as soon as it is larger than `most` bytes, `ClientDisconnect`."""
    plain(request)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise BodyTooLarge(f"The body is larger than {most} bytes.")
    return bytes(content)


def plain(request: Request) -> None:
    """Raise `MediaRefused` for a compressed body: a small one may unfold to any size."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise MediaRefused("Compressed bodies are not read.")
