"""The members of a ZIP, nested ones included, as bytes one at a time.

Writes nothing and opens nothing but the container.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import msgspec

from engine.extraction.archives.directory import DAMAGE, is_office, is_zip, open_archive
from engine.extraction.archives.limits import LIMITS, Bomb, Budget, Limits
from engine.extraction.archives.names import Labels, shown
from engine.extraction.archives.refusal import Refusal, refuse

CHUNK = 256 * 1024
ENCRYPTED_FLAG = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: What the Finder of macOS adds beside every file; it holds no document.
FINDER_FOLDER = "__MACOSX/"


class Member(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A file inside a container: where it was (`lote.zip!interno.zip!a.xml`) and its bytes.

    An `archive` comes before its own members, which follow it at once.
    """

    label: str
    content: bytes
    archive: bool = False


def members(source: Path | BinaryIO, *, name: str, limits: Limits = LIMITS) -> Iterator[Member | Refusal]:
    """Every file in the ZIP, those of the archives in it included, and a refusal for each part, or for the whole, that is not taken in.

    A refusal with `whole` is the last result. What the archive itself declares is judged before the first member;
    what it hides is found while inflating, and then members that came before have already been given out.
    """
    with ExitStack() as closing:
        try:
            file = closing.enter_context(source.open("rb")) if isinstance(source, Path) else source
            size = file.seek(0, 2)
        except OSError as error:
            yield refuse(shown(name), "absent", whole=True, detail=error.strerror or error)
            return
        try:
            yield from _walk(file, shown(name), 1, Budget(limits, size))
        except Bomb as bomb:
            yield bomb.refusal


def _walk(
    file: BinaryIO, label: str, depth: int, budget: Budget, content: bytes | None = None
) -> Iterator[Member | Refusal]:
    """`content` is the archive itself where it lies in another one."""
    try:
        archive = open_archive(file, label, budget.limits)
    except DAMAGE as damage:
        yield refuse(label, "damaged", whole=depth == 1, detail=_reason(damage))
        return
    with archive:
        entries = archive.infolist()
        budget.enter(len(entries), label)
        budget.foresee(sum(entry.file_size for entry in entries), label)
        for entry in entries:
            budget.weigh(entry.file_size, entry.compress_size, label)
        if content is not None:
            yield Member(label=label, content=content, archive=True)
        labels = Labels(label)
        for entry in entries:
            if not entry.filename.endswith("/") and not entry.filename.startswith(FINDER_FOLDER):
                yield from _member(archive, entry, labels.next(entry), depth, budget)


def _member(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, label: str, depth: int, budget: Budget
) -> Iterator[Member | Refusal]:
    content = _content(archive, entry, label, budget)
    if isinstance(content, Refusal):
        yield content
    elif is_zip(content) and not _is_sheet(content, label, budget.limits):
        if depth == budget.limits.depth:
            yield refuse(label, "depth", limit=depth)
        else:
            yield from _walk(BytesIO(content), label, depth + 1, budget, content)
    else:
        yield Member(label=label, content=content)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, label: str, budget: Budget) -> bytes | Refusal:
    limit = budget.limits.member
    if stat.S_ISLNK(entry.external_attr >> 16):
        return refuse(label, "symlink")
    if entry.flag_bits & ENCRYPTED_FLAG:
        return refuse(label, "encrypted")
    if entry.compress_type not in METHODS:
        return refuse(label, "method", found=entry.compress_type)
    if entry.file_size > limit:
        return refuse(label, "member_size", limit=limit)
    chunks: list[bytes] = []
    size = 0
    try:
        with archive.open(entry) as stream:
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                budget.weigh(size, entry.compress_size, label)
                budget.spend(len(chunk), label)
                if size > limit:
                    return refuse(label, "member_size", limit=limit)
                chunks.append(chunk)
    except (*DAMAGE, zlib.error) as damage:
        return refuse(label, "damaged", detail=_reason(damage))
    return b"".join(chunks)


def _is_sheet(content: bytes, label: str, limits: Limits) -> bool:
    try:
        with open_archive(BytesIO(content), label, limits) as archive:
            return is_office(archive)
    except DAMAGE:
        return False


def _reason(damage: Exception) -> str:
    return shown(str(damage)) or type(damage).__name__
