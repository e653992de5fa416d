"""A9 Assistant: what the document is about goes into the full-text index, so that it can be found and asked about."""

from __future__ import annotations

from engine.agents.context import Context
from engine.agents.outcome import Emission, Event, KeyPut, Outcome, SearchText
from engine.agents.payload import extraction_of
from engine.contract import keys
from engine.contract.events import EventName
from engine.contract.payloads import AssistantReady, AuditedDocument, KnowledgeBase, ReportReady
from engine.fiscal.note import Note

#: The deployment names its knowledge by a version of embeddings; ours are words.
VERSION = "fts/v1"


async def handle(event: Event, context: Context, *, ttl_s: int = keys.ASSISTANT_S) -> Outcome:
    """Prepare the knowledge of one document; a rebuild reads the bytes again."""
    ready: ReportReady = event.payload
    extraction = await extraction_of(ready.extraction, context)
    document = ready.audit.documents[0]
    now = context.now
    prepared = {
        "docId": event.doc_id,
        "embeddingsVersion": VERSION,
        "preparedAt": now,
        "ftsRows": 1,
        "findings": len(document.inconsistencies),
        "watermark": ready.audit.generated_at,
    }
    knowledge = KnowledgeBase(doc_id=event.doc_id, embeddings_version=VERSION, prepared_at=now)
    return Outcome(
        events=(
            Emission(
                name=EventName.ASSISTANT_READY,
                doc_id=event.doc_id,
                payload=AssistantReady(audit=ready.audit, knowledge_base=knowledge),
                key=f"{event.doc_id}:assistant",
            ),
        ),
        puts=(KeyPut(key=keys.assistant(event.doc_id), value=prepared, ttl_s=ttl_s),),
        records=(_text(document, extraction.note),),
    )


def _text(document: AuditedDocument, note: Note | None) -> SearchText:
    findings = " ".join(f"{found.code} {found.message}" for found in document.inconsistencies)
    name = document.doc.name
    if note is None:
        return SearchText(title=name, parties="", items="", findings=findings, codes="")
    parties = [
        part for party in (note.issuer, note.recipient, *note.others.values()) for part in (party.name, party.id) if part
    ]
    items = dict.fromkeys(text for item in note.items if (text := item.product.text("xProd")))
    codes = [note.access_key, note.number, *note.cfops(), *note.ncms()]
    return SearchText(
        title=name, parties=" ".join(parties), items="\n".join(items), findings=findings, codes=" ".join(code for code in codes if code)
    )
