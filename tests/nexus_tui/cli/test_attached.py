"""Every command answers the same on a running service and alone: exit code, shape of every object, and what is said on stderr.

Two copies of one data directory get the same calls in the same order, one of them with an owner. A new command fails here until it has a call.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from nexus_tui.cli.main import app
from nexus_tui.cli.reference import commands
from tests.nexus_tui.cli.conftest import NOTE, Call
from tests.nexus_tui.cli.running import Nexus

#: What owns a data directory, makes one or takes secrets in: there is nothing to attach to, and each has tests of its own.
OWNERS = {("run",), ("serve",), ("demo",), ("restore",), ("install-service",), ("secrets", "set"), ("secrets", "test")}
#: A call of each; `DOC` and `JOB` stand for the document that is there, `FOLDER` and `FILE` for paths.
CALLS: list[tuple[str, ...]] = [
    ("init",), ("status",), ("doctor",), ("docs", "ls"), ("docs", "show", "DOC"), ("docs", "report", "DOC"), ("docs", "items", "DOC"),
    ("docs", "findings", "DOC"), ("docs", "cancel", "DOC"), ("search", "family:nfe"), ("jobs", "ls"), ("jobs", "show", "JOB"),
    ("trace", "show", "TRACE"), ("trace", "logs", "--limit", "1"), ("trace", "metrics"), ("queues", "ls"), ("queues", "show", "nope"),
    ("queues", "pause", "nope"), ("queues", "resume", "nope"), ("queues", "set", "nope", "concurrency=1"), ("queues", "purge", "nope", "--yes"),
    ("dlq", "ls"), ("dlq", "show", "9"), ("dlq", "issue", "9"), ("dlq", "requeue", "9"), ("dlq", "drop", "9"), ("dlq", "undrop", "9"),
    ("kv", "put", "mine:x", "1"), ("kv", "get", "mine:x"), ("kv", "ttl", "mine:x", "600"), ("kv", "ls"), ("kv", "del", "mine:x"),
    ("locks", "ls"), ("locks", "release", "x"), ("sweep", "now"), ("blobs", "check"), ("blobs", "gc"),
    ("companies", "add", "11222333000181"), ("companies", "ls"), ("companies", "rm", "11222333000181"),
    ("watch", "add", "FOLDER"), ("watch", "ls"), ("watch", "show", "FOLDER"), ("watch", "pause", "FOLDER"), ("watch", "resume", "FOLDER"), ("watch", "rm", "FOLDER"),
    ("config", "path"), ("config", "show"), ("config", "validate"), ("config", "set", "nope.nope", "1"), ("secrets", "ls"), ("secrets", "rm", "NOPE"),
    ("assistant", "ask", "DOC", "total?"), ("reprocess", "DOC", "--dry-run"), ("backfill",), ("enqueue", "evt.nope", "--file", "FILE"),
    ("erase", "--subject", "11222333000181", "--yes"), ("backup", "BACKUP"), ("add", "FILE"), ("process", "FILE"), ("assistant", "rebuild", "nope"),
]  # fmt: skip


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory, data: Path) -> Iterator[tuple[Nexus, Nexus, dict[str, str]]]:
    """A data directory without an owner, its copy with one, and what the words in the calls stand for."""
    place = tmp_path_factory.mktemp("attached")
    alone, attached = Nexus(place / "alone"), Nexus(place / "owned")
    told = alone.json("process", data / "nfe" / NOTE).object
    job = alone.json("jobs", "ls").objects[0]["jobId"]
    shutil.copytree(alone.directory, attached.directory, symlinks=True)
    (place / "folder").mkdir()
    stands_for = {"DOC": told["docId"], "TRACE": told["traceId"], "JOB": job, "FILE": str(data / "nfe" / NOTE), "FOLDER": str(place / "folder")}
    with attached.running():
        yield alone, attached, stands_for


#: An owner has a process and scans its folders; without one these are null. What a log line says beside its name is its own.
MAY_DIFFER = frozenset({"pid", "scannedAt", "fields"})


def shape(value: Any) -> Any:
    """Names and kinds of what an object holds; a list is known by its first member."""
    if isinstance(value, dict):
        return {name: "any" if name in MAY_DIFFER else shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value[:1]]
    return type(value).__name__


def test_every_command_of_the_tree_has_a_call_here() -> None:
    tree = {path[1:] for path, _ in commands(typer.main.get_command(app))}
    called = {path for path in tree for one in CALLS if one[: len(path)] == path}
    assert tree - called == OWNERS


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_a_command_answers_the_same_alone_and_attached(call: Call, twins: tuple[Nexus, Nexus, dict[str, str]], words: tuple[str, ...]) -> None:
    alone, attached, stands_for = twins
    answers = []
    for nexus in (alone, attached):
        named = {**stands_for, "BACKUP": str(nexus.directory.parent / f"{nexus.directory.name}.backup")}
        ended = call(nexus, *(named.get(word, word) for word in words), "--json", code=None)
        answers.append((ended.code, [shape(one) for one in ended.objects], ended.err.replace(str(nexus.directory), "DIRECTORY")))
    assert answers[0] == answers[1]
