"""The arithmetic of a long list: whatever is fetched in whatever order, row n is row n."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nexus_tui.widgets.page_index import PageIndex

PAGE = 10


class Store:
    """Rows are their own sequence numbers; answers as a keyset store does."""

    def __init__(self, rows: list[int], newest_first: bool) -> None:
        self.rows = sorted(rows)
        self.index: PageIndex[int] = PageIndex(lambda row: row, page=PAGE, kept=8)
        self.index.clear(newest_first=newest_first)
        self.fetched = 0

    def ordered(self) -> list[int]:
        return self.rows[::-1] if self.index.newest_first else self.rows

    def page(self, after: int | None, limit: int, newest_first: bool) -> list[int]:
        rows = self.rows[::-1] if newest_first else self.rows
        return [row for row in rows if after is None or (row < after if newest_first else row > after)][:limit]

    def show(self, first: int, last: int) -> None:
        """Do what the table does until rows `first` to `last` are fresh."""
        index = self.index
        for _ in range(200):
            wanted = index.wanted(first, last)
            if wanted is None:
                return
            self.fetched += 1
            if wanted.anchors:
                index.anchor(self.ordered()[PAGE - 1 :: PAGE], PAGE, len(self.rows))
            elif wanted.from_end:
                index.accept_end(self.page(None, PAGE, not index.newest_first)[::-1])
            else:
                index.accept(wanted.start, self.page(index.after(wanted.start), PAGE + 1, index.newest_first))
        raise AssertionError("the index never has enough")

    def refresh(self, first: int, last: int) -> None:
        self.index.outdate()
        self.show(first, last)
        self.index.resize(len(self.rows))
        self.show(first, last)

    def visible(self, first: int, last: int) -> list[int | None]:
        return [self.index.row(number) for number in range(first, min(last + 1, self.index.total))]


def test_the_first_page_is_one_fetch() -> None:
    store = Store(list(range(1, 1_001)), newest_first=True)
    store.show(0, 5)
    assert store.fetched == 1
    assert store.visible(0, 5) == [1000, 999, 998, 997, 996, 995]


def test_the_end_is_one_fetch_from_the_other_side() -> None:
    store = Store(list(range(1, 100_001)), newest_first=True)
    store.refresh(0, 5)
    store.fetched = 0
    store.show(99_995, 99_999)
    assert store.fetched == 1
    assert store.visible(99_995, 99_999) == [5, 4, 3, 2, 1]


def test_a_jump_into_the_middle_asks_for_anchors_once() -> None:
    store = Store(list(range(1, 10_001)), newest_first=True)
    store.refresh(0, 5)
    store.fetched = 0
    store.show(5_000, 5_005)
    assert store.visible(5_000, 5_001) == [5_000, 4_999]
    assert store.fetched == 2
    store.show(7_003, 7_004)
    assert store.fetched == 3


def test_rows_arriving_on_top_keep_their_neighbours_numbers_consistent() -> None:
    store = Store(list(range(1, 501)), newest_first=True)
    store.refresh(0, 5)
    store.show(200, 205)
    row = store.index.row(200)
    assert row is not None
    store.rows.extend(range(501, 531))
    store.refresh(200, 205)
    assert store.index.row(store.index.number(store.index.key(row))) == row
    assert store.index.total == 530


def test_a_list_that_grows_all_day_keeps_few_blocks() -> None:
    store = Store(list(range(1, 101)), newest_first=True)
    for step in range(300):
        store.rows.extend(range(len(store.rows) + 1, len(store.rows) + 4))
        store.refresh(0, 4)
        assert store.visible(0, 4) == store.ordered()[:5], step
    assert len(store.index._starts) < 2 * len(store.rows) / PAGE


def test_an_emptied_list_is_empty() -> None:
    store = Store(list(range(1, 30)), newest_first=True)
    store.refresh(0, 5)
    store.rows.clear()
    store.refresh(0, 5)
    store.refresh(0, 5)
    assert store.index.total == 0


def test_rows_that_came_below_do_not_leave_gaps_above() -> None:
    store = Store([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 2774, 2775, 2776, 2777], newest_first=True)
    store.refresh(0, 6)
    store.refresh(7, 13)
    store.rows = sorted({*store.rows, 1, 5, 2778, 2779})
    store.refresh(0, 6)
    # As many rows are gone above as came below, where nobody looks.
    store.rows = [row for row in store.rows if row not in {16, 17, 18, 2774}]
    store.refresh(0, 6)
    assert store.visible(0, 6) == store.ordered()[:7]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_happens_the_visible_rows_are_the_stores_rows(data: st.DataObject) -> None:
    """Inserts, removals, appends and jumps in any order: after a refresh the view equals the store where the view is."""
    store = Store(
        data.draw(st.lists(st.integers(1, 5_000), unique=True, max_size=400)), newest_first=data.draw(st.booleans())
    )
    for _ in range(data.draw(st.integers(1, 12))):
        match data.draw(st.sampled_from(["add", "insert", "remove", "jump"])):
            case "add":
                top = max(store.rows, default=0)
                store.rows.extend(range(top + 1, top + 1 + data.draw(st.integers(1, 40))))
            case "insert":
                store.rows = sorted({*store.rows, *data.draw(st.lists(st.integers(1, 5_000), max_size=20))})
            case "remove" if store.rows:
                gone = set(data.draw(st.lists(st.sampled_from(store.rows), max_size=30)))
                store.rows = [row for row in store.rows if row not in gone]
        store.refresh(0, 6)
        ordered = store.ordered()
        assert store.visible(0, 6) == ordered[: min(7, store.index.total)]
        at = data.draw(st.integers(0, max(store.index.total - 1, 0)))
        store.refresh(at, at + 6)
        for row in store.visible(at, at + 6):
            assert row is None or row in ordered
        seen = [row for row in store.visible(at, at + 6) if row is not None]
        assert seen == [row for row in ordered if row in set(seen)], "in order, none twice"
        if seen:
            first = ordered.index(seen[0])
            assert seen == ordered[first : first + len(seen)], "no row of the store is skipped"
