"""A document's record as agents see it: the stored bytes behind it."""

from __future__ import annotations

import json

from engine.agents.context import SourceFacts
from store.records.documents import Document


def source_facts(document: Document) -> SourceFacts:
    """The stored bytes behind a document's record."""
    return SourceFacts(
        doc_id=document.doc,
        tenant=document.tenant,
        name=document.name,
        kind=document.kind,
        family=document.family,
        size=document.size,
        sha=document.sha,
        header_sha=document.header_sha,
        from_list=document.parent is not None and document.kind == "CSV",
        members=document.members,
        refusal=_refusal(document),
    )


def _refusal(document: Document) -> tuple[str, str, dict[str, str]] | None:
    if document.refused is None:
        return None
    told = json.loads(document.refused)
    return told["code"], told["message"], told["arguments"]
