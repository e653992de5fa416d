"""Moving files that were taken in: never over another one, never without a second copy that is known to be whole."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from engine.errors import NotMoved
from engine.intake.identity import document_id
from engine.watching import moving
from engine.watching.scan import Face, look

CONTENT = b"<a>1</a>"
DOC = document_id("default", hashlib.sha256(CONTENT).digest())
#: A file system of its own wherever tests run on Linux.
ELSEWHERE = Path("/dev/shm")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.xml").write_bytes(CONTENT)
    return folder


def face(inbox: Path, name: str = "sub/a.xml") -> Face:
    found = look(os.fsencode(inbox), os.fsencode(name))
    assert found is not None
    return found.face


def move(inbox: Path, target: Path, like: Face | None = None, name: str = "sub/a.xml", doc: str = DOC) -> Path | None:
    return moving.move(os.fsencode(inbox), os.fsencode(name), like or face(inbox), os.fsencode(target), "default", doc)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_moved_to_the_same_place_below_the_target(inbox: Path, tmp_path: Path) -> None:
    assert move(inbox, tmp_path / "done") == tmp_path / "done/sub/a.xml"
    assert everything(inbox) == {} and everything(tmp_path / "done") == {"sub/a.xml": CONTENT}


def test_a_name_that_is_taken_gets_a_number(inbox: Path, tmp_path: Path) -> None:
    done = tmp_path / "done"
    (done / "sub").mkdir(parents=True)
    (done / "sub" / "a.xml").write_bytes(b"older")
    (done / "sub" / "a-2.xml").symlink_to("absent")
    move(inbox, done)
    assert everything(done) == {"sub/a.xml": b"older", "sub/a-3.xml": CONTENT}


def test_a_file_that_changed_since_it_was_taken_in_stays(inbox: Path, tmp_path: Path) -> None:
    before = face(inbox)
    (inbox / "sub/a.xml").write_bytes(b"<a>changed</a>")
    assert move(inbox, tmp_path / "done", before) is None
    assert everything(inbox) == {"sub/a.xml": b"<a>changed</a>"}
    (inbox / "sub/a.xml").unlink()
    assert move(inbox, tmp_path / "done", before) is None


def test_a_target_that_cannot_be_written_leaves_the_file_and_nothing_else(inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "done").write_bytes(b"a file")
    with pytest.raises(NotMoved, match="cannot be moved to"):
        move(inbox, tmp_path / "done")
    assert everything(inbox) == {"sub/a.xml": CONTENT}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder on another file system."""
    if not ELSEWHERE.is_dir() or ELSEWHERE.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    return ELSEWHERE / f"nexus-{os.getpid()}-{tmp_path.name}"


def test_nothing_is_moved_through_a_link(inbox: Path, tmp_path: Path) -> None:
    """Whoever may write beside the target would choose where Nexus, with its rights, writes a file of his."""
    (tmp_path / "system").mkdir()
    (tmp_path / "done").symlink_to("system")
    with pytest.raises(NotMoved, match="leads through a link"):
        move(inbox, tmp_path / "done")
    assert everything(inbox) == {"sub/a.xml": CONTENT} and [path for path in (tmp_path / "system").rglob("*") if path.is_file()] == []


def test_to_another_file_system_the_bytes_and_times_are_the_same(inbox: Path, elsewhere: Path) -> None:
    os.utime(inbox / "sub/a.xml", ns=(5, 10**18))
    try:
        move(inbox, elsewhere)
        assert everything(inbox) == {} and everything(elsewhere) == {"sub/a.xml": CONTENT}
        assert (elsewhere / "sub/a.xml").stat().st_mtime_ns == 10**18
    finally:
        for path in sorted(elsewhere.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        elsewhere.rmdir()


@pytest.mark.parametrize("fault", ["other bytes", "no space", "changed meanwhile"])
def test_across_file_systems_the_source_stays_unless_its_copy_is_whole(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The system's answer to a rename across file systems, and what may then go wrong."""
    real = Path.replace

    def refused(self: Path, target: Path) -> Path:
        if self == inbox / "sub/a.xml":
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return real(self, target)

    def full(file: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def touched(file: object) -> None:
        (inbox / "sub/a.xml").write_bytes(b"<a>changed</a>")

    monkeypatch.setattr(Path, "replace", refused)
    if fault != "other bytes":
        monkeypatch.setattr(moving, "sync_file", full if fault == "no space" else touched)
    with pytest.raises(NotMoved):
        move(inbox, tmp_path / "done", doc="0" * 32 if fault == "other bytes" else DOC)
    assert everything(inbox).keys() == {"sub/a.xml"}
    assert everything(tmp_path / "done") == {}
