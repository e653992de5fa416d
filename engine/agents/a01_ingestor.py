"""A1 Ingestor: bytes become a parsed document; a repeated delivery finds the parsed one and re-emits it."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from engine.agents.context import Context, SourceFacts
from engine.agents.outcome import DocumentFacts, Emission, Event, KeyPut, Outcome
from engine.agents.payload import carried
from engine.contract import codec, keys
from engine.contract.events import EventName
from engine.contract.payloads import Document, ParsedDocument, StructuredLine
from engine.extraction.result import Extraction, Problem
from engine.extraction.rows import rows

VERSION = "nexus-ingestor/1"

_decode = codec.decoder(ParsedDocument)


async def handle(event: Event, context: Context, *, ttl_s: int = keys.INGEST_S) -> Outcome:
    """Parse once; what was parsed is kept for `ttl_s` seconds under the trace."""
    cache = keys.ingest(event.doc_id, event.trace_id)
    if event.repeated:
        cached = await context.lookup.value(cache)
        if cached is not None:
            return Outcome(events=(_parsed(event, _whole(event, _decode(cached))),), metrics=(("cached", 1),))
    source = await context.lookup.source()
    extraction = _container(source) if _is_container(source) else await context.extract(source)
    await context.breathe()
    parsed = ParsedDocument(
        doc=_described(event.payload, extraction),
        parsed_at=context.now,
        parser_version=VERSION,
        structured_data=_lines(event.doc_id, extraction),
        extraction=extraction,
    )
    # The rows follow from the extraction; keeping them as well would double what is written for every document.
    kept = msgspec.structs.replace(parsed, structured_data=UNSET)
    return Outcome(
        events=(_parsed(event, parsed),),
        puts=(KeyPut(key=cache, value=kept, ttl_s=ttl_s),),
        records=(DocumentFacts(values={"family": extraction.family, "version": extraction.version, "error_code": None, "error": None}),),
    )


def _whole(event: Event, kept: ParsedDocument) -> ParsedDocument:
    extraction = carried(kept.extraction, Extraction)
    return msgspec.structs.replace(kept, structured_data=_lines(event.doc_id, extraction), extraction=extraction)


def _parsed(event: Event, parsed: ParsedDocument) -> Emission:
    return Emission(name=EventName.DOC_PARSED, doc_id=event.doc_id, payload=parsed, key=f"{event.doc_id}:parsed")


def _is_container(source: SourceFacts) -> bool:
    return source.members is not None or source.refusal is not None


def _container(source: SourceFacts) -> Extraction:
    """A container was opened by intake: its documents have reports of their own, or it was refused as a whole."""
    if source.refusal is not None:
        code, message, arguments = source.refusal
        problem = Problem(code=code, message=message, arguments=arguments)
        return Extraction(family=source.family, status="error", state="unreadable", error=problem)
    return Extraction(family=source.family, status="parsed", state="done")


def _described(document: Document, extraction: Extraction) -> Document:
    changes: dict[str, object] = {"status": extraction.status}
    if extraction.encoding is not None:
        changes["encoding"] = extraction.encoding
    if extraction.error is not None:
        changes["error"] = extraction.error.message
    return msgspec.structs.replace(document, **changes)


def _lines(doc_id: str, extraction: Extraction) -> list[StructuredLine]:
    if extraction.note is None:
        return []
    return [
        StructuredLine(line_id=f"{doc_id}:line:{place}", values=values, warnings=[])
        for place, values in enumerate(rows(extraction.note))
    ]
