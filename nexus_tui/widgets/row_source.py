"""Where a table's rows come from: the protocol a source fulfils, and how an index is filled from one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from nexus_tui.widgets.page_index import PageIndex, Wanted

R = TypeVar("R")

#: Rows fetched at once where all of them are wanted.
BULK = 1_000


class RowSource(Protocol[R]):
    """Rows in order of a sequence number that no two share."""

    def sequence(self, row: R) -> int: ...

    def identity(self, row: R) -> str: ...

    async def page(self, after: int | None, limit: int, newest_first: bool) -> Sequence[R]: ...

    async def count(self) -> int: ...

    async def anchors(self, every: int) -> Sequence[int]: ...


async def answer(source: RowSource[R], index: PageIndex[R], wanted: Wanted, page: int) -> Callable[[], None]:
    """Fetch what is wanted; calling what comes back puts it into the index, unless the index has been replaced meanwhile."""
    if wanted.anchors:
        anchors = await source.anchors(page)
        return partial(index.anchor, anchors, page, await source.count())
    if wanted.from_end:
        rows = await source.page(None, page, not index.newest_first)
        return partial(index.accept_end, rows[::-1])
    rows = await source.page(index.after(wanted.start), page + 1, index.newest_first)
    return partial(index.accept, wanted.start, rows)


async def identities(source: RowSource[R], newest_first: bool) -> list[str]:
    """The identity of every row there is."""
    found: list[str] = []
    after: int | None = None
    while rows := await source.page(after, BULK, newest_first):
        found.extend(source.identity(row) for row in rows)
        after = source.sequence(rows[-1])
    return found
