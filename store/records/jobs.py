"""Jobs: one row a command that took documents in; progress changes by deltas, never by counting again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from store import driver
from store.transaction import Transaction


class Job(NamedTuple):
    """A row of `job`. `open` while its files are still coming in; `total` counts documents, `failed` those dead-lettered."""

    id: str
    tenant: str
    source: str
    prio: int
    options: str
    open: int
    status: str
    total: int
    finished: int
    failed: int
    skipped: int
    created: int
    updated: int


COLUMNS = ", ".join(Job._fields)


def create(tx: Transaction, now: int, job: str, tenant: str, source: str, prio: int, options: str) -> None:
    """Open a job; opening it twice changes nothing."""
    tx.execute(
        "INSERT INTO job(id,tenant,source,prio,options,open,status,created,updated) VALUES(?,?,?,?,?,1,'scheduled',?,?) ON CONFLICT DO NOTHING",
        (job, tenant, source, prio, options, now, now),
    )
    tx.touch("jobs")


def find(connection: Transaction | driver.Connection, job: str) -> Job | None:
    """A job by its id."""
    row = connection.execute(f"SELECT {COLUMNS} FROM job WHERE id=?", (job,)).fetchone()
    return None if row is None else Job._make(row)


def recent(connection: Transaction | driver.Connection, tenant: str | None, limit: int) -> list[Job]:
    """The newest jobs of a tenant, or of all."""
    if tenant is None:
        rows = connection.execute(f"SELECT {COLUMNS} FROM job ORDER BY created DESC, id LIMIT ?", (limit,)).fetchall()
    else:
        rows = connection.execute(f"SELECT {COLUMNS} FROM job WHERE tenant=? ORDER BY created DESC, id LIMIT ?", (tenant, limit)).fetchall()
    return [Job._make(row) for row in rows]


def interrupted(connection: Transaction | driver.Connection) -> list[Job]:
    """Jobs whose intake was still open when the process ended."""
    return [Job._make(row) for row in connection.execute(f"SELECT {COLUMNS} FROM job WHERE open=1 ORDER BY created, id").fetchall()]


def expect(tx: Transaction, job: str, documents: int, finished: int = 0) -> None:
    """The job has `documents` more, `finished` of which are done already."""
    tx.execute("UPDATE job SET total=total+?, finished=finished+? WHERE id=?", (documents, finished, job))


def close_intake(tx: Transaction, now: int, job: str) -> Job:
    """All files are in."""
    tx.execute("UPDATE job SET open=0, updated=? WHERE id=?", (now, job))
    return _settle(tx, now, job)


def advance(tx: Transaction, now: int, jobs: Iterable[str], *, failed: bool) -> list[Job]:
    """A document of these jobs is terminal. Returns the jobs, with the status that follows."""
    advanced = []
    for job in jobs:
        tx.execute("UPDATE job SET finished=finished+1, failed=failed+?, updated=? WHERE id=?", (failed, now, job))
        advanced.append(_settle(tx, now, job))
    return advanced


def reopen(tx: Transaction, now: int, job: str, *, failed: bool) -> None:
    """A terminal document of the job goes to work again (requeue)."""
    tx.execute("UPDATE job SET finished=finished-1, failed=failed-?, status='processing', updated=? WHERE id=?", (failed, now, job))
    tx.touch("jobs")


def skip(tx: Transaction, job: str) -> None:
    """The planner found a document locked and will come back to it."""
    tx.execute("UPDATE job SET skipped=skipped+1 WHERE id=?", (job,))
    tx.touch("jobs")


def _settle(tx: Transaction, now: int, job: str) -> Job:
    """Status by the counts: terminal only when intake is closed and every document is."""
    tx.execute(
        "UPDATE job SET status=CASE WHEN open=1 OR finished<total THEN 'processing' WHEN failed=0 THEN 'report_ready' "
        "WHEN failed<total THEN 'partial' ELSE 'dead_lettered' END WHERE id=? AND status<>'cancelled'",
        (job,),
    )
    tx.touch("jobs")
    settled = find(tx, job)
    assert settled is not None
    return settled
