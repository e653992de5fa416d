"""Runs the watched folders of the owner: looks, has the intake take in what is ripe (one job a burst), moves it where that is wanted.

Each folder has a task of its own; none is faster than its own burst, and a folder that is gone or fails is tried again. The table of folders is
read anew whenever a command has changed it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from engine.errors import (
    EngineError,
    FileChanged,
    NoSuchFile,
    NotMoved,
    WatchFailed,
    WatchGone,
    WatchReplaced,
    WatchUnreadable,
)
from engine.intake.intake import WAITING, Acknowledged, Intake, Request
from engine.intake.paths import told
from engine.outside import Outside
from engine.watching import moving
from engine.watching.folder import Folder, Ripe, Timing
from engine.watching.hints import Hints
from engine.watching.options import decoded
from engine.watching.scan import Face, whole
from store.batch import Committed
from store.errors import StoreError
from store.records import watches
from store.records.watches import Seen, Watch
from store.store import Store
from store.transaction import Transaction

#: Acknowledged files that are remembered together: what a crash forgets is known when it comes again.
CHUNK = 100
#: How long what became of a file that is gone is kept, in case its disk comes back.
KEPT_MS = 30 * 24 * 3600 * 1000
#: Seconds that closing a job may take when watching ends early.
CLOSE_S = 5.0


@asynccontextmanager
async def watching(
    store: Store, outside: Outside, intake: Intake, timing: Timing | None = None
) -> AsyncIterator[Watching]:
    """Watch until the block ends."""
    runs = Watching(store, outside, intake, timing)
    try:
        await runs.start()
        yield runs
    finally:
        await runs.stop()


class Watching:
    """Watches between `start` and `stop`."""

    def __init__(self, store: Store, outside: Outside, intake: Intake, timing: Timing | None = None) -> None:
        self._store = store
        self._clock = outside.clock
        self._intake = intake
        self._timing = timing or Timing()
        self._tasks: dict[int, tuple[Watch, asyncio.Task[None]]] = {}
        self._outdated = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Watch every folder that is not paused."""
        self._store.writer.listen(self._on_commit)
        await self._read()
        self._reading = asyncio.ensure_future(self._keep_reading())

    async def stop(self) -> None:
        """Watch no more; what was acknowledged stays so."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})
        await self._end(list(self._tasks))

    def _on_commit(self, committed: Committed) -> None:
        if watches.TOPIC in committed.topics:
            self._outdated.set()

    async def _keep_reading(self) -> None:
        while True:
            await self._outdated.wait()
            self._outdated.clear()
            try:
                await self._read()
            except StoreError:
                self._outdated.set()
                await asyncio.sleep(self._timing.gone_s)

    async def _read(self) -> None:
        """Begin and end what the table says; a folder whose options changed begins anew."""
        wanted = {row.id: row for row in await self._store.read(watches.everyone) if not row.paused}
        await self._end(
            [key for key, (row, _) in self._tasks.items() if key not in wanted or _terms(wanted[key]) != _terms(row)]
        )
        for key, row in wanted.items():
            if key not in self._tasks:
                self._tasks[key] = row, asyncio.ensure_future(self._watch(row))

    async def _end(self, keys: Sequence[int]) -> None:
        ending = [self._tasks.pop(key)[1] for key in keys]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _watch(self, row: Watch) -> None:
        """Look at one folder until cancelled."""
        options = decoded(row.options)
        seen = await self._store.read(partial(watches.seen, watch=row.id))
        folder = Folder(row.directory, options, {one.path: one for one in seen}, self._timing)
        changed = asyncio.Event()

        def hint() -> None:
            folder.hinted = True
            changed.set()

        hints = Hints(row.directory, hint)
        written: tuple[float | None, tuple[str, str] | None] = (None, None)
        try:
            while True:
                try:
                    alarm = _alarm(await self._round(row, folder, options.move_to))
                    if written != (folder.scanned, alarm):
                        await self._store.write(
                            partial(watches.looked, now=self._clock.wall_ms(), watch=row.id, alarm=alarm)
                        )
                        written = folder.scanned, alarm
                except StoreError:
                    # The disk's trouble, which others tell; what was not remembered comes again with the next scan.
                    await asyncio.sleep(self._timing.gone_s)
                    continue
                if await hints.follow(folder.identity):
                    folder.hinted = True
                while (left := folder.next_look(self._clock.monotonic())) > 0:
                    changed.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), left)
        finally:
            await hints.stop()

    async def _round(self, row: Watch, folder: Folder, move_to: bytes | None) -> EngineError | None:
        """Look, and act on what is found. Returns what is in the way."""
        try:
            ripe = await asyncio.to_thread(folder.look, self._clock.monotonic())
            await self._remember(row, folder, ripe)
            if ripe.take:
                await self._take(row, folder, move_to, ripe.take)
            if move_to is not None:
                await self._move_again(row, folder, move_to, ripe.move)
        except (WatchGone, WatchReplaced, WatchUnreadable) as error:
            return error
        except StoreError:
            raise
        except Exception as error:
            # A fault of ours must not end the watching of this folder in silence.
            return WatchFailed(f"{type(error).__name__}: {error}")
        stuck = next((one for one in folder.seen.values() if one.state == "unmoved"), None)
        return None if stuck is None else NotMoved(stuck.error)

    async def _move_again(
        self, row: Watch, folder: Folder, move_to: bytes, files: Sequence[tuple[bytes, Face]]
    ) -> None:
        for name, face in files:
            doc = folder.seen[name].doc
            assert doc is not None
            left = await self._move(row, move_to, name, face, doc)
            await self._note(row, folder, [] if left is None else [left], [name] if left is None else [], 0)

    async def _remember(self, row: Watch, folder: Folder, ripe: Ripe) -> None:
        """What cannot be taken is told once; what is gone for long is forgotten."""
        now = self._clock.wall_ms()
        rows = [
            _seen(name, one.face, now, "refused", error=one.error)
            for name, one in ripe.refused
            if one.error is not None
        ]
        old = [
            name
            for name in ripe.gone
            if folder.seen[name].at < now - KEPT_MS or folder.seen[name].error_code is not None
        ]
        await self._note(row, folder, rows, old, 0)

    async def _take(
        self, row: Watch, folder: Folder, move_to: bytes | None, ripe: Sequence[tuple[bytes, Face]]
    ) -> None:
        """Take a burst in as one job, and move what is acknowledged if that is wanted."""
        request = Request(tenant=row.tenant, links=False)
        left = deque(ripe)
        rows: list[Seen] = []
        moved: list[bytes] = []
        taken = 0
        paths = [whole(row.directory, name) for name, _ in ripe]
        async with self._job(request) as job:
            try:
                async for one in self._intake.add(job, request, paths):
                    if one.state == WAITING or (meant := _meant(row.directory, left, one)) is None:
                        continue
                    kept = _outcome(one, meant, self._clock.wall_ms())
                    taken += one.error is None
                    if kept is not None and kept.doc is not None and move_to is not None:
                        kept = await self._move(row, move_to, *meant, kept.doc)
                        if kept is None:
                            moved.append(meant[0])
                    if kept is not None:
                        rows.append(kept)
                    if len(rows) + len(moved) >= CHUNK:
                        await self._note(row, folder, rows, moved, taken)
                        rows, moved, taken = [], [], 0
            finally:
                await self._note(row, folder, rows, moved, taken)

    async def _move(self, row: Watch, move_to: bytes, name: bytes, face: Face, doc: str) -> Seen | None:
        """Move a file that is taken in. Returns what is to be remembered of it if it is still there: it is tried again with the next scan."""
        now = self._clock.wall_ms()
        try:
            if await asyncio.to_thread(moving.move, row.directory, name, face, move_to, row.tenant, doc) is None:
                return _seen(name, face, now, "taken", doc=doc)
        except NotMoved as error:
            return _seen(name, face, now, "unmoved", doc=doc, error=error)
        return None

    async def _note(self, row: Watch, folder: Folder, rows: Sequence[Seen], gone: Sequence[bytes], taken: int) -> None:
        """Remember what became of files, forget those that are `gone`."""
        for one in rows:
            folder.seen[one.path] = one
        known = [name for name in gone if folder.seen.pop(name, None) is not None]
        if not (rows or known or taken):
            return

        def operation(tx: Transaction) -> None:
            watches.note(tx, row.id, rows, taken)
            watches.forget(tx, row.id, known)

        await self._store.write(operation)

    @asynccontextmanager
    async def _job(self, request: Request) -> AsyncIterator[str]:
        """A job for a burst, closed after it; one that was broken off is closed too, or by the next start."""
        job = await self._intake.open_job(request)
        try:
            yield job
        except BaseException:
            with suppress(TimeoutError, StoreError):
                async with asyncio.timeout(CLOSE_S):
                    await self._intake.close_job(job)
            raise
        await self._intake.close_job(job)


def _terms(row: Watch) -> tuple[bytes, str, str]:
    return row.directory, row.tenant, row.options


def _alarm(error: EngineError | None) -> tuple[str, str] | None:
    return None if error is None else (error.code, str(error))


def _meant(directory: bytes, left: deque[tuple[bytes, Face]], one: Acknowledged) -> tuple[bytes, Face] | None:
    """Which of the files that are left an acknowledgement is about: they come in order."""
    while left:
        name, face = left.popleft()
        if told(whole(directory, name)) == one.path:
            return name, face
    return None


def _outcome(one: Acknowledged, meant: tuple[bytes, Face], now: int) -> Seen | None:
    """What is remembered of a file; nothing of one that someone began to write again, which comes back when it is ripe."""
    if isinstance(one.error, (FileChanged, NoSuchFile)):
        return None
    name, face = meant
    return _seen(name, face, now, "taken" if one.error is None else "refused", doc=one.doc, error=one.error)


def _seen(
    name: bytes, face: Face, now: int, state: str, *, doc: str | None = None, error: EngineError | None = None
) -> Seen:
    code, sentence = (None, None) if error is None else (error.code, str(error))
    return Seen(name, *face, state, doc, code, sentence, now)
