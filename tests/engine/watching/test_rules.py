"""Which folders may be watched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import BadInput, NoSuchFile, NotWatchable
from engine.watching.options import WatchOptions, encoded
from engine.watching.rules import check
from store.records.watches import Watch


def watched(directory: Path, move_to: Path | None = None) -> Watch:
    options = WatchOptions(move_to=None if move_to is None else os.fsencode(move_to))
    return Watch(1, os.fsencode(directory), "default", encoded(options), 0, 0, None, 0, None, None, None)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("in/sub", "other/sub", "data", "done"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("data")
    return tmp_path


def checked(root: Path, directory: str, move_to: str | None = None, *others: Watch) -> None:
    target = None if move_to is None else os.fsencode(root / move_to)
    check(os.fsencode(root / directory), WatchOptions(move_to=target), root / "data", others)


def test_a_folder_of_its_own_may_be_watched_and_its_files_moved_aside_or_below(root: Path) -> None:
    checked(root, "in")
    checked(root, "in", "done")
    checked(root, "in", "in/done")
    checked(root, "in", None, watched(root / "in"), watched(root / "other"))


@pytest.mark.parametrize(
    ("directory", "move_to", "kind"),
    [
        ("absent", None, NoSuchFile), ("file", None, NotWatchable), ("in", "file", NotWatchable), ("in", "in", NotWatchable), ("data", None, NotWatchable),
        ("link", None, NotWatchable), (".", None, NotWatchable), ("in", "data/x", NotWatchable), ("in", "link/x", NotWatchable),
    ],
)  # fmt: skip
def test_folders_that_would_feed_on_themselves_are_refused(
    root: Path, directory: str, move_to: str | None, kind: type[BadInput]
) -> None:
    with pytest.raises(kind):
        checked(root, directory, move_to)


def test_watched_folders_do_not_cross(root: Path) -> None:
    for directory, move_to, other in (
        ("in/sub", None, watched(root / "in")), ("in", None, watched(root / "in/sub")), ("in", "other/sub", watched(root / "other")),
        ("in", None, watched(root / "other", root / "in/done")),
    ):  # fmt: skip
        with pytest.raises(NotWatchable):
            checked(root, directory, move_to, other)


def test_a_path_that_depends_on_where_one_stands_is_refused(root: Path) -> None:
    with pytest.raises(NotWatchable, match="from the root"):
        check(b"in", WatchOptions(), root / "data", [])
