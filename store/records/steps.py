"""The timeline: which agent did what for which document when. A done step makes a redelivered message a no-op."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from store import driver
from store.transaction import Transaction


class StepStatus(IntEnum):
    """How a hop ended."""

    #: Its effects are committed.
    DONE = 1
    #: It failed and will be tried again.
    RETRIED = 2
    #: It failed for good.
    DEAD = 3


class Step(NamedTuple):
    """A row of `step`; times are milliseconds, `waited` is the time in the queue."""

    trace: str
    doc: str
    stage: str
    event: str
    run: int
    status: int
    attempt: int
    started: int | None
    ended: int | None
    waited: int | None
    out_key: str | None
    error: str | None


COLUMNS = ", ".join(Step._fields)
INSERT = f"INSERT INTO step({COLUMNS}) VALUES({', '.join('?' * len(Step._fields))})"
UPSERT = (
    f"{INSERT} ON CONFLICT(doc,trace,stage,event,run) DO UPDATE SET status=excluded.status, attempt=excluded.attempt, "
    "started=excluded.started, ended=excluded.ended, waited=excluded.waited, out_key=excluded.out_key, error=excluded.error WHERE step.status<>1"
)


def is_done(connection: Transaction | driver.Connection, trace: str, doc: str, stage: str, event: str, run: int) -> bool:
    """Whether the effects of this hop are committed."""
    row = connection.execute("SELECT status FROM step WHERE trace=? AND doc=? AND stage=? AND event=? AND run=?", (trace, doc, stage, event, run)).fetchone()
    return row is not None and row[0] == StepStatus.DONE


def record(tx: Transaction, steps: Sequence[Step]) -> None:
    """Write steps; a done one is never overwritten."""
    tx.executemany(UPSERT, steps)
    tx.touch("steps")


def timeline(connection: Transaction | driver.Connection, doc: str) -> list[Step]:
    """All steps of a document, oldest first."""
    rows = connection.execute(f"SELECT {COLUMNS} FROM step WHERE doc=? ORDER BY started, stage", (doc,)).fetchall()
    return [Step._make(row) for row in rows]


def of_trace(connection: Transaction | driver.Connection, trace: str) -> list[Step]:
    """All steps of a trace, oldest first. A trace is a job, whose sources name its documents."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM step WHERE trace=? AND doc IN (SELECT '' UNION ALL SELECT doc FROM source WHERE job=?) ORDER BY started, doc, stage",
        (trace, trace),
    ).fetchall()
    return [Step._make(row) for row in rows]
