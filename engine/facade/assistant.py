"""The assistant: questions about a document, answered from its report; and its knowledge, prepared again. No language model is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.assistant.cleaning import quoted
from engine.assistant.replies import Citation
from engine.errors import BadQuestion
from engine.facade import filters
from engine.facade.commands import CommandResult, RebuildAssistant
from engine.facade.reading import Executing, Reading
from engine.fiscal.money import Language
from engine.outside import iso
from store import search
from store.driver import Connection

if TYPE_CHECKING:
    # The grammar is put together when the first question is asked: no first frame waits for it.
    from engine.assistant.conversing import Said
    from engine.assistant.material import Material
    from engine.contract.calls import Scope
    from engine.contract.payloads import KnowledgeBase

__all__ = ["Answer", "Assistant", "Citation", "answer_object"]

#: Documents that one search goes through: all there may be, as every list does.
MOST_FOUND = 100_000
#: Letters of a question.
MOST_LETTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the assistant says of one document; the first six fields are the wire's, the rest local additions."""

    doc_id: str
    scope: Scope
    answer: str
    #: `prepared_at` is empty where A9 has not run.
    knowledge: KnowledgeBase
    #: Title and time of the report the answer speaks of.
    title: str
    generated_at: str
    citations: tuple[Citation, ...] = ()
    #: Words of the question that no plan could use; the question is not answered then.
    unused: tuple[str, ...] = ()
    #: False where it abstains, asks back, or names another scope.
    answered: bool = True
    #: Typing errors: what was typed, and what it was taken for.
    understood: tuple[tuple[str, str], ...] = ()
    #: Near questions that can be answered.
    offers: tuple[str, ...] = ()
    #: The knowledge was prepared from another report than this one: `rebuild` makes it new.
    stale: bool = False


class Assistant:
    """Questions about documents."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def answer(self, doc_id: str, query: str, scope: Scope, language: Language) -> Answer | None:
        """Answer a question about one document; `None` where it has no report. Raises `BadQuestion`."""
        from engine.assistant.conversing import converse
        from engine.assistant.material import load

        _check(query)
        now, blob = self._reading.wall_ms(), self._reading.blob

        def answered(connection: Connection) -> Answer | None:
            # Whatever computes does so beside the loop: a note may hold 990 items.
            material = load(connection, doc_id, now, blob)
            return None if material is None else _answer(material, scope, converse(query, material, scope, language))

        return await self._reading.read(answered)

    async def answers(self, query: str, scope: Scope, language: Language, tenant: str = "*") -> AsyncIterator[Answer]:
        """Ask every document that has a report, oldest first: those that answer; else why the last one did not. Raises `BadQuestion`."""
        _check(query)
        abstained: Answer | None = None
        told = False
        for doc in await self._asked(query, language, tenant):
            one = await self.answer(doc, query, scope, language)
            if one is not None and one.answered:
                told = True
                yield one
            elif one is not None:
                abstained = one
        if not told and abstained is not None:
            yield abstained

    async def _asked(self, query: str, language: Language, tenant: str) -> list[str]:
        """The documents with a report; where words are sought, those that the index finds."""
        from engine.assistant.conversing import ALL_CODES
        from engine.assistant.planning import plan
        from engine.assistant.plans import Passages

        plans = plan(query, language, None, ALL_CODES).plans
        where, parameters = filters.scope(tenant)
        sought = plans[0] if len(plans) == 1 and isinstance(plans[0], Passages) else None
        expression = None if sought is None else search.match_expression(" ".join(sought.words))

        def ids(connection: Connection) -> list[str]:
            if expression:
                return [hit.doc for hit in search.find(connection, expression, where, parameters, MOST_FOUND)]
            statement = f"SELECT doc FROM document WHERE {where} AND EXISTS(SELECT 1 FROM report WHERE report.tenant=document.tenant AND report.doc=document.doc) ORDER BY seq"
            return [row[0] for row in connection.execute(statement, parameters).fetchall()]

        return await self._reading.read(ids)

    async def rebuild(self, doc_ids: Sequence[str]) -> CommandResult:
        """Forget what the assistant prepared of documents and prepare it again: A9 and A10 run on their stored reports."""
        result: CommandResult = await self._executing.execute(RebuildAssistant(documents=tuple(doc_ids)))
        return result


def answer_object(answer: Answer) -> dict[str, Any]:
    """An answer as every face tells it: the wire's shape, and the local additions."""
    return {
        "docId": answer.doc_id,
        "scope": answer.scope,
        "answer": answer.answer,
        "knowledge": {
            "docId": answer.knowledge.doc_id,
            "embeddingsVersion": answer.knowledge.embeddings_version,
            "preparedAt": answer.knowledge.prepared_at,
        },
        "reportSummary": {"title": answer.title, "generatedAt": answer.generated_at},
        "answered": answer.answered,
        "citations": [
            {"docId": one.document, **{name: value for name, value in asdict(one).items() if name != "document"}}
            for one in answer.citations
        ],
        "unusedWords": list(answer.unused),
        "understood": [{"typed": typed, "taken": taken} for typed, taken in answer.understood],
        "suggestions": list(answer.offers),
        "stale": answer.stale,
    }


def _check(query: str) -> None:
    if not query.strip():
        raise BadQuestion
    if len(query) > MOST_LETTERS:
        raise BadQuestion(f"The question has {len(query)} characters; a question may have {MOST_LETTERS}.")


def _answer(material: Material, scope: Scope, said: Said) -> Answer:
    from engine.assistant.material import UNKNOWN_VERSION
    from engine.contract.payloads import KnowledgeBase

    doc, prepared = material.document.doc, material.prepared
    known = KnowledgeBase(
        doc_id=doc,
        embeddings_version=UNKNOWN_VERSION if prepared is None else prepared.embeddings_version,
        prepared_at=prepared.prepared_at
        if prepared is not None
        else ""
        if material.prepared_ms is None
        else iso(material.prepared_ms),
    )
    return Answer(
        doc_id=doc,
        scope=scope,
        answer=said.text,
        knowledge=known,
        title=quoted(material.report.summary.title, 300),
        generated_at=material.report.generated_at,
        citations=said.citations,
        unused=said.unused,
        answered=said.answered,
        understood=tuple((one.typed, one.taken) for one in said.understood),
        offers=said.offers,
        stale=material.stale,
    )
