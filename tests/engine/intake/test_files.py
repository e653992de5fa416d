"""Files and folders: a stable order, nothing skipped in silence, and a file that misbehaves harms no other."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.errors import FileChanged, FileTooLarge, NoSuchFile, NotAFile, NotReadable
from engine.intake import intake as module
from engine.intake.paths import files
from store import blobs
from tests.conftest import REPOSITORY
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
        "fifo": NotAFile, "broken": NoSuchFile, "me": NotAFile, "missing": NoSuchFile,
    }  # fmt: skip


def test_a_circle_of_links_ends_and_the_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "again").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "note.xml").write_text("x")
    again, note = files([tmp_path])
    assert (again.path.name, str(again.error)) == ("again", f"{again.path} is a link to a folder and is not followed.")
    assert isinstance(again.error, NotAFile) and "named by itself" in again.error.hint
    assert (note.path.name, note.error) == ("note.xml", None)


def test_a_link_to_a_folder_that_a_person_named_is_entered(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "note.xml").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert [(one.path.name, one.error) for one in files([tmp_path / "link"])] == [("note.xml", None)]


def test_what_is_no_file_is_told_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xml")
    (tmp_path / "device.xml").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.xml"))
        (tmp_path / "note.xml").write_text("x")
        found = {one.path.name: one.error for one in files([tmp_path])}
    assert found.pop("note.xml") is None
    assert {str(error) for error in found.values()} == {f"{tmp_path / name} is no regular file." for name in ("pipe.xml", "device.xml", "socket.xml")}


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="NOT TESTED: another user can only be played by root")
def test_folders_and_files_of_another_user_are_told_and_the_others_taken() -> None:
    """As another user indeed: for root everything is readable."""
    with tempfile.TemporaryDirectory(prefix="nexus-permission-") as name:
        folder = Path(name)
        for path, mode in (("closed/a.xml", 0o000), ("listed/b.xml", 0o744), ("secret.xml", 0o000), ("open.xml", 0o644)):
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text("x")
            (folder / path.partition("/")[0]).chmod(mode)
        folder.chmod(0o755)
        code = (
            "import sys; from pathlib import Path; from engine.intake.paths import files\n"
            "for one in files([Path(sys.argv[1])]): print(one.path.name, type(one.error).__name__, one.error)"
        )
        ran = subprocess.run(
            ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", sys.executable, "-c", code, name],
            cwd=REPOSITORY, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if ran.returncode and "ermission denied" in ran.stderr and name not in ran.stderr:
            pytest.skip(f"NOT TESTED: another user cannot run this Python: {ran.stderr.strip()[-200:]}")
        (folder / "closed").chmod(0o755)
    assert ran.stdout.splitlines() == [
        f"closed NotReadable {folder}/closed cannot be read: Permission denied.",
        f"b.xml NotReadable {folder}/listed/b.xml cannot be read: Permission denied.",
        "open.xml NoneType None",
        f"secret.xml NotReadable {folder}/secret.xml cannot be read.",
    ], ran.stderr


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

    async def vanishing(path: Path, limit: int, *, links: bool) -> Any:
        if path == paths[1]:
            path.unlink()
        return await put_file(path, limit, links=links)

    monkeypatch.setattr(house.store.blobs, "put_file", vanishing)
    job, told = await house.add(*paths)
    assert [one.state for one in told] == ["queued", "refused", "queued"]
    assert isinstance(told[1].error, NoSuchFile) and "note-00002" in str(told[1].error)
    assert (await house.job(job)).total == 2


@pytest.mark.parametrize("how", ["grows", "shrinks", "is written over"])
async def test_a_file_that_changes_while_it_is_read_is_refused_until_it_is_whole(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    paths = write_notes(tmp_path, 3)
    whole = paths[1].read_bytes()
    paths[1].write_bytes(whole[:1000])
    # Long enough ago for the file system's clock to tell two moments apart.
    os.utime(paths[1], (1_700_000_000, 1_700_000_000))
    read_chunk, changed = blobs.read_chunk, []

    def changing(file: Any, source: Path) -> bytes:
        chunk = read_chunk(file, source)
        if source == paths[1] and not changed:
            changed.append(how)
            if how == "shrinks":
                os.truncate(source, 10)
            else:
                with source.open("r+b") as writing:
                    writing.seek(0, 2 if how == "grows" else 0)
                    writing.write(whole[1000:1500])
        return chunk

    with monkeypatch.context() as live:
        live.setattr(blobs, "read_chunk", changing)
        job, told = await house.add(*paths)
    assert [one.state for one in told] == ["queued", "refused", "queued"]
    assert isinstance(told[1].error, FileChanged) and str(told[1].error) == f"{paths[1]} changed while it was read."
    assert (await house.job(job)).total == 2
    assert not list((tmp_path / "data" / "blobs" / "tmp").iterdir())
    paths[1].write_bytes(whole)
    _, [again] = await house.add(paths[1])
    assert (again.state, again.already) == ("queued", False)


async def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was a file when the folder was looked at."""
    paths = write_notes(tmp_path, 3)
    put_file = house.store.blobs.put_file

    async def replaced(path: Path, limit: int, *, links: bool) -> Any:
        if path == paths[1]:
            path.unlink()
            os.mkfifo(path)
        return await put_file(path, limit, links=links)

    monkeypatch.setattr(house.store.blobs, "put_file", replaced)
    async with asyncio.timeout(10):
        _, told = await house.add(*paths)
    assert [one.state for one in told] == ["queued", "refused", "queued"]
    assert str(told[1].error) == f"{paths[1]} cannot be read: No regular file."


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


