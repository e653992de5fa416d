"""kill -9 at random moments: what was acknowledged is never lost, and has its effects exactly once.

The parent writes every acknowledgement to a ledger of its own, synced before the next line is read. `NEXUS_KILLS=200` runs longer.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from store.reader import open_reader
from store.store import DATABASE
from tests.simulation.notes import write_notes

KILLS = int(os.environ.get("NEXUS_KILLS", "12"))
NOTES = max(2000, KILLS * 150)
REPOSITORY = Path(__file__).parent.parent.parent
PROCESS = Path(__file__).parent / "process.py"


class Kennel:
    """A data directory, the notes to feed it, and what it has acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.directory = folder / "data"
        self.notes = folder / "notes"
        self.ledger = folder / "ledger"
        self.directory.mkdir(mode=0o700)
        self.notes.mkdir()
        self.ledger.touch()

    def start(self, mode: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        command = [sys.executable, str(PROCESS), str(self.directory), str(self.notes), str(self.ledger), mode]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=REPOSITORY)

    def listen(self, process: subprocess.Popen[str], until: str | None = None) -> None:
        """Write down what is acknowledged, durable before the next line is read, until the process ends or says `until`."""
        assert process.stdout is not None
        with self.ledger.open("a") as ledger:
            for line in process.stdout:
                if line.strip() == until:
                    return
                if line.strip() in ("up", "rest") or not line.endswith("\n"):
                    continue
                ledger.write(line)
                ledger.flush()
                os.fsync(ledger.fileno())

    @property
    def acknowledged(self) -> dict[str, str]:
        return {name: doc for doc, name in (line.split() for line in self.ledger.read_text().splitlines())}


@pytest.fixture
def kennel(tmp_path: Path) -> Kennel:
    return Kennel(tmp_path)


def stop(process: subprocess.Popen[str]) -> float:
    """An orderly stop; returns how long it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert process.stdout is not None
    process.stdout.close()
    return time.monotonic() - began


def check(kennel: Kennel) -> int:
    """Every promise; returns how many documents there are."""
    acknowledged = kennel.acknowledged
    with closing(open_reader(kennel.directory / DATABASE)) as connection:
        def column(statement: str) -> list[Any]:
            return [row[0] for row in connection.execute(statement).fetchall()]

        assert column("PRAGMA integrity_check") == ["ok"]
        documents = set(column("SELECT doc FROM document"))
        assert set(acknowledged.values()) <= documents, "acknowledged and lost"
        assert sorted(column("SELECT doc FROM report")) == sorted(documents)
        assert sorted(column("SELECT doc FROM step WHERE stage='A10' AND status=1")) == sorted(documents)
        assert column("SELECT n FROM counter WHERE name='pipeline.finalized'") == [len(documents)]
        assert column("SELECT DISTINCT state FROM document") == ["done"]
        assert not column("SELECT id FROM msg")
        assert not column("SELECT name FROM lock WHERE owner IS NOT NULL")
        assert not column("SELECT id FROM job WHERE open=1 OR finished<>total OR status<>'report_ready'")
        return len(documents)


def test_kill_9_loses_nothing_and_repeats_nothing(kennel: Kennel) -> None:
    write_notes(kennel.notes, NOTES)
    chance = random.Random(int(os.environ.get("NEXUS_SEED", "20260701")))
    for _ in range(KILLS):
        process = kennel.start("add")
        killer = Timer(chance.random() * 2.0, process.kill)
        killer.start()
        kennel.listen(process)
        killer.join()
        process.wait()
        assert process.returncode == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
    process = kennel.start("drain")
    kennel.listen(process, until="rest")
    assert stop(process) < 10
    documents = check(kennel)
    assert documents > KILLS, "the kills came too early to prove anything"


def test_an_orderly_stop_in_the_middle_loses_nothing_and_counts_nothing(kennel: Kennel) -> None:
    write_notes(kennel.notes, 400)
    for _ in range(3):
        process = kennel.start("add")
        assert process.stdout is not None
        for _ in range(60):
            line = process.stdout.readline()
            if line.strip() != "up":
                with kennel.ledger.open("a") as ledger:
                    ledger.write(line)
        assert stop(process) < 10
        with closing(open_reader(kennel.directory / DATABASE)) as connection:
            assert not connection.execute("SELECT 1 FROM msg WHERE state=2 OR deliveries<>attempts").fetchall()
    process = kennel.start("drain")
    kennel.listen(process, until="rest")
    assert stop(process) < 10
    check(kennel)


def nexus(kennel: Kennel, *arguments: str) -> subprocess.Popen[str]:
    """The product's own command line over the data directory."""
    command = [sys.executable, "-m", "nexus_tui", *arguments, "--data-dir", str(kennel.directory)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=REPOSITORY, env={**os.environ})


def told(kennel: Kennel, process: subprocess.Popen[str]) -> None:
    """Write down what `nexus add --json` acknowledges."""
    assert process.stdout is not None
    with kennel.ledger.open("a") as ledger:
        for line in process.stdout:
            if not line.endswith("\n"):
                break
            acknowledged = json.loads(line)
            ledger.write(f"{acknowledged['docId']} {Path(acknowledged['file']).name}\n")
            ledger.flush()
            os.fsync(ledger.fileno())


def idle(kennel: Kennel) -> bool:
    with closing(open_reader(kennel.directory / DATABASE)) as connection:
        waiting = connection.execute(
            "SELECT (SELECT count(*) FROM msg JOIN queue ON queue.id=msg.queue WHERE queue.dlq IS NOT NULL)+(SELECT count(*) FROM job WHERE open=1)"
        ).fetchone()[0]
    return not waiting


def test_the_engine_dies_under_the_command_line_and_nothing_is_lost(kennel: Kennel) -> None:
    """`nexus add` beside `nexus run`: the engine is killed while it acknowledges, file by file."""
    write_notes(kennel.notes, 600)
    chance = random.Random(7)
    for _ in range(max(2, KILLS // 6)):
        engine = nexus(kennel, "run")
        assert engine.stdout is not None and engine.stdout.readline()
        adding = nexus(kennel, "add", str(kennel.notes), "--json")
        killer = Timer(0.8 + chance.random() * 1.2, engine.kill)
        killer.start()
        told(kennel, adding)
        killer.join()
        adding.wait(20)
        engine.wait()
        for process in (engine, adding):
            assert process.stdout is not None
            process.stdout.close()
    engine = nexus(kennel, "run")
    assert engine.stdout is not None and engine.stdout.readline()
    deadline = time.monotonic() + 60
    while not idle(kennel):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert stop(engine) < 10
    assert kennel.acknowledged
    check(kennel)
