"""What an agent may use: the time, looking things up, extraction, and a breath for the loop."""

from __future__ import annotations

from typing import Protocol

import msgspec

from engine.extraction.result import Extraction
from engine.fiscal.classification import Corrections
from engine.fiscal.companies import Companies
from engine.fiscal.rules.model import Surroundings


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The stored bytes behind a document. Hashes are sha256 digests."""

    doc_id: str
    tenant: str
    name: str
    kind: str
    family: str
    size: int
    sha: bytes
    #: The header half of a note that two lists brought together; `sha` is the item half then.
    header_sha: bytes | None
    #: One or two slices of a list instead of a file of its own.
    from_list: bool
    #: Set for containers: how many documents came out of it.
    members: int | None
    #: Code, Portuguese message and the arguments of its template, of a container that was refused as a whole.
    refusal: tuple[str, str, dict[str, str]] | None


class Lookup(Protocol):
    """Reading. What is read here is checked again when the outcome is committed."""

    async def value(self, key: str, *, local: bool = False) -> bytes | None:
        """A KV value, as of this moment and including what earlier hops of the same chain will write."""
        ...

    async def source(self) -> SourceFacts:
        """The bytes behind the document of the event."""
        ...

    async def viewpoint(self) -> tuple[Companies, Corrections]:
        """The tenant's own companies and the corrections that stick."""
        ...

    async def surroundings(self) -> Surroundings:
        """What the audit needs to know beside the note: tables, earlier documents with the same key or number."""
        ...


class Context(Protocol):
    """Handed to `handle` with every event."""

    @property
    def lookup(self) -> Lookup:
        """Reading."""
        ...

    @property
    def wall_ms(self) -> int:
        """Now, in milliseconds of the wall clock."""
        ...

    @property
    def now(self) -> str:
        """Now, as the wire writes it."""
        ...

    async def extract(self, source: SourceFacts) -> Extraction:
        """Bytes to what they are: small XML at once, everything else in the sandbox."""
        ...

    async def breathe(self) -> None:
        """Let others run if this agent has held the loop for 2 ms; to be called between items."""
        ...
