"""W1: a watched folder, with real processes and the system's own notices."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path
from typing import Any

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until


def watched(nexus: Nexus) -> Any:
    return nexus.json("watch", "ls").object


def test_a_dropped_file_is_a_report_by_itself_and_a_vanished_folder_an_alarm_until_it_is_back(
    nexus: Nexus, data: Path, tmp_path: Path
) -> None:
    inbox, done = tmp_path / "in", tmp_path / "done"
    inbox.mkdir()
    nexus("watch", "add", inbox, "--move-to", done)
    with nexus.running() as service:
        until(lambda: watched(nexus)["scannedAt"])
        time.sleep(2.5)
        began = time.monotonic()
        shutil.copy(data / "nfe" / NOTE, inbox)
        until(lambda: [one["state"] for one in nexus.json("docs", "ls").objects] == ["done"], within_s=15)
        assert time.monotonic() - began < 15, "a notice of the system, not the next scan, brought it in"
        assert until((done / NOTE).exists) and list(inbox.iterdir()) == []
        inbox.rename(tmp_path / "elsewhere")
        until(lambda: watched(nexus)["state"] == "alarm", within_s=15)
        [alarm] = nexus.json("status").object["checks"]["watches"]["alarms"]
        assert (alarm["code"], alarm["directory"]) == ("NX-E30", str(inbox))
        assert "it is looked for every few seconds" in nexus("watch", "ls").out
        assert "A pasta vigiada sumiu (NX-E30)" in nexus("watch", "ls", "--lang", "pt").out
        inbox.mkdir()
        until(lambda: watched(nexus)["state"] == "watching", within_s=15)
        began = time.monotonic()
        (inbox / "other.xml").write_bytes((data / "nfe" / NOTE).read_bytes() + b"\n")
        until(lambda: watched(nexus)["taken"] == 2, within_s=15)
        assert time.monotonic() - began < 15, "the new folder is listened to"
        assert nexus.json("status").object["checks"]["watches"] == {"status": "pass", "observed": 0, "alarms": []}
        service.signal(signal.SIGTERM)
        assert service.ended() == 0


def test_a_watched_folder_that_is_replaced_by_a_link_is_not_followed(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    inbox, secrets = tmp_path / "in", tmp_path / "secrets"
    inbox.mkdir()
    secrets.mkdir()
    shutil.copy(data / "nfe" / NOTE, secrets)
    (tmp_path / "named").symlink_to("in")
    nexus("watch", "add", tmp_path / "named")
    assert watched(nexus)["directory"] == str(inbox), "watched is where the link led when it was named"
    with nexus.running() as service:
        until(lambda: watched(nexus)["scannedAt"])
        (inbox / "link.xml").symlink_to(secrets / NOTE)
        until(lambda: watched(nexus)["refused"] == 1, within_s=15)
        assert "link.xml is a link; in a watched folder none is followed." in nexus("watch", "show", inbox).out
        (inbox / "link.xml").unlink()
        inbox.rename(tmp_path / "elsewhere")
        inbox.symlink_to("secrets")
        until(lambda: (watched(nexus)["alarm"] or {}).get("code") == "NX-E36", within_s=40)
        assert "Nothing is taken through it" in nexus("watch", "ls").out
        assert "A pasta vigiada virou um atalho (NX-E36)" in nexus("watch", "ls", "--lang", "pt").out
        assert nexus.json("docs", "ls").objects == []
        told = until(lambda: [one for one in nexus.json("trace", "logs").objects if "NX-E36" in str(one)])
        inbox.unlink()
        (tmp_path / "elsewhere").rename(inbox)
        shutil.copy(data / "nfe" / NOTE, inbox)
        until(lambda: [one["state"] for one in nexus.json("docs", "ls").objects] == ["done"], within_s=40)
        assert len([one for one in nexus.json("trace", "logs").objects if "NX-E36" in str(one) and one["level"] == told[0]["level"]]) == 1
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    nexus("watch", "rm", tmp_path / "named")
    assert nexus.json("watch", "ls").objects == []


def test_a_folder_is_watched_from_anywhere_and_by_nobody_until_an_engine_runs(
    nexus: Nexus, data: Path, tmp_path: Path
) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    assert "as soon as an engine runs" in nexus("watch", "add", inbox / ".." / "in").out
    shutil.copy(data / "nfe" / NOTE, inbox)
    assert (watched(nexus)["directory"], watched(nexus)["taken"]) == (str(inbox), 0)
    assert "NX-E32" in nexus.json("watch", "add", nexus.directory, code=2).out
    assert "não é vigiada" in nexus("watch", "rm", tmp_path, "--lang", "pt", code=2).err
    with nexus.running():
        until(lambda: watched(nexus)["taken"] == 1, within_s=15)
        nexus("watch", "pause", inbox)
        assert watched(nexus)["state"] == "paused"
        nexus("watch", "resume", inbox)
        nexus("watch", "rm", inbox)
        assert nexus.json("watch", "ls").objects == []
    assert len(nexus.json("docs", "ls").objects) == 1
