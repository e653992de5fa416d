"""Erasing a person or company (LGPD): what would go, doing it, and looking afterwards whether anything is left.

What Nexus cannot reach it names: backups, quarantined databases, files outside of the data directory.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import BadInput, OwnCompany, StillThere
from engine.facade import refusals
from engine.facade.commands import CommandResult, EraseSubject
from engine.facade.reading import Executing, Reading
from engine.fiscal.identifiers import bare
from engine.runtime.standing import TERMINAL
from engine.telemetry.keeper import Keeper
from store import backup, driver, erasure, quarantine
from store.blobs import Blobs
from store.collection import unreferenced
from store.erasure import Tally, Target
from store.errors import Damaged, NotFound
from store.store import Store
from store.transaction import Transaction

#: Documents erased in one turn of the writer.
BATCH = 10
#: Files younger than this, in seconds, may be on their way into a transaction.
ON_ITS_WAY_S = 60
DOCUMENT_ID = re.compile(rb"\b[0-9a-f]{32}\b")
CHUNK = 1024 * 1024
#: Columns that say nothing of the subject even if its digits happen to stand there.
MACHINERY = frozenset({"sha", "header_sha"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What an erasure would reach. `names` is what to look for afterwards besides the identifier."""

    identifier: str
    documents: tuple[str, ...]
    at_work: tuple[str, ...]
    names: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureView:
    """A tombstone: when, by whom, how much."""

    at_ms: int
    who: str
    documents: int
    blobs: int
    messages: int
    keys: int


class Left(NamedTuple):
    """Where something of the subject still is: a file, and in a database the column."""

    file: str
    where: str | None
    rows: int | None


