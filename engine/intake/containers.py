"""Containers: which of the archives inside one another a member lies in, and what is noted on the record of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from engine.intake import opening
from store.records import documents
from store.transaction import Transaction


@dataclass(slots=True)
class Level:
    """A container being opened: its document, its label below the outermost one, and how many documents lie directly in it."""

    doc: str
    label: str
    members: int = 0


class Nesting:
    """The levels that are open, outermost first. What an archive holds follows it at once."""

    def __init__(self, doc: str) -> None:
        self._levels = [Level(doc, "")]

    @property
    def innermost(self) -> Level:
        """Where the next member lies."""
        return self._levels[-1]

    def enter(self, doc: str, label: str) -> None:
        """An archive begins."""
        self._levels.append(Level(doc, label))

    def leave(self, label: str | None = None) -> list[Level]:
        """The archives that have ended, innermost first, since a member of that label comes; all but the outermost where none comes any more."""
        ended = []
        while len(self._levels) > 1 and not (label or "").startswith(f"{self.innermost.label}!"):
            ended.append(self._levels.pop())
        return ended


def unopened(connection: Any, job: str) -> list[documents.Document]:
    """Containers of a job whose opening did not come to its end, outermost first."""
    rows = connection.execute(
        f"SELECT {documents.COLUMNS} FROM document WHERE job=? AND members IS NULL AND refused IS NULL AND family IN ('zip','batch','csv') ORDER BY seq",
        (job,),
    ).fetchall()
    return [documents.Document._make(row) for row in rows]


def is_unopened(connection: Any, doc: str) -> bool:
    """Whether the opening of the container is still to come to its end."""
    found = documents.find(connection, doc)
    return found is not None and found.members is None and found.refused is None


def opened(tx: Transaction, tenant: str, doc: str, members: int, refused: opening.Refused | None) -> None:
    """Note on the container's record what came out of it; one that holds nothing is refused with that reason."""
    if refused is None and members:
        documents.update(tx, tenant, doc, {"members": members})
    else:
        refuse(tx, tenant, doc, refused or opening.NOTHING)


def refuse(tx: Transaction, tenant: str, doc: str, refused: opening.Refused) -> None:
    """Note why a file, or a part of one, is not taken in."""
    if refused.code != "not_a_list":
        # A table that is no list of notes is an ordinary document of its family.
        told = {"code": refused.code, "message": refused.message, "arguments": refused.arguments}
        documents.update(tx, tenant, doc, {"refused": json.dumps(told, ensure_ascii=False)})
