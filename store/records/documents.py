"""Documents and where they came from: one row a document in the order of acknowledgement, one `source` row an arrival."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from store import driver
from store.transaction import Transaction


class Document(NamedTuple):
    """A row of `document`; amounts and identifiers are text, `debits` and `credits` integer cents, times milliseconds."""

    seq: int
    tenant: str
    doc: str
    name: str
    kind: str
    family: str
    state: str
    status: str | None
    risk: int | None
    stage: int | None
    sha: bytes
    header_sha: bytes | None
    size: int
    added: int
    finished: int | None
    job: str
    trace: str | None
    run: int
    planned: int
    parent: str | None
    label: str | None
    members: int | None
    refused: str | None
    access_key: str | None
    number_key: str | None
    version: str | None
    number: str | None
    series: str | None
    issued: str | None
    period: str | None
    issuer: str | None
    issuer_name: str | None
    issuer_uf: str | None
    recipient: str | None
    recipient_name: str | None
    recipient_uf: str | None
    total: str | None
    items: int | None
    cfops: str | None
    ncms: str | None
    event: str | None
    span: str | None
    role: str | None
    operation: str | None
    sector: str | None
    confidence: str | None
    debits: int | None
    credits: int | None
    entries: int | None
    errors: int | None
    alerts: int | None
    digest: str | None
    medium: str | None
    environment: str | None
    bookable: int | None
    error_code: str | None
    error: str | None
    error_arguments: str | None


class Source(NamedTuple):
    """One arrival of a document: the path it came by, under which job, and whether it was known before."""

    doc: str
    path: str
    already: int


COLUMNS = ", ".join(Document._fields)
_NEW = (
    "tenant", "doc", "name", "kind", "family", "state", "sha", "header_sha", "size", "added", "job", "trace", "parent", "label", "access_key", "number_key",
)  # fmt: skip
INSERT = f"INSERT INTO document({', '.join(_NEW)}) VALUES({', '.join('?' * len(_NEW))}) ON CONFLICT(tenant,doc) DO NOTHING"


def insert(tx: Transaction, row: Mapping[str, Any]) -> bool:
    """Add a document. False if the tenant has it already; then nothing changes."""
    added = tx.execute(INSERT, tuple(row.get(column) for column in _NEW)).rowcount > 0
    if added:
        tx.count(f"state:{row['state']}")
        tx.count("documents")
        tx.touch("documents")
    return added


def add_source(tx: Transaction, now: int, tenant: str, doc: str, job: str, path: str, *, already: bool, finished: bool) -> bool:
    """Note an arrival. False if this job has the same path already."""
    return (
        tx.execute(
            "INSERT INTO source(tenant,doc,job,path,already,finished,added) VALUES(?,?,?,?,?,?,?) ON CONFLICT DO NOTHING",
            (tenant, doc, job, path, already, finished, now),
        ).rowcount
        > 0
    )


def update(tx: Transaction, tenant: str, doc: str, values: Mapping[str, Any]) -> None:
    """Set columns of a document."""
    assignments = ", ".join([f"{column}=?" for column in values])
    tx.execute(f"UPDATE document SET {assignments} WHERE tenant=? AND doc=?", (*values.values(), tenant, doc))
    tx.touch("documents")


def change_state(tx: Transaction, tenant: str, doc: str, before: str | None, after: str) -> None:
    """Keep the counters of documents by state right; `update` writes the column. `before` is read if it is not known."""
    if before is None:
        row = tx.row("SELECT state FROM document WHERE tenant=? AND doc=?", (tenant, doc))
        if row is None:
            return
        before = row[0]
    if before != after:
        tx.count(f"state:{before}", -1)
        tx.count(f"state:{after}")


def find(connection: Transaction | driver.Connection, doc: str, tenant: str | None = None) -> Document | None:
    """A document by its id; ids contain the tenant, which is checked where it is given."""
    row = connection.execute(f"SELECT {COLUMNS} FROM document WHERE doc=?", (doc,)).fetchone()
    if row is None or (tenant is not None and row[1] != tenant):
        return None
    return Document._make(row)


def find_many(connection: Transaction | driver.Connection, docs: Sequence[str]) -> dict[str, Document]:
    """Documents by id."""
    found: dict[str, Document] = {}
    for start in range(0, len(docs), 100):
        part = docs[start : start + 100]
        marks = ",".join("?" * len(part))
        for row in connection.execute(f"SELECT {COLUMNS} FROM document WHERE doc IN ({marks})", tuple(part)).fetchall():
            found[row[2]] = Document._make(row)
    return found


def has_twin(tx: Transaction, tenant: str, doc: str, access_key: str | None, number_key: str | None) -> bool:
    """Whether an earlier document of the tenant carries the same key or the same number."""
    return bool(twins(tx, tenant, doc, access_key, number_key, limit=1))


def twins(
    connection: Transaction | driver.Connection, tenant: str, doc: str, access_key: str | None, number_key: str | None, limit: int = 50
) -> list[Document]:
    """Documents acknowledged earlier than `doc` that carry the same access key or the same number, oldest first."""
    if access_key is None and number_key is None:
        return []
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM document WHERE tenant=? AND (access_key=? OR number_key=?) AND doc<>? "
        "AND seq<coalesce((SELECT seq FROM document WHERE doc=?), 9223372036854775807) ORDER BY seq LIMIT ?",
        (tenant, access_key, number_key, doc, doc, limit),
    ).fetchall()
    return [Document._make(row) for row in rows]


def contents(connection: Transaction | driver.Connection, container: str) -> list[tuple[str, str]]:
    """What came out of a container when it came first: documents, and the path of each inside it; nested ones included."""
    first = connection.execute("SELECT job, path FROM source WHERE doc=? AND tenant=(SELECT tenant FROM document WHERE doc=?) ORDER BY id LIMIT 1", (container, container)).fetchone()
    if first is None:
        return []
    job, path = first
    beginning = f"{path}!"
    rows = connection.execute("SELECT doc, path FROM source WHERE job=? AND path>=? AND path<? ORDER BY id", (job, beginning, f'{path}"')).fetchall()
    return [(doc, inside[len(beginning) :]) for doc, inside in rows]


def unplanned(connection: Transaction | driver.Connection, job: str, limit: int) -> list[Document]:
    """Documents of a job that no planner message names yet, oldest first."""
    rows = connection.execute(f"SELECT {COLUMNS} FROM document WHERE job=? AND planned=0 ORDER BY seq LIMIT ?", (job, limit)).fetchall()
    return [Document._make(row) for row in rows]


def mark_planned(tx: Transaction, docs: Iterable[str]) -> None:
    """A planner message names these documents now."""
    tx.executemany("UPDATE document SET planned=1 WHERE doc=?", [(doc,) for doc in docs])


def sources(connection: Transaction | driver.Connection, job: str) -> list[Source]:
    """What a job took in, in order."""
    return [Source._make(row) for row in connection.execute("SELECT doc, path, already FROM source WHERE job=? ORDER BY id", (job,)).fetchall()]


def finish_sources(tx: Transaction, tenant: str, doc: str) -> list[str]:
    """The document reached a terminal state: jobs that were waiting for it, each once an arrival."""
    return [row[0] for row in tx.rows("UPDATE source SET finished=1 WHERE tenant=? AND doc=? AND finished=0 RETURNING job", (tenant, doc))]


def reopen_sources(tx: Transaction, tenant: str, doc: str) -> list[str]:
    """A terminal document goes to work again: jobs that wait for it again, each once an arrival."""
    return [row[0] for row in tx.rows("UPDATE source SET finished=0 WHERE tenant=? AND doc=? AND finished=1 RETURNING job", (tenant, doc))]
