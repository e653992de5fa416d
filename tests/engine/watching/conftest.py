"""Folders to watch, on a clock that only the test moves."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.watching.folder import Folder, Ripe, Timing
from engine.watching.options import WatchOptions
from engine.watching.scan import look
from store.records.watches import Seen


class Watched:
    """A folder with its clock; what is taken is remembered as the runner does."""

    def __init__(self, directory: Path, options: WatchOptions, seen: dict[bytes, Seen] | None = None) -> None:
        self.directory = directory
        self.now = 1000.0
        self.folder = Folder(os.fsencode(directory), options, seen or {}, Timing())

    def after(self, seconds: float, *, hinted: bool = False) -> Ripe:
        """Look, that many seconds later."""
        self.now += seconds
        self.folder.hinted = self.folder.hinted or hinted
        return self.folder.look(self.now)

    def names(self, ripe: Ripe) -> list[str]:
        """What is to be taken, by name."""
        return sorted(os.fsdecode(name) for name, _ in ripe.take)

    def take(self, ripe: Ripe, state: str = "taken") -> None:
        """Remember what is ripe."""
        for name, face in ripe.take:
            self.folder.seen[name] = Seen(name, *face, state, "doc", None, None, 0)
        for name, found in ripe.refused:
            self.folder.seen[name] = Seen(name, *found.face, "refused", None, "NX-E17", str(found.error), 0)

    def face(self, name: str) -> Seen:
        """A file as it would be remembered."""
        found = look(os.fsencode(self.directory), os.fsencode(name))
        assert found is not None
        return Seen(os.fsencode(name), *found.face, "taken", "doc", None, None, 0)


MakeWatched = Callable[..., Watched]


@pytest.fixture
def watch(tmp_path: Path) -> MakeWatched:
    """Makes a watched folder `in` below this test's own."""

    def made(seen: dict[bytes, Seen] | None = None, **options: object) -> Watched:
        directory = tmp_path / "in"
        directory.mkdir(exist_ok=True)
        return Watched(directory, WatchOptions(**options), seen)  # type: ignore[arg-type]

    return made
