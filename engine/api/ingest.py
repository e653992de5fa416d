"""`POST /api/ingest`: the deployment's call, as JSON for bytes that are stored already, as multipart with the bytes.

Multipart parts: `tenantId`, `file` (repeated), `source`, `options` (JSON). The answer comes when every file is acknowledged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from engine.api import answers, multipart
from engine.api.uploads import Place, Uploads
from engine.contract import codec
from engine.contract.calls import IngestAccepted, IngestRequest
from engine.contract.payloads import PipelineOptions
from engine.errors import MediaRefused, NoSpace, RequestRefused
from engine.facade import issues, tenants
from engine.facade.engine import Engine
from engine.facade.issues import Issue
from engine.intake.intake import LARGEST_FILE
from store.errors import NotFound

#: Largest JSON body, in bytes, and documents of one: reading more would hold the loop for longer than 50 ms.
LARGEST_JSON, MOST_DOCUMENTS = 1024 * 1024, 1000
#: What a caller may call JSON; the last one is what curl says of anything.
JSON = frozenset({"", "application/json", "text/json", "text/plain", "application/x-www-form-urlencoded"})
SOURCES = ("upload", "api", "backfill", "sync")
CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")


class _Offered(msgspec.Struct):
    documents: list[msgspec.Raw]


class Asked(NamedTuple):
    """A call whose body is in order: `options` as the wire has them."""

    tenant: str
    source: str
    options: dict[str, Any]
    paths: list[Path]


_request = codec.decoder(IngestRequest)
_offered = codec.decoder(_Offered)
_options = codec.decoder(PipelineOptions)


class Ingest:
    """Takes files in through the facade."""

    def __init__(self, engine: Engine, uploads: Uploads, new_id: Callable[[], str]) -> None:
        self._engine = engine
        self._uploads = uploads
        self._new_id = new_id

    async def answer(self, request: Request) -> Response:
        """202 `{jobId, docIds[]}`; 200 with what would be done for `dryRun`. Raises `RequestRefused` with every issue."""
        async with self._uploads.place(self._new_id()) as place:
            asked = await (self._multipart(request, place) if multipart.is_multipart(request) else self._stored(request, place))
            return await (self._foresee(asked) if asked.options.get("dryRun") else self._take_in(asked))

    async def _multipart(self, request: Request, place: Place) -> Asked:
        form = await multipart.read(request, place)
        found = form.issues
        tenant = _text(form, "tenantId", found)
        if tenant is None:
            found += ["tenantId: required"] if "tenantId" not in form.fields else []
        elif (fault := tenants.fault(tenant)) is not None:
            found.append(str(fault))
        source = _text(form, "source", found)
        if source is not None and source not in SOURCES:
            found.append(str(Issue("source", f"one of {', '.join(SOURCES)}", "other text")))
        options = _options_of(form, found)
        if not form.files:
            found.append("file: required")
        for number, path in enumerate(form.files):
            if (size := path.stat().st_size) > LARGEST_FILE:
                found.append(str(Issue(f"file[{number}]", f"at most {LARGEST_FILE} bytes", str(size))))
        _raise(found)
        return Asked(str(tenant), source or "api", options, form.files)

    async def _stored(self, request: Request, place: Place) -> Asked:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in JSON and not media.endswith("+json"):
            raise MediaRefused(f"Bodies of the form {media[:60]} are not read.")
        body = await answers.body(request, LARGEST_JSON)
        _few(body)
        try:
            asked = _request(body)
        except codec.Unreadable as error:
            raise RequestRefused(issues=issues.of(IngestRequest, body) or (str(error),)) from error
        found = list(issues.repeated(body))
        if (fault := tenants.fault(asked.tenant_id)) is not None:
            found.append(str(fault))
        paths: list[Path] = []
        for number, document in enumerate(asked.documents):
            checksum = None if isinstance(document.checksum, msgspec.UnsetType) else CHECKSUM.fullmatch(document.checksum)
            try:
                if checksum is None:
                    raise NotFound
                paths.append(place.recall(document.name, bytes.fromhex(checksum[1])))
            except NotFound:
                found.append(f"documents[{number}].bytes required: use multipart")
        _raise(found)
        source = "api" if isinstance(asked.source, msgspec.UnsetType) else asked.source
        options = {} if isinstance(asked.options, msgspec.UnsetType) else msgspec.to_builtins(asked.options)
        return Asked(asked.tenant_id, source, options, paths)

    async def _foresee(self, asked: Asked) -> Response:
        found = await self._engine.jobs.foreseen(asked.tenant, asked.paths)
        return answers.json({"dryRun": True, "docIds": [one["docId"] for one in found], "documents": found})

    async def _take_in(self, asked: Asked) -> Response:
        job = await self._engine.jobs.open(asked.tenant, source=asked.source, priority=asked.options.get("priority", "normal"))
        taken: list[str] = []
        known: list[str] = []
        found: list[str] = []
        try:
            async for told in self._engine.jobs.add(job, asked.tenant, asked.paths):
                if "error" not in told:
                    taken.append(told["docId"])
                    known += [told["docId"]] if told.get("already") else []
                elif told["state"] == "waiting":
                    # Who uploads has the bytes still, and is not kept waiting for room.
                    raise NoSpace(told["error"]["message"])
                else:
                    found.append(f"{told['file'].rpartition('/')[2]}: {told['error']['message']}")
        finally:
            await self._engine.jobs.close(job)
        if not taken:
            _raise(found)
        value = await self._engine.jobs.value(job)
        if known and asked.options.get("reprocess"):
            again = await self._engine.documents.reprocess(known)
            if len(known) == len(taken) and again.done:
                job = again.data["job"]
        accepted = IngestAccepted(job_id=job, doc_ids=taken if value is None else value["docIds"])
        # Of a file that was refused beside others its caller must hear, or he would throw it away.
        return answers.json(msgspec.structs.replace(accepted, issues=list(issues.bounded(found))) if found else accepted, 202)


def _few(body: bytes) -> None:
    """Raise for more documents than one call takes, before each of them is looked into."""
    try:
        offered = _offered(body).documents
    except codec.Unreadable:
        return
    if len(offered) > MOST_DOCUMENTS:
        raise RequestRefused(issues=(str(Issue("documents", f"at most {MOST_DOCUMENTS}", str(len(offered)))),))


def _text(form: multipart.Form, name: str, found: list[str]) -> str | None:
    """A field that is given once at most."""
    values = form.fields.get(name, [])
    if len(values) > 1:
        found.append(f"{name}: given twice")
    if len(values) != 1:
        return None
    try:
        return values[0].decode()
    except UnicodeDecodeError:
        found.append(str(Issue(name, "text in UTF-8", "bytes that are no UTF-8")))
        return None


def _options_of(form: multipart.Form, found: list[str]) -> dict[str, Any]:
    values = form.fields.get("options", [])
    if len(values) != 1:
        found += ["options: given twice"] if values else []
        return {}
    try:
        options = _options(values[0])
    except codec.Unreadable as error:
        found += issues.of(PipelineOptions, values[0], "options") or (f"options: {error}",)
        return {}
    found += issues.repeated(values[0], "options")
    # JSON as the deployment takes it drops what it does not know; in this form, which is ours, a slip of the pen would take in what was to be tried.
    found += issues.surplus(PipelineOptions, values[0], "options")
    value: dict[str, Any] = msgspec.to_builtins(options)
    return value


def _raise(found: Sequence[str]) -> None:
    if found:
        raise RequestRefused(issues=issues.bounded(found))
