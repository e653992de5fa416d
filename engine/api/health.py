"""`GET /healthz`: this process lives and its loop turns. `GET /readyz`: it can do its work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from engine.api.readiness import Readiness
from engine.runtime.pulse import Pulse

ALIVE = "/healthz"
READY = "/readyz"
MEDIA = "application/health+json"

Answering = Callable[[Request], Awaitable[Response]]


def alive(pulse: Pulse) -> Answering:
    """Liveness: the loop's lag since the start."""

    async def answer(request: Request) -> Response:
        lag = pulse.lag
        observed = {"observedValue": lag.p95, "observedUnit": "ms", "p50": lag.p50, "worst": lag.worst, "ticks": lag.ticks}
        return _told("pass", {"loop:lag": [{"componentType": "system", **observed}]})

    return answer


def ready(readiness: Readiness) -> Answering:
    """Readiness: 503 only where this machine is in the way."""

    async def answer(request: Request) -> Response:
        checks = await readiness.checks()
        states = {check.status for check in checks}
        status = next(state for state in ("fail", "warn", "pass") if state in states)
        return _told(status, {check.name: [check.told()] for check in checks}, 503 if status == "fail" else 200)

    return answer


def _told(status: str, checks: dict[str, Any], code: int = 200) -> Response:
    return Response(msgspec.json.encode({"status": status, "checks": checks}), status_code=code, media_type=MEDIA)
