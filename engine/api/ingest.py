"""`POST /api/ingest`: the deployment's call, as JSON for bytes that are stored already, as multipart with the bytes.

Multipart parts: `tenantId`, `file` (repeated), `source`, `options` (JSON). The answer comes when every file is acknowledged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from engine.api import answers
from engine.api.uploads import Place, Uploads
from engine.contract import codec
from engine.contract.calls import IngestAccepted, IngestRequest
from engine.contract.payloads import PipelineOptions
from engine.errors import EngineError
from engine.facade import issues
from engine.facade.engine import Engine
from store.errors import NotFound, StoreError

#: Largest JSON body, in bytes, and files of one request.
LARGEST_JSON, MOST_FILES = 4 * 1024 * 1024, 1000
SOURCES = ("upload", "api", "backfill", "sync")
CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
REFUSED = "The request cannot be carried out."

_request = codec.decoder(IngestRequest)
_options = codec.decoder(PipelineOptions)


class Invalid(Exception):
    """The body is not what the call takes; `issues` say all that is wrong with it."""

    def __init__(self, *found: str) -> None:
        super().__init__("; ".join(found))
        self.issues = list(found)


class Ingest:
    """Takes files in through the facade."""

    def __init__(self, engine: Engine, uploads: Uploads, new_id: Callable[[], str]) -> None:
        self._engine = engine
        self._uploads = uploads
        self._new_id = new_id

    async def answer(self, request: Request) -> Response:
        """202 `{jobId, docIds[]}`; 400 with every issue."""
        try:
            with self._uploads.place(self._new_id()) as place:
                if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "multipart/form-data":
                    return await self._multipart(request, place)
                return await self._stored(request, place)
        except Invalid as error:
            return answers.refused(REFUSED, 400, issues=error.issues)
        except ClientDisconnect:
            return answers.refused("The upload broke off.", 400)
        except (EngineError, StoreError) as error:
            return answers.failed(error)

    async def _multipart(self, request: Request, place: Place) -> Response:
        try:
            form = await request.form(max_files=MOST_FILES, max_fields=10, max_part_size=64 * 1024)
        except HTTPException as error:
            raise Invalid(str(error.detail)) from error
        try:
            found: list[str] = []
            tenant = form.get("tenantId")
            if not isinstance(tenant, str) or not tenant:
                found.append("tenantId: required")
            source = form.get("source", "api")
            if source not in SOURCES:
                found.append(f"source: one of {', '.join(SOURCES)}")
            options = self._read_options(form.get("options"), found)
            files = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
            if not files:
                found.append("file: at least one part with bytes is required")
            if found:
                raise Invalid(*found)
            paths = [await place.receive(part.filename or "", part.file) for part in files]
        finally:
            await form.close()
        return await self._take_in(str(tenant), str(source), options, paths)

    async def _stored(self, request: Request, place: Place) -> Response:
        body = await answers.body(request, LARGEST_JSON)
        if body is None:
            return answers.refused(f"The body is larger than {LARGEST_JSON} bytes.", 413)
        try:
            asked = _request(body)
        except codec.Unreadable as error:
            raise Invalid(*(issues.of(IngestRequest, body) or (str(error),))) from error
        found: list[str] = []
        paths: list[Path] = []
        for number, document in enumerate(asked.documents):
            checksum = None if isinstance(document.checksum, msgspec.UnsetType) else CHECKSUM.fullmatch(document.checksum)
            try:
                if checksum is None:
                    raise NotFound
                paths.append(place.recall(document.name, bytes.fromhex(checksum[1])))
            except NotFound:
                found.append(f"documents[{number}].bytes required: use multipart")
        if found:
            raise Invalid(*found)
        source = "api" if isinstance(asked.source, msgspec.UnsetType) else asked.source
        options = None if isinstance(asked.options, msgspec.UnsetType) else asked.options
        return await self._take_in(asked.tenant_id, source, options, paths)

    async def _take_in(self, tenant: str, source: str, options: PipelineOptions | None, paths: list[Path]) -> Response:
        wanted: dict[str, Any] = {} if options is None else msgspec.to_builtins(options)
        if wanted.get("dryRun"):
            # Taking bytes in is an effect; what would happen to documents that are here already is asked without them.
            raise Invalid("options.dryRun: an upload cannot be tried out; use `nexus reprocess --dry-run`")
        job = await self._engine.jobs.open(tenant, source=source, priority=wanted.get("priority", "normal"))
        taken: list[str] = []
        known: list[str] = []
        found: list[str] = []
        try:
            async for told in self._engine.jobs.add(job, tenant, paths):
                if "error" not in told:
                    taken.append(told["docId"])
                    known += [told["docId"]] if told.get("already") else []
                elif told["state"] == "waiting":
                    # Who uploads has the bytes still, and is not kept waiting for room.
                    return answers.json({"message": told["error"]["message"], **told["error"]}, answers.UNAVAILABLE)
                else:
                    found.append(f"{told['file'].rpartition('/')[2]}: {told['error']['message']}")
        finally:
            await self._engine.jobs.close(job)
        if not taken:
            raise Invalid(*found)
        value = await self._engine.jobs.value(job)
        if known and wanted.get("reprocess"):
            again = await self._engine.documents.reprocess(known)
            if len(known) == len(taken) and again.done:
                job = again.data["job"]
        return answers.json(IngestAccepted(job_id=job, doc_ids=taken if value is None else value["docIds"]), 202)

    def _read_options(self, text: Any, found: list[str]) -> PipelineOptions | None:
        if text is None:
            return None
        try:
            return _options(text.encode() if isinstance(text, str) else b"")
        except codec.Unreadable as error:
            found.append(f"options: {error}")
            return None
