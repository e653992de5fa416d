"""Undo: the last drop, purge, pause or lifetime is taken back within 10 seconds, alone and under a running engine; who decided is kept."""

from __future__ import annotations

import getpass
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until


@contextmanager
def alone(nexus: Nexus) -> Iterator[None]:
    yield


@contextmanager
def attached(nexus: Nexus) -> Iterator[None]:
    with nexus.running():
        yield


@pytest.mark.parametrize("owner", [alone, attached])
def test_each_kind_of_decision_is_taken_back(nexus: Nexus, data: Path, tmp_path: Path, owner: Callable[[Nexus], AbstractContextManager[None]]) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    nexus("init")
    nexus("watch", "add", inbox)
    nexus("queues", "pause", "audit")
    nexus("add", data / "nfe" / NOTE)
    with owner(nexus):
        if owner is attached:
            until(lambda: [one for one in nexus.json("queues", "ls").objects if (one["name"], one["ready"]) == ("audit", 1)])
        waiting = "audit" if owner is attached else "ingest"
        assert nexus.json("queues", "purge", waiting, "--confirm", waiting).object["undo"] == "undo"
        assert [one["state"] for one in nexus.json("docs", "ls").objects] == ["cancelled"]
        assert nexus.json("undo").object == {"done": 1, "refused": [], "undo": None, "verb": "purge", "subject": waiting, "who": f"{getpass.getuser()}, cli"}
        assert [one["docId"] for one in nexus.json("docs", "ls", "state:active").objects] == [one["docId"] for one in nexus.json("docs", "ls").objects]
        assert nexus.json("dlq", "ls", "--bin").objects == []
        nexus("watch", "pause", inbox)
        assert "1 undone" in nexus("undo").out
        assert nexus.json("watch", "ls").object["state"] == "watching"
        [key] = [one["key"] for one in nexus.json("kv", "ls", "job:").objects][:1]
        lives = nexus.json("kv", "get", key).object["expires_ms"]
        nexus("kv", "ttl", key, "5000")
        nexus("undo")
        assert nexus.json("kv", "get", key).object["expires_ms"] == lives
        nexus("queues", "resume", "audit")
        assert "resume audit" in nexus("undo").out
        [audit] = [one for one in nexus.json("queues", "ls").objects if one["name"] == "audit"]
        assert audit["paused"]
    listed = nexus.json("undo", "--list").objects
    assert [(one["verb"], one["undoneAt"] is not None) for one in listed if one["verb"] != "undo"] == [
        ("resume", True), ("ttl", True), ("pause", True), ("purge", True), ("pause", False),
    ]  # fmt: skip
    assert {one["who"] for one in listed} == {f"{getpass.getuser()}, cli"}


def test_too_late_says_how_to_do_it_by_hand(nexus: Nexus) -> None:
    nexus("init")
    nexus("queues", "pause", "audit")
    time.sleep(10.5)
    late = nexus("undo", code=1)
    assert "more than 10 seconds ago" in late.err and "nexus queues resume" in late.err
    assert "há mais de 10 segundos" in nexus("undo", "--lang", "pt", code=1).err
    [audit] = [one for one in nexus.json("queues", "ls").objects if one["name"] == "audit"]
    assert audit["paused"]


def test_nothing_decided_is_nothing_to_undo(nexus: Nexus, data: Path, tmp_path: Path) -> None:
    """Requeue and reprocess send work on its way: they are none of it."""
    shutil.copy(data / "nfe" / NOTE, tmp_path)
    nexus("process", tmp_path / NOTE)
    nexus("reprocess", nexus.json("docs", "ls").object["docId"])
    assert "NX-F14" in nexus.json("undo", code=1).out
    assert nexus.json("undo", "--list").objects == []
