"""Files named by the sha256 of their content.

A blob is durable before any row names it: temporary file, fsync, rename, fsync of the folder, in a small pool of threads. Whoever
references a blob in a transaction confirms the file in that turn (`confirm`), and garbage collection (`store.collection`) moves an
unreferenced file to the trash in a turn of the writer too, so the two cannot cross. Every read checks the hash: SQLite and file systems
do not notice bit rot. Folders are 0700 and files 0600 whatever the umask says.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import re
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from store.errors import Changed, Damaged, NotFound, TooLarge
from store.files import create, disk_error, open_regular, state_of, sync, sync_file

T = TypeVar("T")
#: Runs a blocking function somewhere it does not hold the loop.
Offload = Callable[[Callable[[], T]], Awaitable[T]]

CHUNK = 1024 * 1024
FOLDER_NAME = re.compile("[0-9a-f]{2}")
FILE_NAME = re.compile("[0-9a-f]{62}")


class Blob(NamedTuple):
    """A durable blob."""

    sha: bytes
    size: int


class Blobs:
    """The blob folder of a data directory: `<root>/ab/cd…`, `<root>/tmp`, `<root>/trash`."""

    def __init__(self, root: Path, offload: Callable[[Callable[[], Blob]], Awaitable[Blob]]) -> None:
        self._root = root
        self._offload = offload
        # next() on it is atomic, whichever thread of the pool asks.
        self._numbers = itertools.count(1)
        #: Two-digit folders whose own entry is durable.
        self._known: set[str] = set()
        self._making = threading.Lock()

    def prepare(self) -> None:
        """Create the folders and clear what an interrupted write left."""
        try:
            for folder in (self._root, self._root / "tmp", self._root / "trash"):
                folder.mkdir(exist_ok=True, mode=0o700)
            for left in (self._root / "tmp").iterdir():
                left.unlink()
            sync(self._root.parent)
        except OSError as error:
            raise disk_error(error, self._root) from error

    def path(self, sha: bytes) -> Path:
        """Where the blob lies, whether it exists or not."""
        name = sha.hex()
        return self._root / name[:2] / name[2:]

    async def put(self, content: bytes) -> Blob:
        """Make `content` durable."""
        return await self._offload(lambda: self._write(content))

    async def put_file(self, source: Path, limit: int, *, links: bool = True) -> Blob:
        """Stream a file in. More than `limit` bytes are refused, and a file that is written to meanwhile; nothing of them is kept.

        Without `links` none is followed, in no part of the path.
        """
        return await self._offload(lambda: self._copy(source, limit, links=links))

    def read(self, sha: bytes) -> bytes:
        """The content, checked against its name."""
        try:
            content = self.path(sha).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"Blob {sha.hex()} is missing.") from None
        if hashlib.sha256(content).digest() != sha:
            raise Damaged(f"Blob {sha.hex()} does not match its hash.")
        return content

    def confirm(self, sha: bytes) -> None:
        """Called in the turn of the writer that references the blob: the file is there, taken back from the trash if need be."""
        path = self.path(sha)
        if path.exists():
            return
        try:
            self._make_folder(path)
            (self._root / "trash" / sha.hex()).rename(path)
        except FileNotFoundError:
            raise NotFound(f"Blob {sha.hex()} is missing.") from None
        except OSError as error:
            raise disk_error(error, self._root) from error
        sync(path.parent)

    def discard(self, sha: bytes, wall_ms: int) -> bool:
        """Move a blob to the trash; only in a turn of the writer that has just seen that nothing references it. True if it was there."""
        path = self.path(sha)
        try:
            # Dated before it is moved: the trash may be emptied at this very moment.
            os.utime(path, (wall_ms / 1000, wall_ms / 1000))
            path.rename(self._root / "trash" / sha.hex())
        except FileNotFoundError:
            return False
        return True

    def destroy(self, sha: bytes) -> bool:
        """Delete a blob for good, also from the trash; only in a turn of the writer that has just seen that nothing references it."""
        there = False
        for path in (self.path(sha), self._root / "trash" / sha.hex()):
            with suppress(FileNotFoundError):
                path.unlink()
                there = True
        return there

    def empty_trash(self, older_than: float) -> int:
        """Delete what was trashed before `older_than` (seconds since the epoch). Returns how many files."""
        gone = 0
        for path in (self._root / "trash").iterdir():
            try:
                if path.stat().st_mtime < older_than:
                    path.unlink()
                    gone += 1
            except FileNotFoundError:  # a transaction took it back
                continue
        return gone

    def folders(self) -> list[str]:
        """Names of the two-digit folders in use, for a collection that goes through them one by one."""
        return sorted(path.name for path in self._root.iterdir() if FOLDER_NAME.fullmatch(path.name))

    def stored(self, folder: str, older_than: float = math.inf) -> list[bytes]:
        """Hashes of the blobs in one folder that were last put before `older_than` (seconds since the epoch)."""
        return [
            bytes.fromhex(folder + path.name)
            for path in (self._root / folder).iterdir()
            if FILE_NAME.fullmatch(path.name) and path.stat().st_mtime < older_than
        ]

    def _write(self, content: bytes) -> Blob:
        blob = Blob(hashlib.sha256(content).digest(), len(content))
        if self._present(blob):
            return blob
        temporary = self._new_temporary()
        with guarded(temporary), create(temporary) as file:
            file.write(content)
            sync_file(file)
        return self._keep(temporary, blob)

    def _copy(self, source: Path, limit: int, *, links: bool) -> Blob:
        digest = hashlib.sha256()
        size = 0
        temporary = self._new_temporary()
        with guarded(temporary), open_regular(source, links=links) as incoming, create(temporary) as file:
            before = state_of(incoming)
            while chunk := read_chunk(incoming, source):
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"{source.name} is larger than {limit} bytes.")
                digest.update(chunk)
                file.write(chunk)
            if state_of(incoming) != before:
                raise Changed(f"{source} changed while it was read.")
            sync_file(file)
        blob = Blob(digest.digest(), size)
        if self._present(blob):
            temporary.unlink()
            return blob
        return self._keep(temporary, blob)

    def _new_temporary(self) -> Path:
        return self._root / "tmp" / f"{os.getpid()}-{next(self._numbers)}"

    def _present(self, blob: Blob) -> bool:
        """Whether the file is there and whole; a damaged one is written again. It counts as put now, so that no collection takes it."""
        path = self.path(blob.sha)
        try:
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").digest() != blob.sha:
                    return False
            os.utime(path)
            # Another put may have renamed it without having synced yet.
            sync(path.parent)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise disk_error(error, self._root) from error
        return True

    def _keep(self, temporary: Path, blob: Blob) -> Blob:
        path = self.path(blob.sha)
        with guarded(temporary):
            self._make_folder(path)
            temporary.rename(path)
            sync(path.parent)
        return blob

    def _make_folder(self, path: Path) -> None:
        """The folder of a blob, its own entry durable before anything in it is."""
        with self._making:
            if path.parent.name not in self._known:
                path.parent.mkdir(mode=0o700, exist_ok=True)
                sync(self._root)
                self._known.add(path.parent.name)


def read_chunk(file: IO[bytes], source: Path) -> bytes:
    """The next bytes of a file that is taken in. Its errors name it, so that they are not taken for errors of the data directory."""
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(source)) from error


class guarded:  # noqa: N801  # reads as a statement: with guarded(file)
    """Remove the temporary file if anything fails, and say what the disk said in the store's own words."""

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        with suppress(OSError):  # what cannot be removed now is cleared at the next start
            self._temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and not self._is_of_source(error):
            raise disk_error(error, self._temporary.parent.parent) from error

    def _is_of_source(self, error: OSError) -> bool:
        """Whether the file that was being read is at fault: its name is outside the blob folder."""
        return error.filename is not None and not Path(error.filename).is_relative_to(self._temporary.parent.parent)
