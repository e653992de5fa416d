"""Taking files in: bytes to a durable blob, then one transaction a file, whose COMMIT is the acknowledgement.

One command is one job. Files are acknowledged in the order they were named; containers are opened as soon as they are acknowledged and their
documents committed in chunks; halves of notes that came in lists wait until all files of the job are in. Below the floor of free space no file
is begun. A job that a crash left open is finished at the next start from what is durable.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from engine.contract import codec, keys
from engine.errors import (
    BadInput,
    EngineError,
    FileChanged,
    FileTooLarge,
    NoRoomForFile,
    NoSpace,
    NoSuchFile,
    NotReadable,
)
from engine.extraction.kinds import HEAD, Recognition, recognise
from engine.extraction.sandbox.protocol import Crash
from engine.extraction.sandbox.sandbox import Sandbox
from engine.intake import containers, floor, job_state, opening, pairing, planning
from engine.intake.ahead import Ahead, Begun
from engine.intake.arrivals import arrive, attach_contents
from engine.intake.containers import Level, Nesting
from engine.intake.floor import Floor
from engine.intake.identity import claimed_key, document_id, number_key, part_id
from engine.intake.paths import files, told
from engine.outside import Outside
from engine.runtime.persistence import Persistence
from store.blobs import Blob
from store.errors import Busy, Changed, DiskFull, StoreError, TooLarge
from store.kv import INLINE
from store.queues import Priority
from store.records import documents, jobs
from store.space import Space
from store.store import Store
from store.transaction import Transaction

#: Largest file intake takes, in bytes.
LARGEST_FILE = 200 * 1024 * 1024
#: Documents of a container committed together.
CHUNK = 50
#: What may stand before the first tag: marks of the encoding, white space.
BEFORE_XML = b"\xef\xbb\xbf\xff\xfe \t\r\n\0"

#: What is waited for until it is over. A folder that cannot be written is told to whoever brings the files; he is still there.
OUTWAITED = (DiskFull, Busy)
#: State of an acknowledgement that is none yet: the file waits for free space, and another follows.
WAITING = "waiting"

#: An archive that lies in another one was recognised by whoever opened that one.
ARCHIVE = Recognition(kind="UNSUPPORTED", family="zip", container=True)


class Acknowledged(NamedTuple):
    """A file that is durable, or why it was not taken or has to wait. `already` says the document was known before this job."""

    path: str
    doc: str | None
    job: str
    state: str
    already: bool
    error: EngineError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a job wants. `options` are the wire's (priority, reprocess, dryRun). Links in paths are followed where a person named them."""

    tenant: str
    source: str = "upload"
    priority: str = "normal"
    options: dict[str, Any] = field(default_factory=dict)
    links: bool = True


class Received(NamedTuple):
    """A durable file and what it is."""

    blob: Blob
    recognition: Recognition
    access_key: str | None


