"""Notes out of lists: the header half and the item half of one access key meet, whichever file came first."""

from __future__ import annotations

from typing import NamedTuple

from engine.intake.arrivals import arrive
from engine.intake.identity import number_key, part_id
from store.transaction import Transaction


class Half(NamedTuple):
    """One note's rows of one list, durable as a blob. `container` is the list's document."""

    tenant: str
    key: str
    role: str
    container: str
    container_sha: bytes
    place: int
    label: str
    sha: bytes
    size: int


COLUMNS = "tenant, key, role, container, container_sha, place, label, sha, size"


def keep(tx: Transaction, job: str, halves: list[Half]) -> None:
    """Note halves; noting one twice changes nothing."""
    tx.executemany(
        f"INSERT INTO half(job, {COLUMNS}) VALUES(?{',?' * len(Half._fields)}) ON CONFLICT DO NOTHING", [(job, *half) for half in halves]
    )


def pair(tx: Transaction, now: int, wall: int, job: str, limit: int) -> int:
    """Turn halves into documents: the n-th header half and the n-th item half of a key are one note. Returns how many.

    A key without a counterpart becomes a document of its own, and says so. The document's id hangs on the list that gave the header where there
    is one, so that the order of the files does not matter.
    """
    heads = tx.rows("SELECT tenant, key, min(id) FROM half WHERE job=? GROUP BY tenant, key ORDER BY 3 LIMIT ?", (job, limit))
    made = 0
    for tenant, key, _ in heads:
        rows = tx.rows(f"SELECT id, {COLUMNS} FROM half WHERE job=? AND tenant=? AND key=? ORDER BY id", (job, tenant, key))
        headers = [Half._make(row[1:]) for row in rows if row[3] == "header"]
        items = [Half._make(row[1:]) for row in rows if row[3] == "items"]
        for place in range(max(len(headers), len(items))):
            header = headers[place] if place < len(headers) else None
            item = items[place] if place < len(items) else None
            _document(tx, now, wall, job, key, header, item)
            made += 1
        tx.executemany("DELETE FROM half WHERE id=?", [(row[0],) for row in rows])
    return made


def _document(tx: Transaction, now: int, wall: int, job: str, key: str, header: Half | None, items: Half | None) -> None:
    named = header or items
    assert named is not None
    body = items or named
    access_key = key if len(key) == 44 and "/" not in key and " " not in key else None
    doc = part_id(named.tenant, named.container_sha, key)
    row = {
        "tenant": named.tenant, "doc": doc, "name": named.label.rpartition("/")[2], "kind": "CSV", "family": "nfe", "state": "queued",
        "sha": body.sha, "header_sha": None if header is None else header.sha, "size": body.size, "added": wall, "job": job, "trace": job,
        "parent": named.container, "label": key, "access_key": access_key, "number_key": number_key(access_key),
    }  # fmt: skip
    arrive(tx, now, wall, row, named.label)
