"""The central directory of a ZIP: its length is bounded before zipfile reads all of it into objects."""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

from engine.extraction.archives.limits import Bomb, Limits
from engine.extraction.archives.refusal import refuse

#: Everything zipfile and zlib raise on damaged bytes.
DAMAGE = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
)

END = b"PK\x05\x06"
END_SIZE = 22
END64 = b"PK\x06\x06"
END64_SIZE = 56
LOCATOR_SIZE = 20
LONGEST_COMMENT = 65_535
OFFICE_PARTS = ("[Content_Types].xml", "mimetype")


def is_zip(head: bytes) -> bool:
    """Whether bytes begin as a ZIP does, an empty one included."""
    return head[:4] in (b"PK\x03\x04", END)


def open_archive(file: BinaryIO, label: str, limits: Limits) -> zipfile.ZipFile:
    """The archive with its directory read.

    Raises one of `DAMAGE` for what is no ZIP, `Bomb` for a directory beyond the limit.
    """
    if _directory_size(file) > limits.directory:
        raise Bomb(refuse(label, "entries", whole=True, limit=limits.entries))
    return zipfile.ZipFile(file)


def is_office(archive: zipfile.ZipFile) -> bool:
    """Whether the ZIP is a sheet or text of an office suite: one document, not a container of documents."""
    return any(part in archive.NameToInfo for part in OFFICE_PARTS)


def _directory_size(file: BinaryIO) -> int:
    """Bytes of the central directory according to the end record; 0 where there is none (zipfile then says what is
    wrong).
    """
    size = file.seek(0, 2)
    start = max(size - END_SIZE - LONGEST_COMMENT - LOCATOR_SIZE - END64_SIZE, 0)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_SIZE:
        return 0
    directory = int(struct.unpack_from("<L", tail, at + 12)[0])
    at64 = at - LOCATOR_SIZE - END64_SIZE
    if directory == 0xFFFFFFFF and at64 >= 0 and tail[at64 : at64 + 4] == END64:
        directory = int(struct.unpack_from("<Q", tail, at64 + 40)[0])
    return directory
