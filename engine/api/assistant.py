"""`POST /api/assistant`: a question about a document, answered from its report; without a language model."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from engine.api import answers
from engine.contract import codec
from engine.contract.calls import AssistantRequest
from engine.errors import RequestRefused
from engine.facade import issues
from engine.facade.assistant import answer_object
from engine.facade.engine import Engine

#: Largest body, in bytes.
LARGEST_BODY = 64 * 1024

_request = codec.decoder(AssistantRequest)


class AssistantCall:
    """Asks the facade."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def answer(self, request: Request) -> Response:
        """200 with the answer and what it rests on; 404 where there is no report yet. Raises `RequestRefused`."""
        body = await answers.body(request, LARGEST_BODY)
        try:
            asked = _request(body)
        except codec.Unreadable as error:
            raise RequestRefused(issues=issues.of(AssistantRequest, body) or (str(error),)) from error
        if repeated := issues.repeated(body):
            raise RequestRefused(issues=repeated)
        answer = await self._engine.assistant.answer(asked.doc_id, asked.query, asked.scope, "pt")
        if answer is None:
            return answers.refused("Report not ready", 404)
        return answers.json(answer_object(answer))
