"""F6: a backup beside the running engine, a corrupt database moved aside, a restore; damaged files named; nothing begins empty by itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

from benchmarks.notes import write
from tests.nexus_tui.cli.running import Nexus, environment, until

NOTES = 12


def page_zeroed(path: Path) -> None:
    """Lose the pages from the second on, as a failing disk would."""
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 10] = bytes(4096 * 9)
    path.write_bytes(content)


def test_a_corrupt_database_is_moved_aside_and_the_newest_backup_comes_back(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", NOTES)
    late = write(tmp_path / "late", NOTES + 1)[-1]
    with nexus.running() as service:
        nexus.json("add", tmp_path / "in")
        until(lambda: nexus.json("status").object["counters"].get("pipeline.finalized") == NOTES)
        saved = nexus.json("backup").object
        assert saved["documents"] == NOTES and saved["lacking"] == []
        assert Path(saved["file"]).parent == nexus.directory / "backups"
        assert Path(saved["file"]).stat().st_mode & 0o777 == 0o600
        assert nexus.json("restore", "--replace", code=75).err, "not under a running engine"
        nexus.json("add", late)
        until(lambda: nexus.json("status").object["counters"].get("pipeline.finalized") == NOTES + 1)
        service.signal(signal.SIGKILL)
        service.ended()
    # Whatever the WAL held is in the file now, and the file is damaged.
    nexus.json("sweep", "now")
    (nexus.directory / "owner.json").write_text('{"pid": 1}')
    page_zeroed(nexus.directory / "nexus.db")

    for _ in range(2):
        told = nexus("add", tmp_path / "in", code=69).err
        assert "NX-S30" in told and "nexus restore" in told
        assert not (nexus.directory / "nexus.db").exists(), "no start begins empty"
    assert "NX-S30" in nexus("status", code=69).err
    assert nexus.json("doctor", code=69).object["status"] == "fail"

    done = nexus.json("restore").object
    assert done["file"] == saved["file"] and done["aside"] is None
    again = nexus.json("process", tmp_path / "in").objects
    assert len(again) == NOTES and all(one["already"] for one in again)
    # What came after the backup lies in the quarantine, under the name of its hash.
    [quarantined] = (nexus.directory / "quarantine").iterdir()
    taken = nexus.json("process", quarantined / "blobs").objects
    # Messages of notes above 64 KB are files too; taken in they are no documents that anybody knows.
    assert [one["state"] for one in taken if not one.get("already") and one["state"] != "unsupported"] == ["done"]
    assert len(nexus.json("docs", "ls", "family:nfe").objects) == NOTES + 1


def test_someone_who_wants_an_empty_start_says_so(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", 1)
    nexus.json("process", tmp_path / "in")
    with (nexus.directory / "nexus.db").open("r+b") as file:
        file.write(bytes(100))
    assert "NX-S30" in nexus("init", code=69).err
    assert "NX-S33" in nexus("restore", code=2).err, "there is no backup"
    nexus("init", "--fresh")
    assert nexus.json("docs", "ls").objects == []
    assert list((nexus.directory / "quarantine").glob("*/nexus.db"))


def test_a_service_comes_back_by_itself_after_the_restore(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", 1)
    nexus.json("process", tmp_path / "in")
    nexus.json("backup", tmp_path)
    (nexus.directory / "nexus.db").write_bytes(b"\0" * 5000)
    ended = subprocess.run(
        nexus.line(("run", "--json")), capture_output=True, env=environment(), timeout=30, check=False
    )
    # 69 is tried again by the unit, 78 would not be.
    assert ended.returncode == 69 and b"NX-S30" in ended.stderr
    nexus.json("restore", tmp_path)
    with nexus.running():
        assert nexus.json("status").object["counters"]["pipeline.finalized"] == 1


def test_damaged_and_missing_files_are_found_and_their_documents_named(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", 3)
    taken = nexus.json("process", tmp_path / "in").objects
    assert nexus.json("blobs", "check").object == {
        "checked": 3,
        "bytes": sum(path.stat().st_size for path in (tmp_path / "in").iterdir()),
        "bad": [],
    }

    def blob(one: dict[str, str]) -> Path:
        return nexus.directory / "blobs" / one["sha256"][:2] / one["sha256"][2:]

    flipped = bytearray(blob(taken[0]).read_bytes())
    flipped[len(flipped) // 2] ^= 1
    blob(taken[0]).write_bytes(flipped)
    blob(taken[1]).unlink()
    bad = {one["sha256"]: one for one in nexus.json("blobs", "check", code=1).object["bad"]}
    assert {(one["problem"], *one["documents"]) for one in bad.values()} == {
        ("damaged", taken[0]["docId"]), ("missing", taken[1]["docId"]),
    }  # fmt: skip
    assert set(nexus.json("backup", code=1).object["lacking"]) == set(bad)
    # The next step: the same files again mend them.
    nexus.json("add", tmp_path / "in")
    assert nexus.json("blobs", "check").object["bad"] == []
    assert nexus.json("backup").object["lacking"] == []


def test_a_backup_moves_to_another_machine(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", 3)
    before = nexus.json("process", tmp_path / "in").objects
    nexus.json("backup", tmp_path / "usb.zip")
    there = Nexus(tmp_path / "there")
    assert "NX-S31" in there("restore", tmp_path / "in" / os.listdir(tmp_path / "in")[0], code=2).err
    assert not there.directory.exists(), "what is no backup leaves no folder behind"
    there.json("restore", tmp_path / "usb.zip")
    assert "NX-S32" in there("restore", tmp_path / "usb.zip", code=2).err
    shutil.rmtree(nexus.directory)
    after = there.json("process", tmp_path / "in").objects
    assert {one["docId"] for one in after} == {one["docId"] for one in before} and all(one["already"] for one in after)
    for one in before:
        assert there.json("docs", "report", one["docId"]).object["docId"] == one["docId"]


def test_a_backup_lands_on_nothing_but_a_backup_and_a_lost_database_needs_one_word(nexus: Nexus, tmp_path: Path) -> None:
    [note] = write(tmp_path / "in", 1)
    nexus.json("process", note)
    content, database = note.read_bytes(), nexus.directory / "nexus.db"
    for target in (note, database, nexus.directory / "saved.zip", tmp_path / "nowhere" / "saved.zip"):
        assert "NX-S34" in nexus.json("backup", target, code=2).err
    assert "já existe e não é uma cópia" in nexus("backup", note, "--lang", "pt", code=2).err
    assert note.read_bytes() == content and database.read_bytes()[:6] == b"SQLite"
    saved = nexus.json("backup").object["file"]
    # As a kill -9 in the midst of a backup and of a restore leaves things.
    unfinished = Path(f"{saved}.partial")
    unfinished.write_bytes(b"half")
    staged = nexus.directory / "restoring"
    staged.mkdir()
    (staged / "nexus.db").write_bytes(b"half")
    assert nexus.json("process", note).object["already"] and not staged.exists()
    assert nexus.json("backup").object["file"] and not unfinished.exists()
    for name in ("nexus.db", "nexus.db-wal", "nexus.db-shm"):
        (nexus.directory / name).unlink(missing_ok=True)
    assert "`nexus restore` brings" in nexus("run", code=69).err
    aside = nexus.json("restore").object["aside"]
    assert any((Path(aside) / "blobs").rglob("?" * 62)) and nexus.json("process", note).object["already"]
    blobs = nexus.directory / "blobs"
    shutil.rmtree(blobs)
    blobs.write_bytes(b"a file where the folder was")
    assert [one["problem"] for one in nexus.json("blobs", "check", code=1).object["bad"]] == ["missing"]
    blobs.unlink()
    for name in ("nexus.db", "nexus.db-wal", "nexus.db-shm"):
        (nexus.directory / name).unlink(missing_ok=True)
    database.mkdir()
    assert "NX-S03" in nexus("process", note, code=78).err
