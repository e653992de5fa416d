"""What taking files in would do, for `dryRun`: each file is looked at where it lies and asked after in the database; nothing is written.

A container is told as one: what it holds is known once it is opened, which is the work that is not done here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engine.extraction.kinds import Recognition, recognise
from engine.intake.identity import claimed_key, document_id
from engine.intake.intake import first_bytes
from engine.intake.paths import told
from store.driver import Connection
from store.records import documents


class Looked(NamedTuple):
    """A file and what its bytes say of it. `size` is in bytes."""

    file: str
    size: int
    sha: bytes
    recognition: Recognition
    access_key: str | None


def look(path: Path) -> Looked:
    """Read a file once. Raises `OSError`."""
    with path.open("rb") as file:
        sha = hashlib.file_digest(file, "sha256").digest()
    head, size, name = first_bytes(path), path.stat().st_size, told(path).rpartition("/")[2]
    recognition = recognise(head, size, name)
    return Looked(name, size, sha, recognition, None if recognition.container else claimed_key(head))


def foreseen(connection: Connection, tenant: str, looked: Sequence[Looked]) -> list[dict[str, Any]]:
    """What would become of each file: `{file, docId, kind, family, container, sizeBytes, accessKey, already, state, duplicateOf}`.

    `already` is a document of these very bytes, whose state is told; `duplicateOf` another one of the same access key, here or among the files.
    """
    found: list[dict[str, Any]] = []
    by_key: dict[str, str] = {}
    for one in looked:
        doc = document_id(tenant, one.sha)
        known = documents.find(connection, doc, tenant)
        twin = None
        if one.access_key is not None:
            twin = _holder(connection, tenant, doc, one.access_key) or by_key.setdefault(one.access_key, doc)
        found.append(
            {
                "file": one.file, "docId": doc, "kind": one.recognition.kind, "family": one.recognition.family, "container": one.recognition.container,
                "sizeBytes": one.size, "accessKey": one.access_key, "already": known is not None,
                "state": "queued" if known is None else known.state, "duplicateOf": None if twin == doc else twin,
            }
        )  # fmt: skip
    return found


def _holder(connection: Connection, tenant: str, doc: str, access_key: str) -> str | None:
    row = connection.execute(
        "SELECT doc FROM document WHERE tenant=? AND access_key=? AND doc<>? ORDER BY seq LIMIT 1", (tenant, access_key, doc)
    ).fetchone()
    return None if row is None else str(row[0])
