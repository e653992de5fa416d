"""H2: concurrency, batch, backoff and pause are changed while 500 documents run; nothing is lost, and no queue goes above its cap."""

from __future__ import annotations

import time
from pathlib import Path

from benchmarks.notes import write
from nexus_tui.appliance import appliance
from store import driver
from tests.nexus_tui.cli.running import Nexus, until

NOTES = 500
QUEUE = "parse"


class Board:
    """How many messages of a queue are at work, asked of the database."""

    def __init__(self, directory: Path) -> None:
        self._connection = driver.connect(f"file:{directory / 'nexus.db'}?mode=ro", uri=True)

    def at_work(self) -> tuple[int, int]:
        """Of the queue `QUEUE`: messages at work, and the cap, of the same moment."""
        row = self._connection.execute(
            "SELECT (SELECT count(*) FROM msg WHERE msg.queue=queue.id AND state=2), concurrency FROM queue WHERE name=?",
            (QUEUE,),
        ).fetchone()
        return row[0], row[1]

    def finalized(self) -> int:
        row = self._connection.execute("SELECT n FROM counter WHERE name='pipeline.finalized'").fetchone()
        return 0 if row is None else int(row[0])

    def close(self) -> None:
        self._connection.close()


async def test_settings_change_while_it_runs_and_hold(nexus: Nexus, tmp_path: Path) -> None:
    write(tmp_path / "in", NOTES)
    nexus.json("queues", "pause", QUEUE)
    nexus.json("add", tmp_path / "in")
    board = Board(nexus.directory)
    seen: dict[int, int] = {}
    try:
        with nexus.running():
            # A viewer in this process: a command of its own would start slower than the engine ends the work.
            async with appliance(nexus.directory) as view:
                assert not view.owner
                queues = view.engine.queues
                await queues.change(QUEUE, {"paused": 0, "concurrency": 1})
                for cap in (3, 1, 8, 2):
                    done = await queues.change(QUEUE, {"concurrency": cap, "batch": cap + 1, "backoff_ms": 500})
                    assert done.done == 1
                    # What was at work under the cap before may end first.
                    until(lambda: (now := board.at_work())[0] <= now[1])
                    end = time.monotonic() + 0.1
                    while time.monotonic() < end:
                        working, allowed = board.at_work()
                        assert working <= allowed == cap
                        seen[cap] = max(seen.get(cap, 0), working)
                await queues.pause(QUEUE)
            until(lambda: board.at_work()[0] == 0)
            shown = nexus.json("queues", "show", QUEUE).object
            assert (shown["concurrency"], shown["batch"], shown["backoff_ms"], shown["paused"]) == (2, 3, 500, True)
            paused = board.finalized()
            assert paused < NOTES, "it was changed while it ran"
            time.sleep(0.3)
            assert board.finalized() == paused, "nothing is claimed from a queue that is paused"
            nexus.json("queues", "resume", QUEUE)
            until(lambda: board.finalized() == NOTES)
    finally:
        board.close()
    documents = nexus.json("docs", "ls").objects
    assert len(documents) == len({one["docId"] for one in documents}) == NOTES
    assert all(one["state"] in ("done", "needs_review", "duplicate") for one in documents)
    assert nexus.json("dlq", "ls").objects == []
    assert max(seen.values()) > 1, "the queue was seen at work"
