"""Where bytes are read: small XML and slices of lists on the loop, everything else in the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from engine.agents.context import SourceFacts
from engine.errors import ExtractionCrashed
from engine.extraction.documents import extract
from engine.extraction.lists.notes import note_from_slices
from engine.extraction.result import Extraction
from engine.extraction.sandbox.protocol import Crash
from store.blobs import Blobs

#: XML up to this many bytes is read on the loop: 0.3 ms for an ordinary note.
LIGHT_BYTES = 64 * 1024


class Reader(Protocol):
    """The part of the sandbox that reads one document."""

    async def run(self, task: str, arguments: dict[str, str | None]) -> Extraction | Crash:
        """Run a task of the sandbox's registry."""
        ...


class Extractor:
    """Reads the stored bytes of one document."""

    def __init__(self, blobs: Blobs, sandbox: Reader) -> None:
        self._blobs = blobs
        self._sandbox = sandbox

    def is_light(self, source: SourceFacts) -> bool:
        """Whether the loop can afford it."""
        return source.size <= LIGHT_BYTES and (source.from_list or source.kind == "NFE_XML")

    async def extract(self, source: SourceFacts) -> Extraction:
        """What the bytes are. Raises `ExtractionCrashed` if the sandbox had to be stopped."""
        if source.from_list:
            return await self._note(source)
        if self.is_light(source):
            return extract(self._blobs.read(source.sha), source.name)
        path = str(self._blobs.path(source.sha).absolute())
        return self._checked(await self._sandbox.run("extract", {"path": path, "name": source.name}), source)

    async def _note(self, source: SourceFacts) -> Extraction:
        header = source.header_sha
        items = None if source.sha == header else source.sha
        if self.is_light(source):
            return note_from_slices(
                None if header is None else self._blobs.read(header), None if items is None else self._blobs.read(items)
            )
        paths = {"header": self._path(header), "items": self._path(items)}
        return self._checked(await self._sandbox.run("note_from_slices", paths), source)

    def _path(self, sha: bytes | None) -> str | None:
        return None if sha is None else str(Path(self._blobs.path(sha)).absolute())

    def _checked(self, result: Extraction | Crash, source: SourceFacts) -> Extraction:
        if isinstance(result, Crash):
            raise ExtractionCrashed(f"Reading {source.name} ended as {result}.")
        return result
