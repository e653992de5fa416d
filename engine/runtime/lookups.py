"""Lookups of one chain: what agents read, remembered so that the commit can check that it still holds."""

from __future__ import annotations

from typing import Any

from engine.agents.context import SourceFacts
from engine.agents.outcome import DocumentFacts, Outcome
from engine.contract import codec
from engine.fiscal.classification import Corrections
from engine.fiscal.companies import Companies
from engine.fiscal.rules.model import Surroundings
from engine.runtime.reference import Reference
from engine.runtime.sources import source_facts
from engine.runtime.turn import Turn
from store import kv
from store.errors import Conflict
from store.kv import Namespace
from store.records.documents import Document
from store.store import Store
from store.transaction import Transaction


class ChainLookup:
    """Reads for one chain: its own pending writes first, then the store.

    While a chain runs ahead it has its document to itself, so a local value it has not written is presumed absent without the 50 µs and the
    wait that a read costs. The commit checks it like any other read; a chain that was wrong runs again and reads (`presume` is false then).
    """

    def __init__(
        self, store: Store, turn: Turn, reference: Reference, tenant: str, document: Document | None, *, has_twins: bool, presume: bool
    ) -> None:
        self._store = store
        self._turn = turn
        self._reference = reference
        self._tenant = tenant
        #: The document's record, with what the chain's hops told of it.
        self.document = document
        #: Whether an earlier document may carry the same key or number.
        self.has_twins = has_twins
        self._presume = presume
        #: The hop that reads was reached in memory.
        self.ahead = False
        self._pending: dict[tuple[Namespace, str], Any] = {}
        self._read: dict[tuple[Namespace, str], int | None] = {}

    def remember(self, outcome: Outcome) -> None:
        """A hop of the chain will write this."""
        for put in outcome.puts:
            self._pending[Namespace.LOCAL if put.local else Namespace.STATE, put.key] = put.value
        for record in outcome.records:
            if isinstance(record, DocumentFacts) and self.document is not None:
                known = {name: record.values[name] for name in ("access_key", "number_key") if name in record.values}
                renamed = self.document._replace(**known)
                if renamed != self.document:
                    # Reading told more than intake saw in passing: whether there are twins is to be asked again.
                    self.document, self.has_twins = renamed, True

    async def value(self, key: str, *, local: bool = False) -> bytes | None:
        namespace = Namespace.LOCAL if local else Namespace.STATE
        if (namespace, key) in self._pending:
            return codec.encode(self._pending[namespace, key])
        if local and self.ahead and self._presume:
            self._read[namespace, key] = None
            return None
        now = self._store.clock.wall_ms()
        entry = await self._turn.aside(self._store.read(lambda connection: kv.get(connection, now, namespace, key)))
        self._read[namespace, key] = None if entry is None else entry.ver
        if entry is None:
            return None
        return self._store.blobs.read(entry.sha) if entry.sha is not None else entry.value

    async def source(self) -> SourceFacts:
        document = self.document
        if document is None:
            raise LookupError("The event names a document this tenant does not have.")
        return source_facts(document)

    async def viewpoint(self) -> tuple[Companies, Corrections]:
        known = self._reference.viewpoint_now(self._tenant)
        return known if known is not None else await self._turn.aside(self._reference.viewpoint(self._tenant))

    async def surroundings(self) -> Surroundings:
        document = self.document
        if document is None:
            raise LookupError("The event names a document this tenant does not have.")
        known = None if self.has_twins else self._reference.surroundings_now(document)
        return known if known is not None else await self._turn.aside(self._reference.surroundings(document, has_twins=self.has_twins))

    def verify(self, tx: Transaction, now: int) -> None:
        """In the commit: what was read has not changed since. Raises `Conflict`, and the chain runs again."""
        for (namespace, key), ver in self._read.items():
            entry = kv.get(tx, now, namespace, key)
            if (None if entry is None else entry.ver) != ver:
                raise Conflict(f"{key} changed while it was worked with.")
