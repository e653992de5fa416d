"""Finding documents by what they say, and in the same breath by what they are."""

from __future__ import annotations

from engine.facade import filters
from engine.facade.reading import Reading
from engine.facade.views import SearchHit
from store import search
from store.driver import Connection

QUALIFIED = "SELECT document.seq, document.doc, document.name, '' FROM document"


class Searching:
    """Full-text queries."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def find(self, query: str, tenant: str = "*", limit: int = 50) -> tuple[SearchHit, ...]:
        """Documents that hold every word of the query, best first; qualifiers (`state:` and its kin) narrow them. Raises `BadFilter`."""
        words = filters.split(query) if any(filters.is_qualified(word) for word in query.split()) else query.split()
        expression = search.match_expression(" ".join(word for word in words if not filters.is_qualified(word)))
        qualified = [word for word in words if filters.is_qualified(word)]
        if not expression and not qualified:
            return ()
        where, parameters = filters.every([filters.words(qualified, self._reading.wall_ms()), filters.scope(tenant)])

        def hits(connection: Connection) -> tuple[SearchHit, ...]:
            if expression:
                found = search.find(connection, expression, where, parameters, limit)
            else:
                rows = connection.execute(f"{QUALIFIED} WHERE {where} ORDER BY seq DESC LIMIT ?", (*parameters, limit)).fetchall()
                found = [search.Hit._make(row) for row in rows]
            return tuple(SearchHit(doc_id=hit.doc, name=hit.name, snippet=hit.snippet) for hit in found)

        return await self._reading.read(hits)