class Erasures:
    """Queries and the command."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def plan(self, subject: str) -> ErasurePlan:
        """What would go, without changing anything. Raises `BadInput` or `OwnCompany`."""
        identifier = identified(subject)
        holds = partial(_holds, self._reading.blob, erasure.needles(identifier))

        def query(connection: driver.Connection) -> tuple[list[Target], list[str]]:
            _refuse_own(connection, identifier)
            return erasure.targets(connection, identifier, TERMINAL, holds), erasure.names(connection, identifier)

        found, names = await self._reading.read(query)
        return ErasurePlan(
            identifier=identifier, documents=tuple(one.doc for one in found), at_work=tuple(one.doc for one in found if one.at_work), names=tuple(names),
        )  # fmt: skip

    async def erase(self, subject: str) -> CommandResult:
        """Do it."""
        result: CommandResult = await self._executing.execute(EraseSubject(subject=subject))
        return result

    async def everyone(self) -> tuple[ErasureView, ...]:
        """The tombstones, oldest first."""

        def query(connection: driver.Connection) -> list[Any]:
            return connection.execute(
                "SELECT at, who, documents, blobs, messages, keys FROM erasure ORDER BY id"
            ).fetchall()

        return tuple(
            ErasureView(at_ms=row[0], who=row[1], documents=row[2], blobs=row[3], messages=row[4], keys=row[5])
            for row in await self._reading.read(query)
        )

    async def left(self, directory: Path, plan: ErasurePlan) -> tuple[Left, ...]:
        """Search every file of a data directory for the subject, byte by byte; takes as long as reading them takes."""
        sought = erasure.needles(plan.identifier, plan.names)
        found = await asyncio.to_thread(lambda: [path for path in _files(directory) if _in_file(path, sought)])
        left: list[Left] = []
        for path in found:
            if path.name.startswith("nexus.db") and path.parent == directory:
                continue
            left.append(Left(str(path), None, None))
        if any(path.parent == directory and path.name.startswith("nexus.db") for path in found):
            mentions = await self._reading.read(lambda connection: erasure.mentions(connection, sought))
            told = [
                Left(str(directory / "nexus.db"), f"{one.table}.{one.column}", one.rows)
                for one in mentions
                if one.column not in MACHINERY
            ]
            left += told or [
                Left(str(path), None, None)
                for path in found
                if path.parent == directory and path.name.startswith("nexus.db")
            ]
        return tuple(left)


def unreached(directory: Path) -> tuple[str, ...]:
    """What may hold the subject and is not touched: backups, copies made before a migration, databases moved aside."""
    folders = (directory / backup.FOLDER, directory / quarantine.QUARANTINE)
    found = [path for folder in folders if folder.is_dir() for path in folder.iterdir()]
    return tuple(sorted(map(str, [*found, *directory.glob("nexus.db.before-schema-*")])))


def identified(subject: str) -> str:
    """The identifier without punctuation. Raises `BadInput` if it has not the shape of a CNPJ or CPF."""
    identifier = bare(subject)
    shaped = (len(identifier) == 11 and identifier.isdigit()) or (
        len(identifier) == 14 and identifier.isalnum() and identifier[12:].isdigit()
    )
    if not (identifier.isascii() and shaped):
        raise BadInput(f"{subject!r} is no CNPJ or CPF.")
    return identifier


async def erase(store: Store, command: EraseSubject, who: str, keeper: Keeper | None = None) -> CommandResult:
    """Carry the command out, in the telemetry too if this process keeps some. What is at work is refused; the rest goes. Raises `StillThere` if the WAL could not be emptied."""
    identifier = identified(command.subject)
    wall = store.clock.wall_ms()
    holds = partial(_holds, store.blobs.read, erasure.needles(identifier))

    def look(connection: driver.Connection) -> tuple[list[Target], list[str]]:
        _refuse_own(connection, identifier)
        return erasure.targets(connection, identifier, TERMINAL, holds), erasure.names(connection, identifier)

    found, names = await store.read(look)
    sought = erasure.needles(identifier, names)
    shas: set[bytes] = set()
    refused, tallies = [one.doc for one in found if one.at_work], []
    going = [one for one in found if not one.at_work]
    for start in range(0, len(going), BATCH):
        part = going[start : start + BATCH]
        for target, tally in zip(part, await store.write(partial(_erase, targets=part, shas=shas)), strict=True):
            if tally is None:
                refused.append(target.doc)
            else:
                tallies.append(tally)
    mentioned = partial(_erase_mentions, wall=wall, identifier=identifier, sought=sought, shas=shas)
    tallies.append(await store.write(mentioned))
    shas |= await store.read(erasure.doomed)
    gone = frozenset(target.doc.encode() for target in going if target.doc not in refused)
    blobs = await _erase_blobs(store, shas, sought, gone)
    done = Tally(*map(sum, zip(*tallies, Tally(0, blobs, 0, 0), strict=True)))
    forgotten = keeper is None or await keeper.erase([one.decode() for one in gone], sought)
    if any(done):
        await store.write(lambda tx: erasure.bury(tx, wall, who, done))
    await store.writer.between(erasure.scour)
    if not (await erasure.emptied(store.writer.between) and forgotten):
        raise StillThere("The write-ahead log could not be emptied: another program reads the database.")
    return CommandResult(
        done=done.documents, refused=tuple(refusals.STILL_AT_WORK.of(doc) for doc in refused),
        data={"documents": done.documents, "blobs": done.blobs, "messages": done.messages, "keys": done.keys},
    )  # fmt: skip


def _erase(tx: Transaction, targets: Sequence[Target], shas: set[bytes]) -> list[Tally | None]:
    tallies = [erasure.erase(tx, target, TERMINAL, shas) for target in targets]
    erasure.doom(tx, shas)
    return tallies


def _erase_mentions(tx: Transaction, wall: int, identifier: str, sought: Sequence[bytes], shas: set[bytes]) -> Tally:
    tally = erasure.erase_mentions(tx, wall, identifier, sought, shas)
    erasure.doom(tx, shas)
    return tally


async def _erase_blobs(store: Store, shas: set[bytes], sought: Sequence[bytes], docs: frozenset[bytes]) -> int:
    """Delete the blobs that nothing names any more: those of the documents `docs`, and orphans that speak of them or of the subject. Returns how many."""
    limit = (store.clock.wall_ms() - ON_ITS_WAY_S * 1000) / 1000
    for folder in await store.aside(store.blobs.folders):
        settled = set(await store.aside(partial(store.blobs.stored, folder, limit)))
        stored = await store.aside(partial(store.blobs.stored, folder))
        for sha in await store.read(partial(unreferenced, shas=stored)):
            if await store.aside(partial(_speaks, store.blobs, sha, sought if sha in settled else (), docs)):
                shas.add(sha)
    gone = 0
    named = sorted(shas)
    for start in range(0, len(named), BATCH):
        gone += await store.write(partial(_destroy, store=store, shas=named[start : start + BATCH]))
    # It holds what was thrown away within the hour, packed files among it that cannot be searched.
    await store.aside(lambda: store.blobs.empty_trash(float("inf")))
    return gone


def _speaks(blobs: Blobs, sha: bytes, sought: Sequence[bytes], docs: frozenset[bytes]) -> bool:
    """Whether a blob has any of the bytes in it, or the id of any of the documents: so messages begin that were too large for their row."""
    try:
        content = blobs.read(sha)
    except (NotFound, Damaged):
        return False
    return any(one in content for one in sought) or not docs.isdisjoint(DOCUMENT_ID.findall(content))


def _destroy(tx: Transaction, store: Store, shas: Sequence[bytes]) -> int:
    gone = sum(store.blobs.destroy(sha) for sha in unreferenced(tx, shas))
    erasure.spare(tx, shas)
    return gone


def _refuse_own(connection: driver.Connection, identifier: str) -> None:
    if connection.execute("SELECT 1 FROM company WHERE cnpj=? LIMIT 1", (identifier,)).fetchone() is not None:
        raise OwnCompany


def _holds(read: Any, sought: Sequence[bytes], sha: bytes) -> bool:
    """Whether a blob has any of the bytes in it; one that cannot be read has not."""
    try:
        content = read(sha)
    except (NotFound, Damaged):
        return False
    return any(one in content for one in sought)


def _files(directory: Path) -> Iterator[Path]:
    """Every file of the data directory but those that are told as not reached anyway."""
    skipped = set(unreached(directory))
    for folder, folders, names in os.walk(directory):
        folders[:] = [name for name in folders if str(Path(folder, name)) not in skipped]
        for name in names:
            path = Path(folder, name)
            if str(path) not in skipped and path.is_file():
                yield path


def _in_file(path: Path, sought: Sequence[bytes]) -> bool:
    """Whether a file's name or content has any of the bytes; one that vanishes meanwhile has not."""
    if any(one in os.fsencode(path.name) for one in sought):
        return True
    overlap = max(map(len, sought)) - 1
    tail = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                window = tail + chunk
                if any(one in window for one in sought):
                    return True
                tail = window[-overlap:]
    except OSError:
        return False
    return False
