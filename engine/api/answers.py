"""Answers in JSON, and the bodies of requests, which are never read beyond their limit."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine.contract import codec
from engine.contract.calls import Refused
from engine.errors import EngineError
from store.errors import StoreError

#: Errors whose cause is that something here is in the way for a while.
UNAVAILABLE = 503


def json(value: Any, status: int = 200) -> Response:
    """`value` as the wire writes it."""
    return Response(codec.encode(value), status_code=status, media_type="application/json")


def refused(message: str, status: int, **local: Any) -> Response:
    """A refusal of the wire; `local` are this appliance's additions to it."""
    return json(Refused(message=message, **local), status)


def failed(error: EngineError | StoreError) -> Response:
    """An error in its parts: what is wrong with the call is 400, what is in the way here 503."""
    value = {
        "message": str(error),
        "code": error.code,
        "title": error.title,
        "hint": error.hint,
        "exitCode": error.exit_code,
    }
    return json(value, 400 if error.exit_code == 2 else UNAVAILABLE)


async def body(request: Request, most: int) -> bytes | None:
    """The body, `None` as soon as it is larger than `most` bytes. Raises `ClientDisconnect`."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            return None
    return bytes(content)
