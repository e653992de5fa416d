"""What an agent returns: everything that should happen, as values. The runtime applies it in one transaction, or not at all."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from engine.contract.events import EventName


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event in the engine's hands: decoded, with what the queue knows about it. `tenant` is the document's."""

    name: EventName
    trace_id: str
    doc_id: str
    payload: Any
    key: str
    tenant: str
    #: Raised by requeue, rebuild and manual enqueue, so that a repetition on purpose is no duplicate.
    run: int = 0
    #: Failures so far.
    attempt: int = 0
    #: Whether this event may have been worked on before (redelivered, or repeated on purpose).
    repeated: bool = False


class Emission(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event to be sent on. Trace, tenant and run are those of the event being handled."""

    name: EventName
    doc_id: str
    payload: Any
    key: str
    delay_ms: int = 0
    #: True where the same key is sent again on purpose (the planner's comeback to a locked document).
    again: bool = False


class KeyPut(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A KV write; `value` is any JSON-encodable value. `local` keys never leave this machine."""

    key: str
    value: Any
    ttl_s: int | None = None
    local: bool = False


class KeyDelete(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A KV delete."""

    key: str
    local: bool = False


class DocumentFacts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Columns of the document's record that are now known."""

    values: dict[str, Any]


class Rows(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A document's rows of one result table, replacing what was there."""

    table: Literal["items", "findings", "ledger", "taxes"]
    rows: list[tuple[Any, ...]]


class ReportText(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The finished report."""

    report: Any


class SearchText(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of the document can be found."""

    title: str
    parties: str
    items: str
    findings: str
    codes: str


class Finished(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The document has reached its end: its lock is released and its jobs advance."""


Record = DocumentFacts | Rows | ReportText | SearchText | Finished


class LockWish(NamedTuple):
    """A lock to take inside the commit: `held` is sent if it is ours, `busy` otherwise."""

    name: str
    ttl_ms: int
    held: tuple[Emission, ...]
    busy: tuple[Emission, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All effects of one hop."""

    events: tuple[Emission, ...] = ()
    puts: tuple[KeyPut, ...] = ()
    deletes: tuple[KeyDelete, ...] = ()
    records: tuple[Record, ...] = ()
    metrics: tuple[tuple[str, int], ...] = ()
    locks: tuple[LockWish, ...] = ()
    #: The next hop should not start before this one is committed: it was expensive to compute.
    heavy: bool = False
