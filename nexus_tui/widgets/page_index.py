"""Where each row of a long list is: the arithmetic behind VirtualTable, without a screen.

The list is cut into blocks at keys, not at row numbers. A block's rows are fetched by keyset from its lower bound, so rows that
arrive at the top move nothing that is already here, and a jump costs one page, not all the pages before it. Sizes of blocks that
were never fetched are estimates; every answer corrects them. A key is the sequence number, negated when the newest comes first, so
that keys always ascend down the list.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Generic, TypeVar

R = TypeVar("R")

#: Below every key: the bound of the first block.
LOWEST = -(2**62)
#: Above every key: the bound behind the last block.
HIGHEST = 2**62
#: The generation of a page that has to be fetched again although nothing changed since.
OUTDATED = -1
#: Blocks to walk one by one before asking for anchors instead.
STEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Something to fetch: the page of the block at `start`, or one of the two other things."""

    start: int
    #: The end of the list, read in the opposite direction.
    from_end: bool = False
    #: Keys spread over the whole list: the rows are too far from any known key.
    anchors: bool = False


@dataclass(slots=True)
class _Loaded(Generic[R]):
    rows: Sequence[R]
    keys: list[int]
    generation: int


class PageIndex(Generic[R]):
    """Rows by number and by key, as far as they are known; of the pages the least recently used are forgotten."""

    def __init__(self, sequence: Callable[[R], int], *, page: int, kept: int = 64) -> None:
        self._sequence = sequence
        self._page = page
        self._kept = kept
        self._generation = 0
        self._pages: OrderedDict[int, _Loaded[R]] = OrderedDict()
        self.clear(newest_first=True)

    @property
    def total(self) -> int:
        """Rows in the list, partly estimated."""
        return self._ends[-1]

    def key(self, row: R) -> int:
        """The key of a row: ascending down the list."""
        return -self._sequence(row) if self.newest_first else self._sequence(row)

    def after(self, start: int) -> int | None:
        """The sequence number to ask a page `after`, so that it begins at bound `start`."""
        if start == LOWEST:
            return None
        return 1 - start if self.newest_first else start - 1

    def clear(self, *, newest_first: bool) -> None:
        """Forget everything: another filter or another order."""
        self.newest_first = newest_first
        self._pages.clear()
        self._starts, self._counts, self._ends = [LOWEST], [0], [0]
        self._anchored: int | None = None

    def outdate(self) -> None:
        """Rows may have changed: what is here is shown on, and fetched again when next asked for."""
        self._generation += 1

    def resize(self, total: int) -> None:
        """Take a fresh count of the whole list; the difference is put where rows are not known."""
        surplus = total - self.total
        if surplus > 0:
            at = self._open_block()
            self._counts[at] += surplus
            if (page := self._pages.get(self._starts[at])) is not None:
                page.generation = OUTDATED
        for at in range(len(self._counts) - 1, -1, -1):
            if surplus >= 0:
                break
            if self._starts[at] not in self._pages:
                taken = min(self._counts[at], -surplus)
                self._counts[at] -= taken
                surplus += taken
        self._settle()

    def anchor(self, sequences: Sequence[int], every: int, total: int) -> None:
        """Cut the list anew behind `sequences`: those of the `every`-th row, the one twice as far, and so on down the list."""
        ends = (-sequence if self.newest_first else sequence for sequence in sequences)
        starts = [LOWEST, *(end + 1 for end in ends)]
        counts = [every] * (len(starts) - 1)
        counts.append(max(total - every * len(counts), 0))
        known = set(starts)
        for start in [start for start in self._pages if start not in known]:
            del self._pages[start]
        self._starts, self._counts = starts, counts
        self._anchored = self._generation
        self._settle()

    def row(self, number: int) -> R | None:
        """The row at `number`, or None while it is not here."""
        if not 0 <= number < self.total:
            return None
        at = bisect_right(self._ends, number)
        page = self._pages.get(self._starts[at])
        offset = number - self._first(at)
        return page.rows[offset] if page is not None and offset < len(page.rows) else None

    def number(self, key: int) -> int:
        """The number of the row with `key`, or of the row now in its place; exact where its page is here."""
        at = bisect_right(self._starts, key) - 1
        page = self._pages.get(self._starts[at])
        return self._first(at) + (bisect_left(page.keys, key) if page is not None else 0)

    def wanted(self, first: int, last: int) -> Wanted | None:
        """The next thing to fetch so that rows `first` to `last` are here and fresh; None when they are.

        Blocks thought empty that lie between are fetched too: a wrong estimate must not hide rows.
        """
        last = min(last, self.total - 1)
        at = bisect_right(self._ends, first) if 0 < first <= last else 0
        while at < len(self._starts) and self._first(at) <= last + (self._counts[at] == 0):
            if self._outdated(self._starts[at]):
                return self._want(at, max(first, self._first(at)))
            at += 1
        return None

    def accept(self, start: int, rows: Sequence[R]) -> None:
        """Take the rows fetched from bound `start`: a page and at most one row more, which proves where the block ends."""
        at = self._starts.index(start)
        bound = self._starts[at + 1] if at + 1 < len(self._starts) else HIGHEST
        inside = [row for row in rows if self.key(row) < bound]
        kept, rest = inside[: self._page], inside[self._page :]
        if rest:
            self._starts.insert(at + 1, self.key(kept[-1]) + 1)
            self._counts.insert(at + 1, max(self._counts[at] - len(kept), 1))
            self._merge(at + 1)
        self._counts[at] = len(kept)
        if not kept and at > 0:
            # The block before reaches over the gap: an emptied list must not be walked block by block for ever.
            del self._starts[at], self._counts[at]
            self._pages.pop(start, None)
            self._settle()
        else:
            self._keep(start, kept)

    def accept_end(self, rows: Sequence[R]) -> None:
        """Take the last rows, in list order: a block of their own, unless they reach back over the whole last block."""
        at = len(self._starts) - 1
        inside = [row for row in rows if self.key(row) >= self._starts[at]]
        start = self._starts[at]
        if len(inside) == len(rows) and rows and self.key(rows[0]) > start:
            self._counts[at] = max(self._counts[at] - len(inside), 1)
            start = self.key(rows[0])
            self._starts.append(start)
            self._counts.append(0)
        self._counts[-1] = len(inside)
        self._keep(start, inside)

    def _want(self, at: int, number: int) -> Wanted:
        """How to get the row at `number`, which is in block `at`."""
        start, offset = self._starts[at], number - self._first(at)
        if offset < self._page or start in self._pages:
            return Wanted(start=start)
        if at == len(self._starts) - 1 and number >= self.total - self._page:
            return Wanted(start=start, from_end=True)
        return Wanted(start=start, anchors=self._anchored is None or self._stale_jump(offset))

    def _first(self, at: int) -> int:
        return self._ends[at] - self._counts[at]

    def _stale_jump(self, offset: int) -> bool:
        return offset >= STEPS * self._page and self._anchored != self._generation

    def _outdated(self, start: int) -> bool:
        page = self._pages.get(start)
        if page is None:
            return True
        self._pages.move_to_end(start)
        return page.generation < self._generation

    def _open_block(self) -> int:
        """The block that new rows are put down to: one not here, else one not fresh; of these the nearest to the end where rows arrive."""
        order = range(len(self._starts)) if self.newest_first else range(len(self._starts) - 1, -1, -1)
        missing = (at for at in order if self._starts[at] not in self._pages)
        stale = (at for at in order if self._pages[self._starts[at]].generation < self._generation)
        return next(chain(missing, stale), order[0])

    def _merge(self, at: int) -> None:
        """Join the unknown blocks behind a split, so that a list that grows all day does not end in crumbs."""
        while (
            at + 1 < len(self._starts)
            and self._starts[at + 1] not in self._pages
            and self._counts[at] + self._counts[at + 1] <= self._page
        ):
            self._counts[at] += self._counts.pop(at + 1)
            del self._starts[at + 1]

    def _keep(self, start: int, rows: list[R]) -> None:
        self._pages[start] = _Loaded(rows, [self.key(row) for row in rows], self._generation)
        self._pages.move_to_end(start)
        while len(self._pages) > self._kept:
            self._pages.popitem(last=False)
        self._settle()

    def _settle(self) -> None:
        self._ends = list(accumulate(self._counts))
