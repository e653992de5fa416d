"""`GET /api/reports/{docId}`: the report as the wire has it, or why there is none yet."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from engine.api import answers
from engine.facade.engine import Engine


class Reports:
    """Reads through the facade."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def answer(self, request: Request) -> Response:
        """200 with the report; 404 with the job's status, the stage and the last error as far as there are any."""
        doc = request.path_params["doc"]
        report = await self._engine.documents.report(doc)
        if report is not None:
            return Response(report, media_type="application/json")
        return answers.refused("Report not found", 404, **await self._why(doc))

    async def _why(self, doc: str) -> dict[str, Any]:
        detail = await self._engine.documents.detail(doc, "pt")
        if detail is None:
            return {}
        job = None if detail.row.trace_id is None else await self._engine.jobs.find(detail.row.trace_id)
        why: dict[str, Any] = {} if job is None else {"job_status": job.status}
        if detail.row.stage is not None:
            why["stage"] = detail.row.stage
        if detail.error is not None:
            why["last_error"] = f"{detail.error.code}: {detail.error.message}"
        return why
