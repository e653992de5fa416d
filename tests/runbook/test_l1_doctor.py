"""L1: after `nexus init` the doctor's table is green; whatever is not well has a status, what was seen, and the next step."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import zipfile
from pathlib import Path
from typing import Any

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until

CHECKS = {
    "python", "sqlite", "data_directory", "disk", "database", "schema", "owner", "dead_letters", "locks", "queues", "scheduler",
    "configuration", "secrets", "http",
}  # fmt: skip


def checks(value: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {check["name"]: check for check in value["checks"]}


def test_init_twice_changes_nothing_and_the_table_is_green(nexus: Nexus) -> None:
    nexus.json("init")
    before = sorted(path.name for path in nexus.directory.iterdir())
    nexus.json("init")
    assert sorted(path.name for path in nexus.directory.iterdir()) == before
    told = nexus.json("doctor").object
    found = checks(told)
    assert set(found) == CHECKS
    assert {name: check for name, check in found.items() if check["status"] != "pass" and name != "sqlite"} == {}
    assert told["status"] == ("pass" if found["sqlite"]["status"] == "pass" else "warn")
    assert str(nexus.directory) in found["data_directory"]["observed"] and "0700" in found["data_directory"]["observed"]
    assert "banco" in nexus("doctor", "--lang", "pt").out


def test_before_init_it_says_what_to_type(nexus: Nexus) -> None:
    found = checks(nexus.json("doctor").object)
    assert found["data_directory"]["status"] == "warn" and "nexus init" in found["data_directory"]["hint"]
    assert not nexus.directory.exists()


def test_documents_whose_files_are_gone_are_told(nexus: Nexus, data: Path) -> None:
    nexus("process", data / "nfe" / NOTE)
    assert "blobs" not in checks(nexus.json("doctor").object)
    shutil.rmtree(nexus.directory / "blobs")
    lost = checks(nexus.json("doctor", code=None).object)["blobs"]
    assert (lost["status"], lost["observed"]) == ("fail", "1") and "restore a backup" in lost["hint"]


def test_what_is_not_well_is_named_with_its_next_step(nexus: Nexus) -> None:
    nexus.json("init")
    nexus.json("queues", "pause", "audit")
    nexus.directory.chmod(0o755)
    (nexus.directory / "owner.json").write_text(json.dumps({"pid": 1, "socket": "x"}))
    env = {"NEXUS_HTTP_WEB_UI_ORIGIN": "https://nexus.example"}
    told = nexus.json("doctor", env=env).object
    found = checks(told)
    assert told["status"] == "warn"
    warned = {name for name, check in found.items() if check["status"] == "warn"} - {"sqlite"}
    assert warned == {"data_directory", "owner", "queues", "http"}
    assert all(found[name]["hint"] for name in warned)
    assert "audit" in found["queues"]["observed"] and "chmod 700" in found["data_directory"]["hint"]
    portuguese = nexus("doctor", "--lang", "pt", env=env).out
    assert "use chmod 700" in portuguese and "chmod 700 it" not in portuguese


def test_a_bad_configuration_and_a_damaged_database_fail_with_69(nexus: Nexus) -> None:
    nexus.json("init")
    (nexus.directory / "config.toml").write_text("[http]\nprot = 1\n")
    database = nexus.directory / "nexus.db"
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(size // 2)
        file.write(os.urandom(size // 2))
    shutil.rmtree(nexus.directory / "nexus.db-wal", ignore_errors=True)
    ended = nexus.json("doctor", code=69)
    found = checks(ended.object)
    assert ended.object["status"] == "fail"
    assert (
        found["configuration"]["status"] == "fail" and "did you mean http.port?" in found["configuration"]["observed"]
    )
    assert found["database"]["status"] == "fail" and found["database"]["hint"]


def test_a_stopped_owner_is_seen_within_seconds_and_a_running_one_is_alive(nexus: Nexus) -> None:
    with nexus.running() as service:
        owner = checks(nexus.json("doctor").object)["owner"]
        assert owner["status"] == "pass" and str(service.told["pid"]) in owner["observed"]
        service.signal(signal.SIGSTOP)
        stopped = checks(nexus.json("doctor", code=69).object)["owner"]
        assert stopped["status"] == "fail" and "NX-E21" in stopped["observed"] and stopped["hint"]
        service.signal(signal.SIGCONT)
        service.signal(signal.SIGKILL)
        service.ended()
    until(lambda: checks(nexus.json("doctor").object)["owner"]["status"] == "warn")


def test_the_bundle_is_for_its_owner_only_and_never_written_over(nexus: Nexus, tmp_path: Path, data: Path) -> None:
    note = data / "nfe" / NOTE
    nexus.json("process", note)
    bundle = tmp_path / "bundle.zip"
    told = nexus.json("doctor", "--bundle", bundle).object
    assert told["bundle"] == str(bundle) and stat.S_IMODE(bundle.stat().st_mode) == 0o600
    with zipfile.ZipFile(bundle) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert set(parts) == {"doctor.json", "config.json", "status.json", "versions.json", "incidents.json"}
    assert {check["name"] for check in json.loads(parts["doctor.json"])["checks"]} == CHECKS
    assert json.loads(parts["status.json"])["counters"]["pipeline.finalized"] == 1
    document = nexus.json("docs", "ls").object
    shown = nexus.json("docs", "show", document["docId"]).object
    for private in (document["docId"], shown["accessKey"], shown["issuer"]["id"], shown["issuer"]["name"], note.name):
        assert all(private not in text for text in parts.values()), private
    again = nexus("doctor", "--bundle", bundle, code=2)
    assert "NX-E10" in again.err
