"""The closed registry of what a worker can do. Imported by the zygote only: this is where the heavy readers are
loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from engine.extraction import schemas
from engine.extraction.archives.members import members
from engine.extraction.archives.refusal import Refusal
from engine.extraction.documents import extract
from engine.extraction.kinds import recognise
from engine.extraction.lists.notes import note_from_slices
from engine.extraction.lists.slices import slices
from engine.extraction.xml_parser import UnreadableError
from engine.extraction.xml_split import split_documents


class Job:
    """The inputs of one task: files, opened before the limits fell, and plain arguments."""

    def __init__(self, files: Mapping[str, BinaryIO], arguments: Mapping[str, str | None]) -> None:
        self.files = files
        self._arguments = arguments

    def text(self, name: str) -> str:
        """An argument; `KeyError` where it is missing."""
        value = self._arguments[name]
        if value is None:
            raise KeyError(name)
        return value

    def content(self, name: str) -> bytes:
        """The bytes of a file."""
        return self.files[name].read()

    def optional(self, name: str) -> bytes | None:
        """The bytes of a file that need not be given."""
        return self.files[name].read() if name in self.files else None


#: Yields values, and `Refusal`s.
Task = Callable[[Job], Iterator[object]]

#: Arguments that name files.
FILES = ("path", "header", "items")


def _extract(job: Job) -> Iterator[object]:
    yield extract(job.content("path"), job.text("name"))


def _recognise(job: Job) -> Iterator[object]:
    content = job.content("path")
    yield recognise(content, len(content), job.text("name"))


def _members(job: Job) -> Iterator[object]:
    yield from members(job.files["path"], name=job.text("name"))


def _split(job: Job) -> Iterator[object]:
    try:
        yield from split_documents(job.content("path"))
    except UnreadableError as error:
        why = error.problem
        yield Refusal(label=job.text("name"), code=why.code, message=why.message, whole=True, arguments=why.arguments)


def _slices(job: Job) -> Iterator[object]:
    yield from slices(job.content("path"), job.text("name"))


def _note_from_slices(job: Job) -> Iterator[object]:
    yield note_from_slices(job.optional("header"), job.optional("items"))


TASKS: Mapping[str, Task] = {
    "extract": _extract,
    "recognise": _recognise,
    "members": _members,
    "split": _split,
    "slices": _slices,
    "note_from_slices": _note_from_slices,
}


def preload() -> None:
    """Do once what every child would do again."""
    schemas.load()
