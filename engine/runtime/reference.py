"""What agents look up beside the document: code tables, own companies, and earlier documents that claim the same key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

from engine.agents.context import SourceFacts
from engine.errors import ExtractionCrashed
from engine.extraction.result import Extraction
from engine.fiscal.books import refusal
from engine.fiscal.classification import Corrections
from engine.fiscal.companies import Companies, Company, Regime
from engine.fiscal.operations import Operation
from engine.fiscal.rules.model import Surroundings, Twin
from engine.fiscal.tables import Tables
from engine.outside import iso
from engine.runtime.sources import source_facts
from store import reference as tables
from store.records import companies, documents
from store.records.documents import Document
from store.store import Store

Viewpoint = tuple[Companies, Corrections]
Extract = Callable[[SourceFacts], Awaitable[Extraction]]


class Reference:
    """Caches what changes seldom; a change of the companies is seen by the store's topics."""

    def __init__(self, store: Store, extract: Extract) -> None:
        self._store = store
        self._extract = extract
        self._tables: asyncio.Task[Tables] | None = None
        self._viewpoints: dict[str, Viewpoint] = {}
        self._seen = 0

    async def tables(self) -> Tables:
        """The official code tables, read once in a thread (about 10 ms)."""
        if self._tables is None:
            self._tables = asyncio.ensure_future(asyncio.to_thread(_load))
        return await asyncio.shield(self._tables)

    def viewpoint_now(self, tenant: str) -> Viewpoint | None:
        """The viewpoint if it is known and nothing changed since it was read."""
        if "companies" in self._store.touched_since(self._seen):
            self._viewpoints.clear()
        self._seen = self._store.version
        return self._viewpoints.get(tenant)

    async def viewpoint(self, tenant: str) -> Viewpoint:
        """The tenant's own companies and the corrections that stick."""
        own, fixed = await self._store.read(
            lambda connection: (companies.everyone(connection, tenant), companies.corrections(connection, tenant))
        )
        known = Companies(
            Company(cnpj=row.cnpj, name=row.name or "", regime=None if row.regime is None else Regime(row.regime), uf=row.uf, cnae=row.cnae)
            for row in own
        )
        corrections = {(row.issuer, row.cfop, row.ncm): Operation(row.operation) for row in fixed}
        self._viewpoints[tenant] = known, corrections
        return known, corrections

    def surroundings_now(self, document: Document) -> Surroundings | None:
        """What `surroundings` gives for a document without twins, if the tables have been read."""
        if self._tables is None or not self._tables.done():
            return None
        return self._surroundings(self._tables.result(), document, [])

    async def surroundings(self, document: Document, *, has_twins: bool) -> Surroundings:
        """Tables, and the documents acknowledged earlier with the same key or number, in whatever state they are."""
        twins: list[Twin] = []
        if has_twins:
            rows = await self._store.read(
                lambda connection: documents.twins(
                    connection, document.tenant, document.doc, document.access_key, document.number_key
                )
            )
            twins = [twin for row in rows if (twin := await self._twin(row)) is not None]
        return self._surroundings(await self.tables(), document, twins)

    def _surroundings(self, known: Tables, document: Document, twins: list[Twin]) -> Surroundings:
        return Surroundings(tables=known, twins=tuple(twins), order=document.seq, moment=iso(self._store.clock.wall_ms()))

    async def _twin(self, row: Document) -> Twin | None:
        """An earlier document that claims the same; `None` if nothing could be read of it, for then it claims nothing."""
        digest, medium, environment, bookable = row.digest, row.medium, row.environment, bool(row.bookable)
        value, issuer, recipient = None if row.total is None else Decimal(row.total), row.issuer, row.recipient
        issued = row.issued[:10] if row.issued else None
        if digest is None:
            # Acknowledged earlier but not read yet: read it now, so that the verdict does not hang on who is faster.
            try:
                note = (await self._extract(source_facts(row))).note
            except ExtractionCrashed:
                return None
            if note is None:
                return None
            digest, medium, environment = note.digest, note.medium, note.identification.text("tpAmb")
            bookable = refusal(note) is None
            value, issuer, recipient, issued = note.value, note.issuer.id, note.recipient.id, note.issue_date
        return Twin(
            access_key=row.access_key,
            digest=digest,
            medium="list" if medium == "list" else "xml",
            order=row.seq,
            environment=environment,
            bookable=bookable,
            value=value,
            issuer=issuer,
            recipient=recipient,
            issue_date=issued,
        )


def _load() -> Tables:
    rows = tables.audit_rows()
    return Tables.build(ncm=rows["ncm"], cfop=rows["cfop"], cst=rows["cst"])

