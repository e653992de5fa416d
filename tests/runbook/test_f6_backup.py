"""F6: a backup beside a running engine, restored elsewhere; a damaged database is not taken for an empty one."""

from __future__ import annotations

from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus


def test_what_was_backed_up_is_there_after_a_restore(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "saved.tar"
    with nexus.running():
        done = nexus.json("process", data / "nfe" / NOTE).object
        nexus("backup", file)
        assert file.stat().st_mode & 0o077 == 0
    other = Nexus(tmp_path / "other")
    other("restore", file)
    assert other.json("docs", "show", done["docId"]).object["state"] == "done"
    assert other.json("docs", "report", done["docId"]).out == nexus.json("docs", "report", done["docId"]).out
    again = other.json("process", data / "nfe" / NOTE).object
    assert again["already"] is True and again["docId"] == done["docId"]
    assert other("restore", file, code=None).code != 0, "a directory that holds data is left alone"


def test_a_changed_backup_is_refused_before_anything_is_touched(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    nexus.json("process", data / "nfe" / NOTE)
    file = tmp_path / "saved.tar"
    nexus("backup", file)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    other = Nexus(tmp_path / "other")
    assert other("restore", file, code=None).code != 0
    assert not (other.directory / "nexus.db").exists()


def test_a_damaged_database_is_moved_aside_and_told(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    nexus.json("process", data / "nfe" / NOTE)
    file = tmp_path / "saved.tar"
    nexus("backup", file)
    database = nexus.directory / "nexus.db"
    content = database.read_bytes()
    database.write_bytes(b"x" * 100 + content[100:])
    refused = nexus("run", code=None)
    assert refused.code not in (0, 1) and "NX-S" in refused.err
    kept = [path for path in nexus.directory.rglob("*") if path.is_file() and path.stat().st_size == len(content)]
    assert any(path.read_bytes()[100:] == content[100:] for path in kept), "nothing is thrown away"
