"""Backups: one ZIP with the database, the blobs its rows name, and a manifest of sha256 sums; made beside the writer, verified, private.

The database is copied page by page by a connection of its own that holds one snapshot, so the writer goes on and the copy is of one moment.
A blob that is missing or damaged in the data directory does not keep the rest from being saved: the manifest names it. An archive gets its name
only after it was read back whole and synced; until then, and after a failure, whatever bore that name is untouched. What a killed backup
left half written goes with the next one into the same folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from store import driver
from store.access import refuse_closed
from store.blobs import CHUNK
from store.connection import pragma
from store.errors import BadBackup, Damaged, NewerSchema, NoBackup, NoPlace, NotFound
from store.files import create, disk_error, sync, sync_file
from store.migrate import latest, refuse_foreign
from store.quarantine import stamp
from store.reader import open_reader, quoted
from store.references import referenced
from store.store import BLOBS, DATABASE

#: The folder of a data directory where backups go unless another place is named.
FOLDER = "backups"
MANIFEST = "manifest.json"
FORMAT = 1
NAMES = "nexus-*.zip"
#: What a backup is written under until it is whole.
UNFINISHED = (".partial", ".database", ".database-journal")
#: Pages copied between two looks whether to stop.
PAGES = 1000
LARGEST_MANIFEST = 1 << 30
BLOB_NAME = re.compile(f"{BLOBS}/([0-9a-f]{{2}})/([0-9a-f]{{62}})")

#: Asked now and then; once it says so, the work is abandoned and nothing is left of it.
Stopping = Callable[[], bool]


class Abandoned(Exception):  # no failure: whoever asked for the work called it off
    """The work was called off."""


class Part(NamedTuple):
    """A file of a backup; the sum is hexadecimal."""

    name: str
    size: int
    sha256: str


class Manifest(NamedTuple):
    """What a backup holds: the schema of its database, when it was made (wall clock), its files, and the blobs that could not be had."""

    schema: int
    made_ms: int
    documents: int
    parts: tuple[Part, ...]
    lacking: tuple[str, ...]

    @property
    def blobs(self) -> int:
        """How many blobs."""
        return len(self.parts) - 1


class Backup(NamedTuple):
    """A backup that was verified; `size` in bytes."""

    path: Path
    size: int
    manifest: Manifest


def never() -> bool:
    """Nobody calls the work off."""
    return False


def back_up(directory: Path, target: Path | None, wall_ms: int, stopping: Stopping = never) -> Backup:
    """Save the data directory. A `target` that is a folder gets a file named after the moment; any other is the file, which replaces an earlier backup.

    Blocks for as long as it takes. Raises `NotFound` where there is no data, `Damaged` if the database does not hold together, `NoPlace` before
    anything is written where the target is something else or lies among the data, `DiskFull`, `Unwritable`.
    """
    refuse_closed(directory)
    database = directory / DATABASE
    if not database.exists():
        raise NotFound(f"There is no database in {directory}.")
    if target is None:
        target = directory / FOLDER
        try:
            target.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise disk_error(error, directory) from error
    if target.is_dir():
        target = target / f"nexus-{stamp(wall_ms)}.zip"
    target = target.resolve()
    _refuse_place(directory.resolve(), target)
    partial, copy = (target.with_name(f"{target.name}{kind}") for kind in UNFINISHED[:2])
    with _told(target.parent), _alone(target), _removed_at_the_end(partial, copy):
        _copy_database(database, copy, stopping)
        with create(partial) as file:
            _pack(file, directory, copy, wall_ms, stopping)
            sync_file(file)
        manifest = verify(partial, stopping)
        partial.rename(target)
        sync(target.parent)
    return Backup(target, target.stat().st_size, manifest)


def verify(archive: Path, stopping: Stopping = never) -> Manifest:
    """Read a backup back whole. Raises `BadBackup` unless its files are those of its manifest, byte for byte."""
    with opened(archive) as packed:
        manifest = manifest_of(packed, archive)
        for part in manifest.parts:
            for _ in content(packed, part, archive, stopping):
                pass
    return manifest


@contextmanager
def opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, to be read. Raises `NoBackup` or `BadBackup`."""
    try:
        with zipfile.ZipFile(archive) as packed:
            yield packed
    except FileNotFoundError:
        raise NoBackup(f"There is no {archive}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise BadBackup(f"{archive} cannot be read: {error}.") from error


def manifest_of(packed: zipfile.ZipFile, archive: Path) -> Manifest:
    """The manifest, which must name exactly the files that are there. Raises `BadBackup`, or `NewerSchema` for one of a newer Nexus."""
    try:
        if packed.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise ValueError("too large")
        told = json.loads(packed.read(MANIFEST))
        if told["format"] > FORMAT:
            raise NewerSchema(f"{archive} has format {told['format']}, this Nexus knows up to {FORMAT}.")
        parts = tuple(Part(str(one["name"]), int(one["size"]), str(one["sha256"])) for one in told["files"])
        manifest = Manifest(
            int(told["schema"]), int(told["made"]), int(told["documents"]), parts, tuple(map(str, told["lacking"]))
        )
    except (KeyError, ValueError, TypeError) as error:
        raise BadBackup(f"{archive} has no manifest that can be read.") from error
    names = [part.name for part in parts]
    if sorted([*names, MANIFEST]) != sorted(packed.namelist()) or names[:1] != [DATABASE] or not all(map(_is_blob, parts[1:])):
        raise BadBackup(f"{archive} holds other files than its manifest says.")
    if manifest.schema > latest():
        raise NewerSchema(f"{archive} has schema {manifest.schema}, this Nexus knows up to {latest()}.")
    return manifest


def content(packed: zipfile.ZipFile, part: Part, archive: Path, stopping: Stopping) -> Generator[bytes, None, None]:
    """A file of the archive chunk by chunk. Raises `BadBackup` at its end if it was not what the manifest says."""
    digest, size = hashlib.sha256(), 0
    with packed.open(part.name) as file:
        while size <= part.size and (chunk := file.read(CHUNK)):
            _check(stopping)
            digest.update(chunk)
            size += len(chunk)
            yield chunk
    if (size, digest.hexdigest()) != (part.size, part.sha256):
        raise BadBackup(f"{part.name} in {archive} does not match its manifest.")


def newest(folder: Path) -> Path:
    """The newest backup in a folder, by name. Raises `NoBackup`."""
    found = max(folder.glob(NAMES), default=None)
    if found is None:
        raise NoBackup(f"There is no backup in {folder}.")
    return found


def check_database(path: Path) -> None:
    """Raise `Damaged` unless the pages and indexes of a database that nobody has open hold together."""
    with closing(driver.connect(f"file:{quoted(path)}?mode=ro&immutable=1", uri=True)) as connection:
        try:
            refuse_foreign(connection, path)
            told = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)").fetchall()]
        except driver.Error as error:
            raise driver.translate(error) from error
    if told != ["ok"]:
        raise Damaged("; ".join(told)[:300])