@pytest.mark.parametrize("name", ["empty.xml", "empty.csv", "empty.zip", "empty"])
async def test_an_empty_file_has_a_report_that_says_so(house: House, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    _, [told] = await house.add(tmp_path / name)
    assert told.state == "queued"
    await house.rest()
    assert await house.rows("SELECT state, error_code, error FROM document") == [("unreadable", "empty", "Arquivo vazio.")]
    assert await house.one("SELECT count(*) FROM report") == 1
    _, [again] = await house.add(tmp_path / name)
    assert (again.already, again.state) == (True, "unreadable")


async def test_what_a_file_is_called_does_not_matter(house: House, tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        writing.writestr("three.xml", note(3))
    for name, content in (("one.pdf", note(1)), ("two.csv", note(2)), ("archive.xml", archive.getvalue()), ("noise.xml", b"MZ\x90\x00" + bytes(500))):
        (tmp_path / name).write_bytes(content)
    await house.add(*(tmp_path / name for name in ("one.pdf", "two.csv", "archive.xml", "noise.xml")))
    await house.rest()
    states = dict(await house.rows("SELECT name, state FROM document"))
    assert states.pop("noise.xml") in ("unreadable", "unsupported")
    assert states == dict.fromkeys(("one.pdf", "two.csv", "archive.xml", "archive.xml!three.xml"), "done")


async def test_names_that_are_no_utf_8_are_taken_and_shown_with_a_replacement(house: House, tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/pasta-\xe9"
    os.mkdir(folder)
    Path(os.fsdecode(folder + b"/nota-\xe7\xff.xml")).write_bytes(note(1))
    _, [told] = await house.add(Path(os.fsdecode(folder)))
    assert told.path == f"{tmp_path}/pasta-\ufffd/nota-\ufffd\ufffd.xml"
    await house.rest()
    assert await house.rows("SELECT name, state FROM document") == [("nota-\ufffd\ufffd.xml", "done")]


async def test_blobs_are_for_their_owner_alone(house: House, tmp_path: Path) -> None:
    await house.add(*write_notes(tmp_path, 1))
    path = house.store.blobs.path(bytes.fromhex((await house.one("SELECT hex(sha) FROM document")).lower()))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.read_bytes() == note(1)
