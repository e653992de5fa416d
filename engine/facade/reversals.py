"""How a decision is taken back: what the decision keeps, and doing it in one transaction. What somebody changed since stays as it is."""

from __future__ import annotations

import msgspec

from engine.facade import manual, refusals
from engine.intake.paths import shown
from store import kv, queues
from store.kv import Namespace
from store.records import watches
from store.transaction import Transaction


class Messages(msgspec.Struct, frozen=True, tag="messages"):
    """Messages that were moved to the bin."""

    ids: tuple[int, ...]


class QueueSettings(msgspec.Struct, frozen=True, tag="queue"):
    """Settings of a queue as they were, and as the decision left them."""

    queue: str
    before: dict[str, int]
    after: dict[str, int]


class WatchPaused(msgspec.Struct, frozen=True, tag="watch"):
    """Whether a folder was paused before; the decision turned it round."""

    directory: bytes
    before: bool


class BackfillsPaused(msgspec.Struct, frozen=True, tag="backfills"):
    """Backfills, by job, that the decision paused or let go on; `before` is what they were."""

    jobs: tuple[str, ...]
    before: bool


class Lifetimes(msgspec.Struct, frozen=True, tag="lifetimes"):
    """When keys expired before, in order, and when the decision had them expire."""

    namespace: int
    before: tuple[tuple[str, int | None], ...]
    after: int | None


Reversal = Messages | QueueSettings | WatchPaused | BackfillsPaused | Lifetimes

_decode = msgspec.json.Decoder(Reversal).decode


def encoded(reversal: Reversal) -> str:
    """As the store keeps it."""
    return msgspec.json.encode(reversal).decode()


def reverse(tx: Transaction, wall: int, kept: str) -> manual.Outcome:
    """Take it back: what was done to each thing, or why not."""
    reversal = _decode(kept)
    if isinstance(reversal, Messages):
        return manual.restore(tx, wall, reversal.ids)
    if isinstance(reversal, QueueSettings):
        return [(reversal.queue, _settings(tx, reversal))]
    if isinstance(reversal, WatchPaused):
        return [_watch(tx, reversal)]
    if isinstance(reversal, BackfillsPaused):
        return [(job, None if watches.pause_backfill(tx, job, paused=reversal.before) else refusals.CHANGED_SINCE) for job in reversal.jobs]
    return [(key, _lifetime(tx, reversal, key, expires)) for key, expires in reversal.before]


def _settings(tx: Transaction, reversal: QueueSettings) -> refusals.Declined | None:
    queue = queues.by_name(tx, reversal.queue)
    if queue is None or any(getattr(queue, name) != value for name, value in reversal.after.items()):
        return refusals.CHANGED_SINCE
    queues.change(tx, reversal.queue, **reversal.before)
    return None


def _watch(tx: Transaction, reversal: WatchPaused) -> tuple[str, refusals.Declined | None]:
    subject = shown(reversal.directory)
    row = watches.find(tx, reversal.directory)
    if row is None or bool(row.paused) == reversal.before:
        return subject, refusals.CHANGED_SINCE
    watches.pause(tx, reversal.directory, paused=reversal.before)
    return subject, None


def _lifetime(tx: Transaction, reversal: Lifetimes, key: str, expires: int | None) -> refusals.Declined | None:
    space = Namespace(reversal.namespace)
    return None if kv.expire_again(tx, space, key, expires, reversal.after) else refusals.CHANGED_SINCE
