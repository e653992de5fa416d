"""Which rows are marked: some by name, or everything in the filter but some."""

from __future__ import annotations


class Marks:
    """Marks by identity; they belong to one filter and go with it."""

    __slots__ = ("chosen", "everything", "spared")

    def __init__(self) -> None:
        self.everything = False
        #: Marked one by one, in the order of marking; unused while everything is.
        self.chosen: dict[str, None] = {}
        #: Unmarked out of everything.
        self.spared: set[str] = set()

    def holds(self, identity: str) -> bool:
        """Whether a row is marked."""
        return identity not in self.spared if self.everything else identity in self.chosen

    def count(self, total: int) -> int:
        """How many rows are marked out of `total` in the filter."""
        return max(total - len(self.spared), 0) if self.everything else len(self.chosen)

    def toggle(self, identity: str) -> None:
        """Mark or unmark one row."""
        if self.everything:
            self.spared ^= {identity}
        elif identity in self.chosen:
            del self.chosen[identity]
        else:
            self.chosen[identity] = None

    def toggle_everything(self) -> None:
        """Mark everything in the filter, also what is yet to come into it; or, if so marked, nothing."""
        everything = not self.everything
        self.clear()
        self.everything = everything

    def clear(self) -> None:
        """Mark nothing."""
        self.everything = False
        self.chosen.clear()
        self.spared.clear()
