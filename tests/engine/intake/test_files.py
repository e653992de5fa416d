"""Files and folders: a stable order, nothing skipped in silence, and a file that misbehaves harms no other."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from engine.errors import FileTooLarge, NoSuchFile, NotReadable
from engine.intake import intake as module
from engine.intake.paths import files
from tests.simulation.notes import note, write_notes

House = Any


def test_folders_are_walked_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b/2.xml", "b/1.xml", "a.xml", "c.xml", "B.xml", "b/x/9.xml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    found = [str(one.path.relative_to(tmp_path)) for one in files([tmp_path])]
    assert found == ["B.xml", "a.xml", "b/1.xml", "b/2.xml", "b/x/9.xml", "c.xml"]


def test_named_paths_keep_the_order_they_were_named_in(tmp_path: Path) -> None:
    paths = [tmp_path / "z.xml", tmp_path / "a.xml", tmp_path / "z.xml"]
    for path in paths:
        path.write_text("x")
    assert [one.path for one in files(paths)] == paths


def test_what_cannot_be_taken_is_named_with_its_reason(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    (tmp_path / "me").symlink_to(tmp_path / "me")
    found = {one.path.name: one.error for one in files([tmp_path, tmp_path / "missing"])}
    assert {name: type(error) for name, error in found.items()} == {
        "fifo": NotReadable, "broken": NoSuchFile, "me": NotReadable, "missing": NoSuchFile,
    }  # fmt: skip


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "again").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "note.xml").write_text("x")
    assert [one.path.name for one in files([tmp_path])] == ["note.xml"]


def test_a_folder_that_cannot_be_listed_is_told_and_its_neighbours_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "open.xml").write_text("x")
    real = Path.iterdir

    def refusing(self: Path) -> Any:
        if self.name == "closed":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "iterdir", refusing)
    found = list(files([tmp_path]))
    assert [(one.path.name, type(one.error)) for one in found] == [("closed", NotReadable), ("open.xml", type(None))]


def test_a_file_whose_folder_may_not_be_entered_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that may be listed but not entered: asking what an entry is fails with EACCES."""
    (tmp_path / "note.xml").write_text("x")
    (tmp_path / "other.xml").write_text("x")
    real = Path.stat

    def refusing(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if self.name == "note.xml":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refusing)
    found = list(files([tmp_path]))
    assert [(one.path.name, type(one.error)) for one in found] == [("note.xml", NotReadable), ("other.xml", type(None))]


async def test_an_empty_folder_is_a_job_that_has_ended(house: House, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    job = await house.intake.open_job(module.Request(tenant="default"))
    assert await house.take(job, tmp_path / "empty") == []
    closed = await house.intake.close_job(job)
    assert (closed.status, closed.total, closed.open) == ("report_ready", 0, 0)


async def test_acknowledgements_come_in_the_order_of_the_files(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    paths = write_notes(folder, 30)
    _, told = await house.add(folder)
    assert [one.path for one in told] == [str(path) for path in paths]
    assert [row[0] for row in await house.rows("SELECT doc FROM document ORDER BY seq")] == [one.doc for one in told]


async def test_files_can_be_taken_in_before_an_engine_ever_ran(house: House, tmp_path: Path) -> None:
    _, [told] = await house.add(*write_notes(tmp_path, 1))
    assert told.state == "queued"
    await house.rest()
    assert await house.one("SELECT state FROM document") == "done"


async def test_a_file_that_vanishes_while_it_is_read_is_refused_and_the_next_is_taken(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = write_notes(tmp_path, 3)
    put_file = house.store.blobs.put_file

    async def vanishing(path: Path, limit: int) -> Any:
        if path == paths[1]:
            path.unlink()
        return await put_file(path, limit)

    monkeypatch.setattr(house.store.blobs, "put_file", vanishing)
    job, told = await house.add(*paths)
    assert [one.state for one in told] == ["queued", "refused", "queued"]
    assert isinstance(told[1].error, NotReadable) and "note-00002" in str(told[1].error)
    assert (await house.job(job)).total == 2


async def test_a_file_that_gives_an_error_half_way_leaves_nothing_behind(house: House, tmp_path: Path) -> None:
    """Reading /proc/self/mem fails with an I/O error, as a disk going bad does."""
    if not Path("/proc/self/mem").exists():
        pytest.skip("no /proc")
    link = tmp_path / "bad.xml"
    link.symlink_to("/proc/self/mem")
    _, [told] = await house.add(link)
    assert isinstance(told.error, NotReadable)
    assert not list((tmp_path / "data" / "blobs" / "tmp").iterdir())


async def test_a_file_above_the_limit_is_refused(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 1000)
    _, [told] = await house.add(*write_notes(tmp_path, 1))
    assert isinstance(told.error, FileTooLarge)
    assert not await house.rows("SELECT doc FROM document")


async def test_an_empty_file_has_a_report_that_says_so(house: House, tmp_path: Path) -> None:
    (tmp_path / "empty.xml").touch()
    await house.add(tmp_path / "empty.xml")
    await house.rest()
    [(state,)] = await house.rows("SELECT state FROM document")
    assert state in ("unreadable", "unsupported")
    assert await house.one("SELECT count(*) FROM report") == 1


async def test_blobs_are_for_their_owner_alone(house: House, tmp_path: Path) -> None:
    await house.add(*write_notes(tmp_path, 1))
    path = house.store.blobs.path(bytes.fromhex((await house.one("SELECT hex(sha) FROM document")).lower()))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.read_bytes() == note(1)
