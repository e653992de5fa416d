"""An application out of routes whose every error is answered in one way, once, and goes no further."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from engine.api.refusing import Refusing
from engine.errors import EngineError
from store.errors import StoreError


class Application(Starlette):
    """Routes behind `Refusing`."""

    def __init__(self, routes: Sequence[BaseRoute], refusing: Refusing) -> None:
        answering = {
            EngineError: refusing.refused,
            StoreError: refusing.refused,
            ClientDisconnect: refusing.broke_off,
            HTTPException: refusing.misled,
            Exception: refusing.broken,
        }
        super().__init__(routes=routes, exception_handlers=answering)
        # A path with a slash more is another path; sent on with 307 a body would be sent twice.
        self.router.redirect_slashes = False

    def build_middleware_stack(self) -> ASGIApp:
        """Only the answers: Starlette's outermost middleware raises a fault again after its answer, and it would stand in the log twice."""
        return ExceptionMiddleware(self.router, handlers=self.exception_handlers)
