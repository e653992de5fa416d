"""What lies inside a container: members of an archive, documents of an XML lot, notes of a list. Hostile ones are opened in the sandbox."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

from engine.extraction import problems
from engine.extraction.archives import refusal
from engine.extraction.archives.refusal import Refusal
from engine.extraction.lists.slices import slices
from engine.extraction.sandbox.protocol import Crash
from engine.extraction.sandbox.sandbox import Sandbox
from engine.extraction.xml_parser import UnreadableError
from engine.extraction.xml_split import split_documents

#: Lots and lists up to this size are opened on the loop.
LIGHT_BYTES = 64 * 1024

#: Families that intake opens, and the task of the sandbox that does it.
TASKS = {"zip": "members", "batch": "split", "csv": "slices"}


class File(NamedTuple):
    """A whole document: a member of an archive (`part` is empty) or one document of a lot (`part` is its place).

    With `archive` it is an archive itself, and what it holds comes next.
    """

    label: str
    part: str
    content: bytes
    archive: bool = False


class ListHalf(NamedTuple):
    """One note's rows of a list."""

    key: str
    role: str
    place: int
    content: bytes


class Refused(NamedTuple):
    """A part, or the whole, that is not taken in; `label` names the part below the container."""

    label: str
    code: str
    message: str
    arguments: dict[str, str]
    whole: bool


Inside = File | ListHalf | Refused

#: A file or member without a single byte.
EMPTY = Refused("", "empty", problems.MESSAGES["empty"][0], {}, whole=True)
#: A container without a single document.
NOTHING = Refused("", "no_documents", refusal.MESSAGES["no_documents"][0], {}, whole=True)


async def contents(sandbox: Sandbox, family: str, path: Path, name: str, size: int) -> AsyncIterator[Inside]:
    """What the container holds, in its own order. A crash of the sandbox refuses the whole."""
    task = TASKS[family]
    if task != "members" and size <= LIGHT_BYTES:
        for found in _small(task, path, name):
            yield found
        return
    async with aclosing(sandbox.stream(task, _arguments(path, name))) as stream:
        async for value in stream:
            yield _inside(value, name)


def _arguments(path: Path, name: str) -> dict[str, str | None]:
    return {"path": str(path.absolute()), "name": name}


def _small(task: str, path: Path, name: str) -> Iterator[Inside]:
    content = path.read_bytes()
    if task == "slices":
        for part in slices(content, name):
            yield _inside(part, name)
        return
    try:
        documents = split_documents(content)
    except UnreadableError as error:
        problem = error.problem
        yield Refused(name, problem.code, problem.message, problem.arguments, whole=True)
        return
    for document in documents:
        yield _inside(document, name)


def _inside(value: object, name: str) -> Inside:
    if isinstance(value, Refusal):
        return Refused(_below(value.label), value.code, value.message, value.arguments, value.whole)
    if isinstance(value, Crash):
        return Refused(name, "sandbox", f"A leitura foi interrompida: {value}.", {"reason": str(value)}, whole=True)
    label = getattr(value, "label", None)
    if label is not None:
        return File(_below(label), "", value.content, value.archive)  # type: ignore[attr-defined]
    index: int = value.index  # type: ignore[attr-defined]
    role = getattr(value, "role", None)
    if role is not None:
        key = value.key or f"#{index}"  # type: ignore[attr-defined]
        return ListHalf(key, role, index, value.content)  # type: ignore[attr-defined]
    return File(str(index), str(index), value.content)  # type: ignore[attr-defined]


def _below(label: str) -> str:
    """Without the name of the outermost container."""
    return label.partition("!")[2] or label
