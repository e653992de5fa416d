"""Files that come through HTTP: each gets a place below `incoming/` in the data directory until intake has acknowledged it.

What a crash left there was never acknowledged; the next start removes it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

from engine.facade.disk import disk
from store.blobs import Blobs
from store.errors import NotFound
from store.files import create, disk_error

FOLDER = "incoming"
#: Bytes of a file name on the file systems there are.
LONGEST_NAME = 200
NAMELESS = "upload"


class Uploads:
    """The folder of files on their way in."""

    def __init__(self, directory: Path, blobs: Blobs) -> None:
        self._directory = directory
        self._folder = directory / FOLDER
        self._blobs = blobs

    def clear(self) -> None:
        """Remove what an earlier process left."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @asynccontextmanager
    async def place(self, name: str) -> AsyncIterator[Place]:
        """Room for the files of one request, removed at the end of the block. Raises `NoSpace` where intake would wait for room."""
        lack = disk(self._directory).error
        if lack is not None:
            raise lack
        folder = self._folder / name
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise disk_error(error, self._folder) from error
        try:
            yield Place(folder, self._blobs)
        except OSError as error:
            raise disk_error(error, self._folder) from error
        finally:
            # A thousand files are some 50 ms, which the loop has not.
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class Place:
    """The files of one request. `OSError` is what the disk says."""

    def __init__(self, folder: Path, blobs: Blobs) -> None:
        self._folder = folder
        self._blobs = blobs
        self._count = 0

    def create(self, name: str) -> tuple[Path, IO[bytes]]:
        """An empty file for an upload of that name: where it lies, and what to write into."""
        path = self._path(name)
        return path, create(path)

    def recall(self, name: str, sha: bytes) -> Path:
        """Name a blob that is stored already. Raises `NotFound`."""
        path = self._path(name)
        try:
            os.link(self._blobs.path(sha), path)
        except OSError as error:
            raise NotFound(f"Blob {sha.hex()} is missing.") from error
        return path

    def _path(self, name: str) -> Path:
        """A folder for each file: two of one name are two files."""
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir(mode=0o700)
        return folder / plain_name(name)


def plain_name(name: str) -> str:
    """The last part of a name that a caller gave, as a file can have it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character for character in last if character.isprintable()).strip()
    if kept.strip(".") == "":
        return NAMELESS
    content = kept.encode("utf-8", "replace")
    if len(content) <= LONGEST_NAME:
        return content.decode()
    suffix = Path(kept).suffix.encode("utf-8", "replace")[:20]
    return (content[: LONGEST_NAME - len(suffix)] + suffix).decode("utf-8", "ignore")
