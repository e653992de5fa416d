"""Every command does the same whether an engine runs on the data directory or not: same exit code, same words, same objects."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from nexus_tui.cli.main import app
from tests.nexus_tui.cli.conftest import NOTE, Call
from tests.nexus_tui.cli.running import Ended, Nexus, until

#: What each command is called with, in an order in which none is in another's way; `DOC`, `JOB`, `LETTER`, `HERE` stand for what the directory holds.
CALLS: tuple[str, ...] = (
    "docs ls", "docs ls state:done --json", "docs ls colour:red", "docs show DOC", "docs show DOC --json", "docs show nope", "docs report DOC --json", "docs items DOC", "docs items DOC --json",
    "docs findings DOC", "docs findings DOC --json", "search paulo", "search paulo --json", "jobs ls", "jobs ls --json", "jobs show JOB", "jobs show JOB --json", "jobs show nope",
    "trace show JOB", "trace show nope", "trace logs document.finished --json", "trace logs nothing-says-this", "trace metrics", "assistant ask DOC qual é o total da nota?",
    "assistant ask DOC quem descobriu o brasil? --json", "assistant ask DOC --all x", "companies add 12345678000195 --uf SP", "companies ls", "companies ls --json", "companies add 123",
    "companies rm 12345678000195", "companies rm 12345678000195", "queues ls", "queues ls --json", "queues set audit concurrency=3", "queues set audit colour=1", "queues show audit", "queues show nope",
    "queues pause parse", "queues show parse --json", "undo", "undo --json", "undo --list --limit 0", "queues pause parse", "queues resume parse --json", "queues purge parse --confirm parse --json", "queues purge parse",
    "kv put a 1", "kv put b x --ttl 500 --json", "kv get a", "kv get a --json", "kv get nope", "kv ls a", "kv ttl a 600", "kv ttl nope 600 --json", "kv del a b nope", "kv put .. x",
    "locks ls", "locks release lock:doc:nope", "sweep now", "dlq ls", "dlq ls --json", "dlq show LETTER", "dlq show 99999", "dlq issue LETTER", "dlq drop LETTER 99999", "dlq ls --bin --json",
    "dlq undrop LETTER", "dlq requeue 99999 --json", "blobs check", "blobs gc", "watch add HERE", "watch ls --json", "watch show HERE", "watch pause HERE", "watch resume HERE", "watch rm HERE", "watch rm HERE",
    "config path", "config show telemetry", "config set telemetry.spans false", "config show telemetry.spans --json", "config set colour 1", "config validate", "secrets ls", "secrets test GITHUB_TOKEN",
    "secrets rm GITHUB_TOKEN", "enqueue evt.nothing --file HERE/event.json", "enqueue evt.doc.ingested --file HERE/event.json", "erase --subject 11144477735 --dry-run", "erase --subject 11144477735",
    "erase --subject 123", "backfill", "assistant rebuild nope", "reprocess nope", "reprocess DOC --dry-run", "docs cancel DOC", "docs cancel nope --json", "dlq requeue LETTER", "add HERE/nothing.xml",
    "add HERE/note.xml --json", "process HERE/nothing.xml", "process HERE/note.xml --json", "backup HERE/copy.zip",
)  # fmt: skip
#: What differs by its nature, and where it is tested.
APART = {
    "run": "is the engine", "serve": "is the engine", "demo": "has a directory of its own", "init": "test_init_twice_changes_nothing", "install-service": "tests/packaging",
    "restore": "refused under an engine: test_f6_recovery", "doctor": "tells of the owner: test_l1_doctor", "status": "tells of the engine: test_service", "secrets set": "asks: test_d2_secrets",
}  # fmt: skip
#: What is never the same twice: ids made by chance, times, durations, sizes of files that grow.
CHANCE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+Z?)?|\(in \d+ \w+\)|\b1[0-9]{12}\b|\b\d+(?:\.\d+)? m?s\b|\b\d{1,3} µs\b"
)


def commands(group: Any, before: str = "") -> Iterator[str]:
    """Every command of the tree."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


def test_no_command_is_forgotten() -> None:
    """A new one has to be added above, or to say why not."""
    tree = set(commands(typer.main.get_command(app)))
    called = {name for name in tree if any(call == name or call.startswith(f"{name} ") for call in CALLS)}
    assert called | set(APART) == tree
    assert not called & set(APART)


@pytest.fixture
def filled(nexus: Nexus, data: Path, tmp_path: Path) -> Nexus:
    """Two documents, one of them dead, and files to call with."""
    nexus("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5")
    nexus("process", data / "nfe" / NOTE)
    dead = nexus.json("add", data / "nfe" / "nfce.xml").object["docId"]
    sha = nexus.json("docs", "show", dead).object["sha256"]
    blob = nexus.directory / "blobs" / sha[:2] / sha[2:]
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    with nexus.running():
        until(lambda: nexus.json("dlq", "ls").objects)
    return nexus


def told(ended: Ended, nexus: Nexus, here: Path) -> tuple[int, str, str]:
    """What a call came to, without what is never the same twice."""

    def same(text: str) -> str:
        text = text.replace(str(nexus.directory), "DATA").replace(str(here), "HERE")
        # A column is as wide as what stands in it.
        return re.sub(r"(bytes  )\d+", r"\1?", re.sub(r"[ -]{2,}", "  ", CHANCE.sub("?", text)))

    return ended.code, same(ended.out), same(ended.err)


def run_all(call: Call, nexus: Nexus, names: dict[str, str], here: Path) -> list[tuple[str, tuple[int, str, str]]]:
    results = []
    for line in CALLS:
        arguments = [re.sub("DOC|JOB|LETTER|HERE", lambda found: names[found[0]], word) for word in line.split()]
        results.append((line, told(call(nexus, *arguments, code=None), nexus, here)))
    return results


def test_alone_and_attached_every_command_does_the_same(call: Call, filled: Nexus, data: Path, tmp_path: Path) -> None:
    document = next(one for one in filled.json("docs", "ls").objects if one["state"] == "done")
    letter = filled.json("dlq", "ls").object
    results = []
    for name in ("alone", "attached"):
        here = tmp_path / name
        here.mkdir()
        shutil.copy(data / "nfe" / NOTE, here / "note.xml")
        (here / "event.json").write_text(json.dumps({"docId": "0" * 32}))
        nexus = Nexus(tmp_path / name / "data")
        shutil.copytree(filled.directory, nexus.directory, ignore=shutil.ignore_patterns("*.sock"))
        names = {"DOC": document["docId"], "JOB": document["traceId"], "LETTER": str(letter["id"]), "HERE": str(here)}
        if name == "alone":
            results.append(run_all(call, nexus, names, here))
            continue
        with nexus.running():
            results.append(run_all(call, nexus, names, here))
    alone, attached = results
    different = [(line, one, other) for (line, one), (_, other) in zip(alone, attached, strict=True) if one != other]
    assert different == []
    assert not [line for line, (_, out, err) in alone if "Traceback" in out + err]
