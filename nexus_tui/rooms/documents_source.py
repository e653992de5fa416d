"""The documents of one filter and one tenant, as the table asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.facade.views import DocumentRow
    from nexus_tui.engine_port import Documents


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSource:
    """A `RowSource` over the facade."""

    documents: Documents
    filter: str
    tenant: str

    def sequence(self, row: DocumentRow) -> int:
        """The order of arrival."""
        return row.seq

    def identity(self, row: DocumentRow) -> str:
        """The document."""
        return row.doc_id

    async def page(self, after: int | None, limit: int, newest_first: bool) -> Sequence[DocumentRow]:
        """At most `limit` rows beyond `after`."""
        page = await self.documents.page(self.filter, self.tenant, after, limit, newest_first)
        return page.rows

    async def count(self) -> int:
        """How many rows there are."""
        return await self.documents.count(self.filter, self.tenant)

    async def anchors(self, every: int, newest_first: bool) -> Sequence[int]:
        """Sequence numbers of every `every`-th row, down the list."""
        return await self.documents.anchors(self.filter, self.tenant, every, newest_first)

    async def identities(self) -> Sequence[str]:
        """Every document there is."""
        return await self.documents.ids(self.filter, self.tenant, await self.count())
