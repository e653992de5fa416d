"""Files named by the sha256 of their content.

A blob is durable before any row names it: temporary file, fsync, rename, fsync of the folder, in a small pool of threads. Whoever
references a blob in a transaction confirms the file in that turn (`confirm`), and garbage collection moves an unreferenced file to the
trash in a turn of the writer too, so the two cannot cross. Every read checks the hash: SQLite and file systems do not notice bit rot.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, NamedTuple, TypeVar

from store.errors import Damaged, DiskFull, NotFound, StoreError, TooLarge, Unwritable

T = TypeVar("T")
#: Runs a blocking function somewhere it does not hold the loop.
Offload = Callable[[Callable[[], T]], Awaitable[T]]

CHUNK = 1024 * 1024


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

    def prepare(self) -> None:
        """Create the folders and clear what an interrupted write left."""
        for name in ("tmp", "trash"):
            (self._root / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in (self._root / "tmp").iterdir():
            left.unlink()

    def path(self, sha: bytes) -> Path:
        """Where the blob lies, whether it exists or not."""
        name = sha.hex()
        return self._root / name[:2] / name[2:]

    async def put(self, content: bytes) -> Blob:
        """Make `content` durable."""
        return await self._offload(lambda: self._write(content))

    async def put_file(self, source: Path, limit: int) -> Blob:
        """Stream a file in. More than `limit` bytes are refused and nothing is kept."""
        return await self._offload(lambda: self._copy(source, limit))

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
        trashed = self._root / "trash" / sha.hex()
        if not trashed.exists():
            raise NotFound(f"Blob {sha.hex()} is missing.")
        path.parent.mkdir(mode=0o700, exist_ok=True)
        trashed.rename(path)
        sync_folder(path.parent)

    def discard(self, sha: bytes) -> None:
        """Move a blob to the trash; only in a turn of the writer that has just seen that nothing references it."""
        path = self.path(sha)
        if path.exists():
            path.rename(self._root / "trash" / sha.hex())
            os.utime(self._root / "trash" / sha.hex())

    def empty_trash(self, older_than: float) -> int:
        """Delete what was trashed before `older_than` (seconds since the epoch). Returns how many files."""
        gone = 0
        for path in (self._root / "trash").iterdir():
            if path.stat().st_mtime < older_than:
                path.unlink()
                gone += 1
        return gone

    def folders(self) -> list[str]:
        """Names of the two-digit folders in use, for a collection that goes through them one by one."""
        return sorted(path.name for path in self._root.iterdir() if len(path.name) == 2 and path.is_dir())

    def stored(self, folder: str) -> list[bytes]:
        """Hashes of the blobs in one folder."""
        return [bytes.fromhex(folder + path.name) for path in (self._root / folder).iterdir()]

    def _write(self, content: bytes) -> Blob:
        blob = Blob(hashlib.sha256(content).digest(), len(content))
        if self._present(blob):
            return blob
        temporary = self._new_temporary()
        with guarded(temporary), temporary.open("xb") as file:
            file.write(content)
            sync_file(file)
        return self._keep(temporary, blob)

    def _copy(self, source: Path, limit: int) -> Blob:
        digest = hashlib.sha256()
        size = 0
        temporary = self._new_temporary()
        with guarded(temporary), source.open("rb") as incoming, temporary.open("xb") as file:
            while chunk := incoming.read(CHUNK):
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"{source.name} is larger than {limit} bytes.")
                digest.update(chunk)
                file.write(chunk)
            sync_file(file)
        blob = Blob(digest.digest(), size)
        if self._present(blob):
            temporary.unlink()
            return blob
        return self._keep(temporary, blob)

    def _new_temporary(self) -> Path:
        return self._root / "tmp" / f"{os.getpid()}-{next(self._numbers)}"

    def _present(self, blob: Blob) -> bool:
        try:
            return self.path(blob.sha).stat().st_size == blob.size
        except FileNotFoundError:
            return False

    def _keep(self, temporary: Path, blob: Blob) -> Blob:
        path = self.path(blob.sha)
        with guarded(temporary):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            temporary.rename(path)
            sync_folder(path.parent)
        return blob


class guarded:  # noqa: N801  # reads as a statement: with guarded(file)
    """Remove the temporary file if anything fails, and say what the disk said in the store's own words."""

    def __init__(self, temporary: Path) -> None:
        self._temporary = temporary

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        self._temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            translated = translate_os_error(error, self._temporary)
            if translated is not None:
                raise translated from error


def translate_os_error(error: OSError, target: Path) -> StoreError | None:
    """A full or unwritable data directory; `None` for an error of the file that was being read."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(f"No space left in {target.parent}.")
    if error.filename is None or str(error.filename).startswith(str(target.parent.parent)):
        return Unwritable(f"{target.parent.parent} cannot be written: {error.strerror}.")
    return None


def sync_file(file: IO[bytes]) -> None:
    """Bring a file's content to the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to the disk: a rename is durable only after this."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
