"""The timeline: which agent did what for which document when. A done step makes a redelivered message a no-op."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from itertools import chain
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


class Done(NamedTuple):
    """What is particular to one of several hops of a trace, document and run."""

    stage: str
    event: str
    attempt: int
    started: int
    ended: int
    waited: int


COLUMNS = ", ".join(Step._fields)
UPSERT = (
    " ON CONFLICT(doc,trace,stage,event,run) DO UPDATE SET status=excluded.status, attempt=excluded.attempt, "
    "started=excluded.started, ended=excluded.ended, waited=excluded.waited, out_key=excluded.out_key, error=excluded.error WHERE step.status<>1"
)
ONE = f"INSERT INTO step({COLUMNS}) VALUES({', '.join('?' * len(Step._fields))}){UPSERT}"
#: Most rows of one statement.
MOST_ROWS = 16


@cache
def _many(rows: int) -> str:
    """Rows that share trace, document and run: one statement whose shared values are bound once costs a third of a statement a row."""
    values = []
    for row in range(rows):
        stage, event, attempt, started, ended, waited = (f"?{4 + 6 * row + place}" for place in range(6))
        values.append(f"(?1,?2,{stage},{event},?3,{int(StepStatus.DONE)},{attempt},{started},{ended},{waited},NULL,NULL)")
    return f"INSERT INTO step({COLUMNS}) VALUES{','.join(values)}{UPSERT}"


def is_done(connection: Transaction | driver.Connection, trace: str, doc: str, stage: str, event: str, run: int) -> bool:
    """Whether the effects of this hop are committed."""
    row = connection.execute("SELECT status FROM step WHERE trace=? AND doc=? AND stage=? AND event=? AND run=?", (trace, doc, stage, event, run)).fetchone()
    return row is not None and row[0] == StepStatus.DONE


def record(tx: Transaction, step: Step) -> None:
    """Write a step; a done one is never overwritten."""
    tx.execute(ONE, step)
    tx.touch("steps")


def record_done(tx: Transaction, trace: str, doc: str, run: int, hops: Sequence[Done]) -> bool:
    """Write hops that are done. False, and nothing is changed, if the first of them was done already."""
    tx.touch("steps")
    if len(hops) > 1 and is_done(tx, trace, doc, hops[0].stage, hops[0].event, run):
        return False
    written = 0
    for start in range(0, len(hops), MOST_ROWS):
        part = hops[start : start + MOST_ROWS]
        written += tx.execute(_many(len(part)), (trace, doc, run, *chain.from_iterable(part))).rowcount
    return written > 0


def timeline(connection: Transaction | driver.Connection, doc: str) -> list[Step]:
    """All steps of a document, oldest first; several of one millisecond in the order of the pipeline, where A10 comes after A9."""
    rows = connection.execute(f"SELECT {COLUMNS} FROM step WHERE doc=? ORDER BY started, length(stage), stage", (doc,)).fetchall()
    return [Step._make(row) for row in rows]


def of_trace(connection: Transaction | driver.Connection, trace: str) -> list[Step]:
    """All steps of a trace, oldest first. A trace is a job, whose sources name its documents."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM step WHERE trace=? AND doc IN (SELECT '' UNION ALL SELECT doc FROM source WHERE job=?) ORDER BY started, doc, length(stage), stage",
        (trace, trace),
    ).fetchall()
    return [Step._make(row) for row in rows]
