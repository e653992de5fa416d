"""What an archive may cost, and the budget that one container spends, however deep its archives are nested."""

from __future__ import annotations

from dataclasses import dataclass

from engine.extraction.archives.refusal import Refusal, refuse

MIB = 1 << 20
#: Below this a high ratio is a small file of repetitions, not a bomb.
RATIO_FLOOR = MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a container; sizes in bytes, counted on what really comes out."""

    depth: int = 3
    entries: int = 2_000
    total: int = 512 * MIB
    member: int = 64 * MIB
    ratio: int = 200
    #: Bytes of a central directory, so that its length is refused before it is read: 2,000 entries of generous names.
    directory: int = 4 * MIB


LIMITS = Limits()


class Bomb(Exception):
    """The container as a whole is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


class Budget:
    """What one container has spent."""

    def __init__(self, limits: Limits, size: int) -> None:
        self.limits = limits
        self._size = max(size, 1)
        self._entries = 0
        self._inflated = 0

    def enter(self, entries: int, label: str) -> None:
        """Count the entries of an archive."""
        self._entries += entries
        if self._entries > self.limits.entries:
            raise Bomb(refuse(label, "entries", whole=True, limit=self.limits.entries))

    def foresee(self, inflated: int, label: str) -> None:
        """Refuse at once what an archive itself says is too much."""
        if self._inflated + inflated > self.limits.total:
            raise Bomb(refuse(label, "total_size", whole=True, limit=self.limits.total))

    def spend(self, inflated: int, label: str) -> None:
        """Count bytes that came out; the ratio to the outermost file catches archives whose entries share compressed
        bytes.
        """
        self._inflated += inflated
        self.foresee(0, label)
        self.weigh(self._inflated, self._size, label)

    def weigh(self, inflated: int, compressed: int, label: str) -> None:
        """Refuse a ratio beyond the limit."""
        if inflated > RATIO_FLOOR and inflated > self.limits.ratio * max(compressed, 1):
            raise Bomb(refuse(label, "ratio", whole=True, limit=self.limits.ratio))
