"""Jobs: taking files in, and how far each job is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from engine.errors import BadInput, InvalidEvent, NotReadable
from engine.facade import manual, rerun, trying
from engine.facade.commands import CloseJob, CommandResult, Enqueue, OpenJob, Refusal
from engine.facade.documents import step_view
from engine.facade.reading import Executing, Reading
from engine.facade.views import JobView, StepView
from engine.intake.job_state import job_value
from store.driver import Connection
from store.records import jobs, steps
from store.records.jobs import Job


class Jobs:
    """Queries and commands on jobs."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def recent(self, tenant: str = "*", limit: int = 100) -> tuple[JobView, ...]:
        """The newest jobs."""
        scope = None if tenant == "*" else tenant
        rows = await self._reading.read(lambda connection: jobs.recent(connection, scope, limit))
        return tuple(_view(row) for row in rows)

    async def find(self, job: str) -> JobView | None:
        """A job."""
        row = await self._reading.read(lambda connection: jobs.find(connection, job))
        return None if row is None else _view(row)

    async def value(self, job: str) -> dict[str, Any] | None:
        """The value of `job:{traceId}` as the job stands now."""

        def query(connection: Connection) -> dict[str, Any] | None:
            row = jobs.find(connection, job)
            return None if row is None else job_value(connection, row)

        return await self._reading.read(query)

    async def trace(self, trace: str) -> tuple[StepView, ...]:
        """All steps of a trace, oldest first."""
        rows = await self._reading.read(lambda connection: steps.of_trace(connection, trace))
        return tuple(step_view(row) for row in rows)

    async def open(self, tenant: str, *, source: str = "upload", priority: str = "normal") -> str:
        """Begin a job; `close` says that all its files are in. Raises `BadInput` for a tenant that is none."""
        result = await self._execute(OpenJob(tenant=tenant, source=source, priority=priority))  # type: ignore[arg-type]
        if result.refused:
            raise BadInput(result.refused[0].reason)
        job: str = result.data["job"]
        return job

    def add(self, job: str, tenant: str, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]:
        """Take in every file below `paths`: `{file, docId, jobId, state}` each as it is acknowledged, or with an `error`.

        The state `waiting` is none of a document: the file waits for free space, and another object follows for it.
        """
        return self._executing.take_in(job, tenant, paths)

    async def foreseen(self, tenant: str, paths: Sequence[Path]) -> list[dict[str, Any]]:
        """What `add` would do with these files, which are only read: `trying.foreseen` has the shape. Raises `NotReadable`."""
        try:
            looked = [await asyncio.to_thread(trying.look, path) for path in paths]
        except OSError as error:
            raise NotReadable(f"{error.filename} cannot be read: {error.strerror}.") from error
        return await self._reading.read(lambda connection: trying.foreseen(connection, tenant, looked))

    async def close(self, job: str) -> None:
        """All files of the job are in."""
        await self._execute(CloseJob(job=job))

    async def enqueue(self, event: dict[str, Any]) -> CommandResult:
        """Send an event by hand."""
        return await self._execute(Enqueue(event=event))

    async def preview(self, event: dict[str, Any]) -> CommandResult:
        """What a planner's event with `dryRun` would do, counted; read only. Whatever is no such event is refused."""
        try:
            wanted = rerun.wanted(manual.validated(event))
            if wanted is None or not wanted.dry_run:
                raise InvalidEvent("Only evt.pipeline.requested with the option dryRun can be tried.")
        except InvalidEvent as error:
            return CommandResult(refused=(Refusal(subject="", reason=str(error), code=error.code, hint=error.hint),))
        wall = self._reading.wall_ms()
        result = await self._reading.read(
            lambda connection: rerun.preview(connection, wall, wanted.docs, wanted.tenant, wanted.priority)
        )
        return CommandResult(done=result.done, refused=result.refused, data={"name": event["name"], **result.data})

    async def _execute(self, command: Any) -> CommandResult:
        result: CommandResult = await self._executing.execute(command)
        return result


def _view(row: Job) -> JobView:
    return JobView(
        id=row.id, tenant=row.tenant, source=row.source, status=row.status, total=row.total, finished=row.finished, failed=row.failed,
        skipped=row.skipped, open=bool(row.open), created_ms=row.created, updated_ms=row.updated,
    )  # fmt: skip
