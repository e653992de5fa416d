"""Finding documents by what they say."""

from __future__ import annotations

from engine.facade.reading import Reading
from engine.facade.views import SearchHit
from store import search


class Searching:
    """Full-text queries."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def find(self, query: str, tenant: str = "*", limit: int = 50) -> tuple[SearchHit, ...]:
        """Documents that hold every word of the query, best first."""
        scope = None if tenant == "*" else tenant
        hits = await self._reading.read(lambda connection: search.find(connection, scope, query, limit))
        return tuple(SearchHit(doc_id=hit.doc, name=hit.name, snippet=hit.snippet) for hit in hits)
