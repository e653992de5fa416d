"""What went wrong with a request, as its caller is told it and as it stands in the log.

Every refusal has a code, a title, the sentence and the next step, in the language the caller asks for, else the configured one. In the log it
stands once, by code, without anything the caller sent but the names of fields. What is wrong with the call is a 4xx, what is in the way here 503,
a fault of ours 500 with nothing of its inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from engine.api import answers
from engine.errors import (
    BadConfiguration,
    BrokenOff,
    EngineError,
    HeadersTooLarge,
    InternalFault,
    MethodRefused,
    NoSuchPath,
    NotHttp,
    RequestRefused,
    RequestSlow,
    TokenMissing,
)
from engine.telemetry.complaints import Complaints
from engine.telemetry.journal import Level
from store.errors import StoreError

Language = Literal["pt", "en"]

#: Seconds after which who met something in the way may try again.
AGAIN_S = 10
#: After these nothing that comes on the connection can be trusted to be a request.
LAST = NotHttp | HeadersTooLarge | RequestSlow | BrokenOff
#: Set in the state of a request whose connection was refused while its body came.
ANSWERED = "answered"
#: Fields of a body that a line of the log names, and characters of each.
MOST_FIELDS, LONGEST_FIELD = 5, 60
#: Places of a fault that a line of the log names, the innermost ones.
MOST_PLACES = 8


#: `(code, title, message, hint, language)` to title, message and hint in that language; and one issue from English into Portuguese.
Worded = Callable[[str, str, str, str, Language], tuple[str, str, str]]
Issue = Callable[[str], str]


class Refusing:
    """Answers errors. `language` is the configured one; `worded` and `issue` put the engine's English into others."""

    def __init__(self, complaints: Complaints, worded: Worded, issue: Issue, language: Language) -> None:
        self._complaints = complaints
        self._worded = worded
        self._issue = issue
        self._language = language

    def answer(self, error: EngineError | StoreError, accepted: str = "") -> Response:
        """The refusal, which stands in the log then. `accepted` is the caller's Accept-Language."""
        status = _status(error)
        found = error.issues if isinstance(error, RequestRefused) else ()
        self._log(error, status, found)
        language = _language(accepted) or self._language
        issues = {"issues": [one if language == "en" else self._issue(one) for one in found]} if found else {}
        answer = self._told(error, status, language, **issues)
        if status == TokenMissing.status:
            answer.headers["WWW-Authenticate"] = 'Bearer realm="nexus"'
        if status == answers.UNAVAILABLE:
            answer.headers["Retry-After"] = str(AGAIN_S)
        if isinstance(error, LAST):
            answer.headers["Connection"] = "close"
        return answer

    def fault(self, error: Exception, accepted: str = "") -> Response:
        """A fault of ours: the log has its class and its places, the caller that there was one."""
        places = _places(error.__traceback__)
        name = type(error).__name__
        self._complaints.note(
            f"{InternalFault.code} {name} {places[-1:]}", Level.ERROR, "http.fault", "A request failed by a fault of Nexus.",
            code=InternalFault.code, status=500, error=name, where=places[-MOST_PLACES:],
        )  # fmt: skip
        return self._told(InternalFault(), 500, _language(accepted) or self._language)

    def _told(self, error: EngineError | StoreError, status: int, language: Language, **issues: list[str]) -> Response:
        title, message, hint = self._worded(error.code, error.title, str(error), error.hint, language)
        return answers.refused(message, status, **issues, code=error.code, title=title, hint=hint, exit_code=error.exit_code)

    def _log(self, error: EngineError | StoreError, status: int, issues: Iterable[str]) -> None:
        fields = [issue.partition(": ")[0][:LONGEST_FIELD] for issue in issues][:MOST_FIELDS]
        more = {"fields": fields} if fields else {}
        message = (type(error).__doc__ or error.title).partition("\n")[0]
        self._complaints.note(error.code, Level.WARNING, "http.refused", message, code=error.code, status=status, **more)

    async def refused(self, request: Request, error: Exception) -> Response:
        """What a route raises."""
        assert isinstance(error, EngineError | StoreError)
        return self.answer(error, request.headers.get("accept-language", ""))

    async def broke_off(self, request: Request, error: Exception) -> Response:
        """The caller hung up, or sent what is no HTTP and was told so; nobody reads the answer, the log has it."""
        if request.scope.get("state", {}).get(ANSWERED):
            return Response(status_code=BrokenOff.status)
        return self.answer(BrokenOff())

    async def misled(self, request: Request, error: Exception) -> Response:
        """No route, or not by this method."""
        assert isinstance(error, HTTPException)
        refusal: RequestRefused
        if error.status_code == NoSuchPath.status:
            refusal = NoSuchPath()
        elif error.status_code == MethodRefused.status:
            refusal = MethodRefused()
        else:
            refusal = RequestRefused(str(error.detail))
        answer = self.answer(refusal, request.headers.get("accept-language", ""))
        answer.headers.update(error.headers or {})
        return answer

    async def broken(self, request: Request, error: Exception) -> Response:
        """A fault of ours; it is raised on after the answer."""
        return self.fault(error, request.headers.get("accept-language", ""))


def _status(error: EngineError | StoreError) -> int:
    if isinstance(error, RequestRefused):
        return error.status
    return 400 if error.exit_code == 2 or isinstance(error, BadConfiguration) else answers.UNAVAILABLE


def _language(accepted: str) -> Language | None:
    """The one of ours that the caller likes best; `None` if it names none of them."""
    best: tuple[float, Language] | None = None
    for one in accepted[:200].split(","):
        name, _, quality = one.strip().lower().partition(";")
        spoken: Language | None = "pt" if name.startswith("pt") else "en" if name.startswith("en") else None
        try:
            liked = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            liked = 0.0
        if spoken is not None and liked > 0 and (best is None or liked > best[0]):
            best = (liked, spoken)
    return None if best is None else best[1]


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        places.append(f"{Path(traceback.tb_frame.f_code.co_filename).name}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return places