class Intake:
    """Takes files in for the one owner of a store. `space` is where its files go; without it free space is not asked for."""

    def __init__(self, store: Store, outside: Outside, sandbox: Sandbox, space: Space | None = None, job_ttl_s: int = keys.JOB_S) -> None:
        self.job_ttl_s = job_ttl_s
        self._store = store
        self._clock = outside.clock
        self._new_id = outside.new_id
        self._sandbox = sandbox
        self._persistence = Persistence(store, *OUTWAITED)
        self._floor = Floor(space)
        #: Files whose bytes are being written at this moment.
        self._copying = 0
        #: Called with jobs that have ended, once their value is stored.
        self.on_job_end: Callable[[jobs.Job], None] = lambda _: None

    @property
    def stalled(self) -> StoreError | EngineError | None:
        """Why nothing is taken in, while the disk is in the way."""
        return self._persistence.stalled or self._floor.lack

    async def open_job(self, request: Request) -> str:
        """Begin a job; it stays open until `close_job`."""
        job = self._new_id()
        wall = self._clock.wall_ms()
        options = json.dumps({**request.options, "priority": request.priority})

        def create(tx: Transaction) -> None:
            jobs.create(tx, wall, job, request.tenant, request.source, Priority[request.priority.upper()], options)
            job_state.put_created(tx, wall, job, self.job_ttl_s)

        await self._persistence.write(create)
        return job

    async def add(self, job: str, request: Request, paths: Sequence[Path]) -> AsyncGenerator[Acknowledged, None]:
        """Take in every file below `paths`; yields each as it is acknowledged, and one as `WAITING` each time free space is waited for."""
        ahead = Ahead(files(paths), partial(self._receive, links=request.links), self._floor)
        unplanned = 0
        said: Begun[Received] | None = None
        try:
            while True:
                lack = ahead.fill()
                if ahead.first is not None and (stuck := await self._stuck(ahead.first)) is not None:
                    await self._plan_what_is_left(job)
                    if said is not ahead.first:
                        said = ahead.first
                        yield Acknowledged(told(said.found.path), None, job, WAITING, already=False, error=stuck)
                    continue
                begun = ahead.take()
                if begun is None:
                    if ahead.next is None:
                        break
                    await self._plan_what_is_left(job)
                    yield Acknowledged(told(ahead.next.path), None, job, WAITING, already=False, error=lack)
                    await self._floor.back(ahead.next.size, partial(self._plan_what_is_left, job))
                    continue
                yield await self._acknowledge(job, request, begun)
                unplanned += 1
                if unplanned >= planning.CHUNK:
                    await self._plan(job)
                    unplanned = 0
        finally:
            await ahead.drop()

    async def send_on(self, job: str) -> None:
        """What the job has taken in so far goes on its way; halves of notes that came in lists wait for the rest."""
        await self._plan(job)

    async def close_job(self, job: str) -> jobs.Job:
        """All files are in: pair what the lists brought, send everything on its way. Returns the job, which may have ended already."""
        now, wall = self._clock.steady_ms(), self._clock.wall_ms()
        while await self._persistence.write(partial(pairing.pair, now=now, wall=wall, job=job, limit=CHUNK)):
            pass
        await self._plan(job)
        closed = await self._persistence.write(lambda tx: jobs.close_intake(tx, wall, job))
        if closed.finished >= closed.total:
            await self.conclude(closed)
        return closed

    async def conclude(self, job: jobs.Job) -> None:
        """The job has ended: its value is stored as it stands, and whoever listens is told."""
        body: bytes | None = codec.encode(await self._store.read(lambda connection: job_state.job_value(connection, job)))
        blob = None
        if body is not None and len(body) > INLINE:
            blob, body = await self._keep_bytes(body), None
        wall = self._clock.wall_ms()

        def operation(tx: Transaction) -> None:
            if blob is not None:
                self._store.blobs.confirm(blob.sha)
            job_state.put_ended(tx, wall, job.id, body, blob, self.job_ttl_s)

        await self._persistence.write(operation)
        self.on_job_end(job)

    async def recover(self) -> int:
        """Finish the jobs whose intake a crash interrupted. Returns how many."""
        open_jobs = await self._store.read(jobs.interrupted)
        for job in open_jobs:
            for row in await self._store.read(partial(containers.unopened, job=job.id)):
                if not await self._store.read(partial(containers.is_unopened, doc=row.doc)):
                    # It lies in another one, and was opened with it.
                    continue
                blob = Blob(row.sha, row.size)
                await self._open(job.id, row.tenant, row.doc, row.name, await self._path_of(job.id, row), row.family, blob)
            await self.close_job(job.id)
        return len(open_jobs)

    async def _path_of(self, job: str, row: documents.Document) -> str:
        sources = await self._store.read(lambda connection: documents.sources(connection, job))
        return next((source.path for source in sources if source.doc == row.doc), row.name)

    async def _plan(self, job: str, write: Callable[[Callable[[Transaction], int]], Awaitable[int]] | None = None) -> None:
        row = await self._store.read(lambda connection: jobs.find(connection, job))
        if row is None:
            raise BadInput(f"There is no job {job[:40]}.")
        while True:
            now, wall = self._clock.steady_ms(), self._clock.wall_ms()
            if not await (write or self._persistence.write)(partial(planning.plan, now=now, wall=wall, job=row)):
                return

    async def _plan_what_is_left(self, job: str) -> None:
        """Nothing that is acknowledged waits for free space, as long as the disk takes the few bytes of a plan; else it is planned later."""
        if await self._store.read(lambda connection: documents.unplanned(connection, job, 1)):
            with suppress(*OUTWAITED):
                await self._plan(job, self._store.write)

    async def _receive(self, path: Path, *, links: bool) -> Received:
        try:
            blob = await self._persistence.outwait(partial(self._copy, path, links=links))
        except TooLarge as error:
            raise FileTooLarge(str(error)) from error
        except Changed as error:
            raise FileChanged(str(error)) from error
        except FileNotFoundError as error:
            raise NoSuchFile(f"There is no {path}.") from error
        return await self._look(blob, path.name)

    async def _copy(self, path: Path, *, links: bool) -> Blob:
        self._copying += 1
        try:
            return await self._store.blobs.put_file(path, LARGEST_FILE, links=links)
        except DiskFull as error:
            if self._copying == 1 and self._floor.ample:
                # There is room, and nobody else takes it: waiting would not end.
                raise NoRoomForFile(f"{path} does not fit: the disk was full before its end, although nothing else was in its way.") from error
            raise
        finally:
            self._copying -= 1

    async def _stuck(self, begun: Begun[Received]) -> NoSpace | None:
        """Wait a while for a file that was begun. Returns what it lacks if it is still not there for want of room."""
        if begun.task is None or begun.task.done():
            return None
        while not (await asyncio.wait({begun.task}, timeout=floor.LOOK_S))[0]:
            if isinstance(self._persistence.stalled, DiskFull) and (lack := self._floor.check(size=begun.found.size)) is not None:
                return lack
        return None

    async def _look(self, blob: Blob, name: str) -> Received:
        """What the bytes are. An XML is looked at as a whole, so that a lot is known as one; a large one in the sandbox, for it takes a while."""
        path = self._store.blobs.path(blob.sha)
        head = first_bytes(path)
        recognition: Recognition | Crash = Crash(code="unavailable", detail="not asked")
        if blob.size > HEAD and head.lstrip(BEFORE_XML).startswith(b"<"):
            recognition = await self._sandbox.run("recognise", {"path": str(path.absolute()), "name": name})
        if isinstance(recognition, Crash):
            recognition = recognise(head, blob.size, name)
        # A container carries the key of the first note in it, and is none.
        return Received(blob, recognition, None if recognition.container else claimed_key(head))

    async def _acknowledge(self, job: str, request: Request, begun: Begun[Received]) -> Acknowledged:
        path = told(begun.found.path)
        name = path.rpartition("/")[2]
        if begun.task is None:
            return Acknowledged(path, None, job, "refused", already=False, error=begun.found.error)
        try:
            received = await begun.task
        except BadInput as error:
            return Acknowledged(path, None, job, "refused", already=False, error=error)
        except OSError as error:
            return Acknowledged(path, None, job, "refused", already=False, error=NotReadable(f"{path} cannot be read: {error.strerror}."))
        doc = document_id(request.tenant, received.blob.sha)
        acknowledged = await self._commit(job, request.tenant, doc, name, path, received, parent=None, label=None)
        family = received.recognition.family
        if not _opens(received.recognition):
            return acknowledged
        if acknowledged.already:
            now, wall = self._clock.steady_ms(), self._clock.wall_ms()
            await self._persistence.write(partial(attach_contents, now=now, wall=wall, container=doc, job=job, path=path))
        else:
            await self._open(job, request.tenant, doc, name, path, family, received.blob)
        return acknowledged

    async def _commit(
        self, job: str, tenant: str, doc: str, name: str, path: str, received: Received, *, parent: str | None, label: str | None
    ) -> Acknowledged:
        operation = partial(
            self._insert, job=job, tenant=tenant, doc=doc, name=name, path=path, received=received, parent=parent, label=label
        )
        return await self._persistence.write(operation, received.blob.size if received.blob.size < HEAD else HEAD)

    def _insert(
        self, tx: Transaction, *, job: str, tenant: str, doc: str, name: str, path: str, received: Received, parent: str | None, label: str | None
    ) -> Acknowledged:
        self._store.blobs.confirm(received.blob.sha)
        wall = self._clock.wall_ms()
        row = {
            "tenant": tenant, "doc": doc, "name": name, "kind": received.recognition.kind, "family": received.recognition.family,
            "state": "queued", "sha": received.blob.sha, "size": received.blob.size, "added": wall, "job": job, "trace": job,
            "parent": parent, "label": label, "access_key": received.access_key, "number_key": number_key(received.access_key),
        }  # fmt: skip
        arrival = arrive(tx, self._clock.steady_ms(), wall, row, path)
        if not received.blob.size:
            # Nobody can tell what nothing is; why it has no content is known best here.
            containers.refuse(tx, tenant, doc, opening.EMPTY)
        return Acknowledged(path, doc, job, arrival.state, arrival.already)

    async def _open(self, job: str, tenant: str, doc: str, name: str, path: str, family: str, blob: Blob) -> None:
        """Take in what a container holds."""
        nesting = Nesting(doc)
        halves: list[pairing.Half] = []
        refused: opening.Refused | None = None
        async for inside in opening.contents(self._sandbox, family, self._store.blobs.path(blob.sha), name, blob.size):
            if isinstance(inside, opening.ListHalf):
                kept = await self._keep_bytes(inside.content)
                label = f"{path}!{inside.key}"
                halves.append(
                    pairing.Half(tenant, _key(inside, blob), inside.role, doc, blob.sha, inside.place, label, kept.sha, kept.size)
                )
                if len(halves) >= CHUNK:
                    nesting.innermost.members += await self._keep(job, halves)
                continue
            if isinstance(inside, opening.Refused) and inside.whole:
                refused = inside
                break
            await self._close(tenant, nesting.leave(inside.label))
            parent = nesting.innermost
            parent.members += 1
            if isinstance(inside, opening.Refused):
                await self._refuse_part(job, tenant, parent.doc, name, path, inside, blob)
            else:
                member = await self._member(job, tenant, parent.doc, name, path, inside, blob)
                if inside.archive:
                    nesting.enter(member, inside.label)
        nesting.innermost.members += await self._keep(job, halves)
        await self._close(tenant, [*nesting.leave(), nesting.innermost], refused)

    async def _close(self, tenant: str, levels: Sequence[Level], refused: opening.Refused | None = None) -> None:
        for level in levels:
            await self._persistence.write(
                partial(containers.opened, tenant=tenant, doc=level.doc, members=level.members, refused=refused)
            )

    async def _member(self, job: str, tenant: str, parent: str, name: str, path: str, inside: opening.File, container: Blob) -> str:
        """Take in one file of a container. Returns its document; what an archive holds comes by itself."""
        blob = await self._keep_bytes(inside.content)
        label = inside.label
        received = Received(blob, ARCHIVE, None) if inside.archive else await self._look(blob, label)
        doc = part_id(tenant, container.sha, received.access_key or inside.part) if inside.part else document_id(tenant, blob.sha)
        await self._commit(job, tenant, doc, f"{name}!{label}", f"{path}!{label}", received, parent=parent, label=label)
        if _opens(received.recognition) and not inside.archive:
            await self._open(job, tenant, doc, f"{name}!{label}", f"{path}!{label}", received.recognition.family, blob)
        return doc

    async def _keep_bytes(self, content: bytes) -> Blob:
        return await self._persistence.outwait(lambda: self._store.blobs.put(content))

    async def _refuse_part(
        self, job: str, tenant: str, parent: str, name: str, path: str, refused: opening.Refused, container: Blob
    ) -> None:
        """A part that is not taken in has a document that says so; its bytes are those of the container."""
        label = refused.label
        doc = part_id(tenant, container.sha, label)
        received = Received(container, Recognition(kind="UNSUPPORTED", family="unknown", container=False), None)
        await self._commit(job, tenant, doc, f"{name}!{label}", f"{path}!{label}", received, parent=parent, label=label)
        await self._persistence.write(partial(containers.refuse, tenant=tenant, doc=doc, refused=refused))

    async def _keep(self, job: str, halves: list[pairing.Half]) -> int:
        if not halves:
            return 0
        kept = list(halves)
        halves.clear()
        await self._persistence.write(partial(pairing.keep, job=job, halves=kept))
        return len(kept)


def first_bytes(path: Path) -> bytes:
    """As much as recognition needs at least."""
    with path.open("rb") as file:
        return file.read(HEAD)


def _opens(recognition: Recognition) -> bool:
    return recognition.container and recognition.family in opening.TASKS


def _key(half: opening.ListHalf, container: Blob) -> str:
    """Rows without a usable key cannot meet rows of another list."""
    return f"{container.sha.hex()[:16]}{half.key}" if half.key.startswith("#") else half.key
