"""What is ripe in a watched folder, and when."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from engine.errors import NotAFile, WatchGone, WatchReplaced
from tests.engine.watching.conftest import MakeWatched


def test_a_file_is_taken_once_it_looks_the_same_twice_two_seconds_apart(watch: MakeWatched) -> None:
    watched = watch()
    (watched.directory / "a.xml").write_text("<a/>")
    assert watched.names(watched.after(0)) == []
    assert watched.folder.next_look(watched.now) == 2
    assert watched.names(watched.after(1.9)) == []
    assert watched.names(watched.after(0.2)) == ["a.xml"]


def test_a_file_that_grows_for_minutes_is_taken_when_it_has_stopped(watch: MakeWatched) -> None:
    watched = watch()
    path = watched.directory / "growing.xml"
    path.write_text("x")
    for number in range(100):
        assert watched.names(watched.after(2)) == []
        with path.open("a") as file:
            file.write("x" * (number + 1))
    assert watched.names(watched.after(2)) == []
    assert watched.names(watched.after(2)) == ["growing.xml"]


def test_a_file_that_waits_does_not_cost_a_scan_of_the_whole_folder(watch: MakeWatched) -> None:
    watched = watch()
    (watched.directory / "a.xml").write_text("<a/>")
    watched.after(0)
    (watched.directory / "unseen.xml").write_text("<b/>")
    ripe = watched.after(2)
    assert watched.names(ripe) == ["a.xml"]
    watched.take(ripe)
    assert watched.folder.next_look(watched.now) == 28, "nothing else waits, so the next look is the next scan"
    watched.after(28)
    assert watched.names(watched.after(2)) == ["unseen.xml"]


def test_a_hint_brings_the_scan_forward_but_two_scans_are_two_seconds_apart(watch: MakeWatched) -> None:
    watched = watch()
    watched.after(0)
    (watched.directory / "a.xml").write_text("<a/>")
    watched.after(1, hinted=True)
    assert watched.folder.next_look(watched.now) == 1, "the hint is not forgotten"
    watched.after(1)
    assert watched.names(watched.after(2)) == ["a.xml"]


def test_a_file_moved_into_place_is_taken_like_any_other(watch: MakeWatched, tmp_path: Path) -> None:
    watched = watch()
    outside = tmp_path / "outside.xml"
    outside.write_text("<a/>")
    (watched.directory / ".a.xml.writing").write_text("<a/")
    watched.after(0)
    outside.rename(watched.directory / "whole.xml")
    (watched.directory / ".a.xml.writing").rename(watched.directory / "a.xml")
    watched.after(30)
    ripe = watched.after(2)
    assert watched.names(ripe) == ["a.xml", "whole.xml"]
    watched.take(ripe)
    other = tmp_path / "other.xml"
    other.write_text("<b/>")
    os.utime(other, ns=(0, watched.face("a.xml").mtime))
    other.rename(watched.directory / "a.xml")
    watched.after(30)
    assert watched.names(watched.after(2)) == ["a.xml"], "another file of the same size and time took its place"


def test_what_was_taken_is_not_taken_again_unless_it_changed(watch: MakeWatched) -> None:
    watched = watch()
    path = watched.directory / "a.xml"
    path.write_text("<a/>")
    watched.after(0)
    watched.take(watched.after(2))
    path.chmod(0o640)
    assert watched.after(30).take == [] and watched.folder.next_look(watched.now) == 30
    restarted = watch(seen=watched.folder.seen)
    restarted.after(0)
    assert restarted.names(restarted.after(2)) == []
    path.write_text("<a>2</a>")
    restarted.after(30)
    assert restarted.names(restarted.after(2)) == ["a.xml"]


def test_names_of_unfinished_and_hidden_files_are_passed_over_and_those_that_were_given(watch: MakeWatched) -> None:
    watched = watch(ignore=("*.bak", "old"))
    for name in ("a.xml", "a.TMP", "a.part", "~$a.xlsx", ".a.xml", "a.crdownload", "a.bak"):
        (watched.directory / name).write_text("x")
    for folder in (".hidden", "old", "new"):
        (watched.directory / folder).mkdir()
        (watched.directory / folder / "b.xml").write_text("x")
    watched.after(0)
    assert watched.names(watched.after(2)) == ["a.xml", "new/b.xml"]


def test_an_empty_file_is_given_a_minute_to_be_filled(watch: MakeWatched) -> None:
    watched = watch()
    path = watched.directory / "a.xml"
    path.touch()
    watched.after(0)
    assert watched.names(watched.after(58)) == []
    path.write_text("<a/>")
    assert watched.names(watched.after(1)) == []
    assert watched.names(watched.after(2)) == ["a.xml"]
    (watched.directory / "empty").touch()
    watched.after(30)
    watched.after(30)
    assert watched.names(watched.after(30)) == ["empty"]


def test_pipes_sockets_and_links_are_told_once(watch: MakeWatched) -> None:
    watched = watch()
    (watched.directory.parent / "secret").write_text("<a/>")
    (watched.directory / "out.xml").symlink_to("../secret")
    os.mkfifo(watched.directory / "pipe")
    (watched.directory / "loop").symlink_to("loop")
    (watched.directory / "itself").symlink_to(".")
    (watched.directory / "nowhere").symlink_to("absent")
    with socket.socket(socket.AF_UNIX) as listening:
        before = os.getcwd()
        os.chdir(watched.directory)
        listening.bind("socket")
        os.chdir(before)
    ripe = watched.after(0)
    told = {os.fsdecode(name): type(found.error) for name, found in ripe.refused}
    assert told == {"pipe": NotAFile, "loop": NotAFile, "itself": NotAFile, "nowhere": NotAFile, "out.xml": NotAFile, "socket": NotAFile}
    watched.take(ripe)
    assert watched.after(30).refused == []
    (watched.directory / "absent").write_text("<a/>")
    watched.after(30)
    assert watched.names(watched.after(2)) == ["absent"]


def test_a_link_in_the_place_of_the_folder_or_of_one_above_it_is_not_followed(watch: MakeWatched) -> None:
    """Who may write beside the folder would choose what Nexus reads, with its rights."""
    watched = watch()
    inbox = watched.directory
    (inbox / "a.xml").write_text("<a/>")
    watched.after(0)
    inbox.rename(inbox.parent / "elsewhere")
    (inbox.parent / "secrets").mkdir()
    (inbox.parent / "secrets" / "key.xml").write_text("<a/>")
    inbox.symlink_to("secrets")
    for _ in range(3):
        with pytest.raises(WatchReplaced, match="leads through a link"):
            watched.after(30)
    inbox.unlink()
    (inbox.parent / "elsewhere").rename(inbox)
    assert watched.names(watched.after(30)) == ["a.xml"]
    above = inbox.parent
    above.rename(above.with_name("moved"))
    above.symlink_to("moved")
    with pytest.raises(WatchReplaced):
        watched.after(30)


def test_a_name_that_is_no_utf_8_is_a_name(watch: MakeWatched) -> None:
    watched = watch()
    (Path(os.fsdecode(os.fsencode(watched.directory) + b"/nota\xe7.xml"))).write_text("<a/>")
    watched.after(0)
    assert [name for name, _ in watched.after(2).take] == [b"nota\xe7.xml"]


def test_ten_thousand_files_at_once_are_one_burst(watch: MakeWatched) -> None:
    watched = watch()
    for number in range(10_000):
        (watched.directory / f"{number}.xml").write_text("<a/>")
    watched.after(0)
    ripe = watched.after(2)
    assert len(ripe.take) == 10_000
    watched.take(ripe)
    assert watched.after(30).take == []


def test_a_folder_that_vanishes_is_an_alarm_and_found_again_as_another_one(watch: MakeWatched) -> None:
    watched = watch()
    (watched.directory / "a.xml").write_text("<a/>")
    watched.after(0)
    watched.take(watched.after(2))
    first = watched.folder.identity
    moved = watched.directory.with_name("moved")
    watched.directory.rename(moved)
    with pytest.raises(WatchGone, match="in is not there"):
        watched.after(30)
    assert watched.folder.identity is None and watched.folder.next_look(watched.now) == 5
    with pytest.raises(WatchGone):
        watched.after(5)
    shutil.copytree(moved, watched.directory)
    (watched.directory / "b.xml").write_text("<b/>")
    watched.after(5)
    assert watched.folder.identity not in (None, first)
    assert watched.names(watched.after(2)) == ["a.xml", "b.xml"], "another file of the same name may hold anything"


def test_files_that_are_moved_within_the_watched_folder_are_left_alone_there(
    watch: MakeWatched, tmp_path: Path
) -> None:
    watched = watch(move_to=os.fsencode(tmp_path / "in" / "done"))
    (watched.directory / "done").mkdir()
    (watched.directory / "done" / "a.xml").write_text("<a/>")
    (watched.directory / "b.xml").write_text("<b/>")
    watched.after(0)
    assert watched.names(watched.after(2)) == ["b.xml"]


def test_a_file_that_could_not_be_moved_is_to_be_moved_with_each_scan(watch: MakeWatched, tmp_path: Path) -> None:
    watched = watch(move_to=os.fsencode(tmp_path / "done"))
    (watched.directory / "a.xml").write_text("<a/>")
    watched.after(0)
    watched.take(watched.after(2), state="unmoved")
    assert [name for name, _ in watched.after(30).move] == [b"a.xml"]
