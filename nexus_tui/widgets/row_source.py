"""Where a table's rows come from: the protocol a source fulfils, and how an index is filled from one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol, TypeVar

from nexus_tui.widgets.page_index import PageIndex, Wanted

R = TypeVar("R")


class RowSource(Protocol[R]):
    """Rows in order of a sequence number that no two share."""

    def sequence(self, row: R) -> int: ...

    def identity(self, row: R) -> str: ...

    async def page(self, after: int | None, limit: int, newest_first: bool) -> Sequence[R]: ...

    async def count(self) -> int: ...

    async def anchors(self, every: int, newest_first: bool) -> Sequence[int]: ...

    async def identities(self) -> Sequence[str]: ...


async def answer(source: RowSource[R], index: PageIndex[R], wanted: Wanted, page: int) -> Callable[[], None]:
    """Fetch what is wanted; calling what comes back puts it into the index, unless the index has been replaced meanwhile."""
    if wanted.anchors:
        anchors = await source.anchors(page, index.newest_first)
        return partial(index.anchor, anchors, page, await source.count())
    if wanted.from_end:
        rows = await source.page(None, page, not index.newest_first)
        return partial(index.accept_end, rows[::-1])
    rows = await source.page(index.after(wanted.start), page + 1, index.newest_first)
    return partial(index.accept, wanted.start, rows)
