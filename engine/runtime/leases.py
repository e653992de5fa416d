"""What this process holds: leases are renewed while somebody works, however long that takes, and given back uncounted when he cannot go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from engine.outside import Clock
from engine.runtime.settle import Claimed
from store import queues
from store.errors import LeaseLost, StoreError
from store.queues import Delivery
from store.store import Store
from store.transaction import Transaction

#: Seconds between two renewals; a third of the shortest lease.
RENEWAL_S = 20.0


class Leases:
    """Messages claimed and not settled yet."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._held: dict[int, tuple[Delivery, int]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._renewing: asyncio.Task[None] | None = None

    def hold(self, delivery: Delivery, lease_ms: int) -> None:
        """This was claimed just now."""
        self._held[delivery.id] = delivery, lease_ms
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(RENEWAL_S, self._renew)

    def let_go(self, claimed: Claimed) -> None:
        """Settled, lost, or left to its lease."""
        held = self._held.get(claimed.delivery.id)
        if held is not None and held[0].lease == claimed.delivery.lease:
            del self._held[claimed.delivery.id]

    async def give_back(self) -> None:
        """Return everything untouched: neither a delivery nor an attempt is counted."""
        if self._timer is not None:
            self._timer.cancel()
        if self._renewing is not None:
            await asyncio.wait({self._renewing})
        held = [delivery for delivery, _ in self._held.values()]
        self._held.clear()
        if held:
            # If the disk is in the way the leases end by themselves, and boot clears them: nothing is lost.
            with suppress(StoreError):
                await self._store.write(lambda tx: _give_back(tx, held))

    def _renew(self) -> None:
        self._timer = None
        if self._held:
            self._renewing = asyncio.ensure_future(self._extend(list(self._held.values())))
            self._timer = asyncio.get_running_loop().call_later(RENEWAL_S, self._renew)

    async def _extend(self, held: list[tuple[Delivery, int]]) -> None:
        now = self._clock.steady_ms()
        with suppress(StoreError):
            await self._store.write(lambda tx: _extend(tx, now, held))


def _extend(tx: Transaction, now: int, held: list[tuple[Delivery, int]]) -> None:
    for delivery, lease_ms in held:
        with suppress(LeaseLost):
            queues.extend(tx, now, delivery, lease_ms)


def _give_back(tx: Transaction, held: list[Delivery]) -> None:
    for delivery in held:
        with suppress(LeaseLost):
            queues.give_back(tx, delivery)
