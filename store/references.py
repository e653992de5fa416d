"""Which blobs rows name, and which documents hang on a blob: for backups and for checking that every file is what its name says."""

from __future__ import annotations

from store import driver
from store.sweep import REFERENCING
from store.transaction import Transaction

#: Keys of KV that belong to one document: `<prefix>:<document>` or `<prefix>:<document>:<trace>`.
KEYS_OF_DOCUMENTS = ("ingest", "report", "assistant", "half")


def referenced(connection: Transaction | driver.Connection) -> list[bytes]:
    """The hashes of all blobs that a row names, each once, in order."""
    named = " UNION ".join(
        f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL{condition}" for table, column, condition in REFERENCING
    )
    return [bytes(row[0]) for row in connection.execute(f"{named} ORDER BY 1").fetchall()]


def documents_of(connection: Transaction | driver.Connection, sha: bytes) -> list[str]:
    """The documents that need the blob, sorted: their bytes, rows waiting to be paired, messages, reports, keys."""
    found: set[str | None] = set()
    for statement in (
        "SELECT doc FROM document WHERE sha=?", "SELECT doc FROM document WHERE header_sha=?", "SELECT container FROM half WHERE sha=?",
        "SELECT doc FROM msg WHERE sha=?", "SELECT doc FROM report WHERE sha=? AND val IS NULL",
    ):  # fmt: skip
        found.update(row[0] for row in connection.execute(statement, (sha,)).fetchall())
    for (key,) in connection.execute("SELECT key FROM kv WHERE sha=?", (sha,)).fetchall():
        prefix, _, rest = key.partition(":")
        if prefix in KEYS_OF_DOCUMENTS:
            found.add(rest.partition(":")[0])
    return sorted(doc for doc in found if doc)
