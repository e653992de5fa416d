"""The value of `job:{traceId}`: composed from rows whenever it is read, stored when the job begins and when it ends."""

from __future__ import annotations

from typing import Any

from engine.contract import codec, keys
from engine.outside import iso
from store import kv
from store.blobs import Blob
from store.driver import Connection
from store.kv import Namespace
from store.records import jobs
from store.records.jobs import Job
from store.transaction import Transaction

DOCUMENTS = (
    "SELECT d.doc, d.state, d.stage, d.error, (SELECT max(attempt) FROM step WHERE step.doc=d.doc) "
    "FROM source s JOIN document d ON d.tenant=s.tenant AND d.doc=s.doc WHERE s.job=? ORDER BY s.id"
)


def job_value(connection: Connection | Transaction, job: Job) -> dict[str, Any]:
    """The wire's fields, then the local additions: documents, skipped, counts. What is not known is absent."""
    rows = connection.execute(DOCUMENTS, (job.id,)).fetchall()
    ids = list(dict.fromkeys(row[0] for row in rows))
    value: dict[str, Any] = {
        "jobId": job.id,
        "tenantId": job.tenant,
        "status": job.status,
        "docIds": ids,
        "createdAt": iso(job.created),
        "updatedAt": iso(job.updated),
    }
    if job.status == "report_ready" and ids:
        value["reportDocId"] = ids[-1]
    value["documents"] = {row[0]: _standing(*row[1:]) for row in rows}
    value["skipped"] = [row[0] for row in rows if row[1] == "waiting_lock"]
    value["counts"] = {"total": job.total, "finished": job.finished, "failed": job.failed, "skipped": job.skipped}
    return value


def put_created(tx: Transaction, wall: int, job: str, ttl_s: int = keys.JOB_S) -> None:
    """Store the value of a job that has just been created; it names no document yet, so it is small."""
    created = jobs.find(tx, job)
    assert created is not None
    kv.put(tx, Namespace.STATE, keys.job(job), codec.encode(job_value(tx, created)), expires=wall + ttl_s * 1000)


def put_ended(tx: Transaction, wall: int, job: str, body: bytes | None, blob: Blob | None, ttl_s: int = keys.JOB_S) -> None:
    """Store the value of a job that has ended; a large one is a blob that is durable already."""
    size = None if blob is None else blob.size
    sha = None if blob is None else blob.sha
    kv.put(tx, Namespace.STATE, keys.job(job), body, sha=sha, size=size, expires=wall + ttl_s * 1000)


def _standing(state: str, stage: int | None, error: str | None, attempts: int | None) -> dict[str, Any]:
    told: dict[str, Any] = {"status": state, "attempts": attempts or 0}
    if stage is not None:
        told["stage"] = stage
    if error is not None:
        told["error"] = error
    return told