def _refuse_place(directory: Path, target: Path) -> None:
    """A slip of the hand must not cost a note or the database itself; and what lies among the data no erasure would name."""
    if target.is_relative_to(directory) and target.parent != directory / FOLDER:
        raise NoPlace(f"{target} lies in the data directory, outside of its {FOLDER}/.")
    if not target.parent.is_dir():
        raise NoPlace(f"There is no folder {target.parent}.")
    if target.exists():
        try:
            if not target.is_file():
                raise NoPlace(f"{target} is no file.")
            with opened(target) as packed:
                manifest_of(packed, target)
        except NewerSchema:
            return
        except BadBackup:
            raise NoPlace(f"{target} is there and is no backup.") from None


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Hold the target's folder against other backups; whoever has it to himself removes what killed ones left. Raises `NoPlace` for one name twice."""
    names = {f"{target.name}{kind}" for kind in UNFINISHED}
    handle = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # Somebody else's backup is under way, or the file system knows no locks: nothing is known to be left over.
            if any((target.parent / name).exists() for name in names):
                raise NoPlace(f"Another backup is being written to {target}.") from None
        else:
            for path in target.parent.iterdir():
                if path.name in names or (path.name.startswith("nexus-") and path.name.endswith(tuple(f".zip{kind}" for kind in UNFINISHED))):
                    path.unlink(missing_ok=True)
        yield
    finally:
        os.close(handle)


def _copy_database(database: Path, copy: Path, stopping: Stopping) -> None:
    create(copy).close()
    try:
        with closing(open_reader(database)) as source, closing(driver.connect(str(copy))) as into:
            refuse_foreign(source, database)
            # What commits meanwhile is not seen: without this the copy would begin again with every commit.
            source.execute("BEGIN")
            if not pragma(source, "user_version"):
                raise NotFound(f"There is nothing in {database} yet.")
            source.backup(into, pages=PAGES, progress=lambda *_: _check(stopping))
    except driver.Error as error:
        raise driver.translate(error) from error
    check_database(copy)


def _pack(file: IO[bytes], directory: Path, copy: Path, wall_ms: int, stopping: Stopping) -> None:
    with closing(driver.connect(f"file:{quoted(copy)}?mode=ro&immutable=1", uri=True)) as connection:
        schema = pragma(connection, "user_version")
        documents = connection.execute("SELECT count(*) FROM document").fetchone()[0]
        shas = referenced(connection)
    lacking: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        parts = [_add(packed, DATABASE, copy, stopping)]
        for sha in shas:
            _check(stopping)
            part = _add_blob(packed, directory / BLOBS, sha.hex(), stopping)
            if part is None:
                lacking.append(sha.hex())
            else:
                parts.append(part)
        told = {
            "format": FORMAT, "schema": schema, "made": wall_ms, "documents": documents, "lacking": lacking,
            "files": [part._asdict() for part in parts],
        }  # fmt: skip
        packed.writestr(_entry(MANIFEST), json.dumps(told, indent=1))


def _add_blob(packed: zipfile.ZipFile, blobs: Path, name: str, stopping: Stopping) -> Part | None:
    """Add a blob; `None` if it is neither in its place nor in the trash, or is not what its name says."""
    for path in (blobs / name[:2] / name[2:], blobs / "trash" / name):
        try:
            if _sum(path) == name:
                return _add(packed, f"{BLOBS}/{name[:2]}/{name[2:]}", path, stopping)
        except FileNotFoundError:
            continue
    return None


def _add(packed: zipfile.ZipFile, name: str, path: Path, stopping: Stopping) -> Part:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as source, packed.open(_entry(name), "w", force_zip64=True) as into:
        while chunk := source.read(CHUNK):
            _check(stopping)
            digest.update(chunk)
            size += len(chunk)
            into.write(chunk)
    return Part(name, size, digest.hexdigest())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_blob(part: Part) -> bool:
    """Whether a file of the archive is a blob under its own name."""
    match = BLOB_NAME.fullmatch(part.name)
    return match is not None and match[1] + match[2] == part.sha256


def _check(stopping: Stopping) -> None:
    if stopping():
        raise Abandoned


@contextmanager
def _removed_at_the_end(*paths: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """What the disk says, in the store's words."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, folder) from error
