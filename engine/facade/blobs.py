"""The files of documents: whether every one that is named is there and is what its name says, and collecting those that nothing names."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Literal

from engine.facade.commands import CollectBlobs, CommandResult
from engine.facade.reading import Executing, Reading
from store.collection import Collector
from store.driver import Connection
from store.errors import Damaged, NotFound
from store.references import documents_of, referenced
from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class BadBlob:
    """A file that cannot be used, and the documents that need it."""

    sha256: str
    problem: Literal["missing", "damaged"]
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobsView:
    """How many files were read, their bytes, and which are bad."""

    checked: int
    bytes: int
    bad: tuple[BadBlob, ...]


class BlobFiles:
    """Queries and commands on blobs."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def check(self) -> BlobsView:
        """Read every blob that a row names and compare it with its name; takes as long as reading them takes."""
        size = 0
        bad: list[BadBlob] = []
        named = await self._reading.read(referenced)
        for sha in named:
            problem: Literal["missing", "damaged"]
            try:
                size += len(await asyncio.to_thread(self._reading.blob, sha))
                continue
            except NotFound:
                problem = "missing"
            except Damaged:
                problem = "damaged"
            documents = await self._reading.read(partial(_still_needed_by, sha=sha))
            if documents is not None:
                bad.append(BadBlob(sha256=sha.hex(), problem=problem, documents=documents))
        return BlobsView(checked=len(named), bytes=size, bad=tuple(bad))

    async def collect(self) -> CommandResult:
        """Move what nothing names, and was put more than an hour ago, to the trash; delete what has lain there for an hour."""
        result: CommandResult = await self._executing.execute(CollectBlobs())
        return result


async def collect(store: Store) -> CommandResult:
    """Carry the command out: once round all folders."""
    collected = await Collector(store).round()
    return CommandResult(done=collected.trashed, data={"seen": collected.seen, "deleted": collected.emptied})


def _still_needed_by(connection: Connection, sha: bytes) -> tuple[str, ...] | None:
    """The documents; `None` if no row names the blob any more, which may have gone since."""
    documents = documents_of(connection, sha)
    if not documents and sha not in referenced(connection):
        return None
    return tuple(documents)
