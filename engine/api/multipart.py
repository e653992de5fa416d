"""Multipart bodies, read as they come: files go to their place on the disk, fields into memory, and what is wrong is gathered.

Nothing is kept but what fits its limits, and nothing counts before the last boundary was seen. Parsing and writing happen off the loop.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from engine.api import answers
from engine.api.uploads import Place
from engine.errors import RequestRefused
from engine.facade.issues import Issue, bounded

MEDIA = "multipart/form-data"
#: Parts that are files, parts that are none, and bytes of one of these.
MOST_FILES, MOST_FIELDS, LARGEST_FIELD = 1000, 20, 64 * 1024
#: Names of parts that mean something; a page may send any of them as a file.
NAMES = frozenset({"file", "tenantId", "source", "options"})
#: Bytes of a boundary that the parser takes.
LONGEST_BOUNDARY = 256
#: How the bytes of a part may have been written: as they are.
PLAIN = frozenset({"", "binary", "8bit", "7bit"})

# The parser warns of every fault before it raises it; what it raises is answered, and stands in the log then.
_parser_log = logging.getLogger("python_multipart")
_parser_log.propagate = False
_parser_log.addHandler(logging.NullHandler())


@dataclass(slots=True)
class Form:
    """What a body held: fields by name, each as often as it came; files in their order; what is wrong so far."""

    fields: dict[str, list[bytes]] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)


def is_multipart(request: Request) -> bool:
    """Whether a request says that its body has parts."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == MEDIA


async def read(request: Request, place: Place) -> Form:
    """Read the body. Raises `RequestRefused` for one that is no form, `ClientDisconnect`, and what the disk says."""
    answers.plain(request)
    form = Form()
    reader = _Reader(_boundary(request), form, place)
    try:
        async for chunk in request.stream():
            await asyncio.to_thread(reader.write, chunk)
    finally:
        await asyncio.to_thread(reader.close)
    if not reader.ended:
        form.issues.append(str(Issue("body", "parts between lines of its boundary", "no end")))
    return form


def _boundary(request: Request) -> bytes:
    _, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise RequestRefused(issues=("Content-Type.boundary: required",))
    if len(boundary) > LONGEST_BOUNDARY:
        raise RequestRefused(issues=(str(Issue("Content-Type.boundary", f"at most {LONGEST_BOUNDARY} bytes", str(len(boundary)))),))
    return boundary


class _Reader:
    """Turns bytes into a form. `write` and `close` may run in any thread, one at a time."""

    def __init__(self, boundary: bytes, form: Form, place: Place) -> None:
        self._form = form
        self._place = place
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin, "on_part_data": self._data, "on_part_end": self._end,
                "on_header_field": self._header_name, "on_header_value": self._header_value, "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished, "on_end": self._finish,
            },
        )  # fmt: skip
        self.ended = False
        self._number = -1
        self._fields = 0
        self._headers: dict[str, bytes] = {}
        self._name = self._value = b""
        #: Where the bytes of the part at hand go: a file, a field, or nowhere.
        self._file: IO[bytes] | None = None
        self._field: bytearray | None = None
        self._field_name = ""
        self._unnamed = False

    def write(self, chunk: bytes) -> None:
        """Read on. Raises `RequestRefused` where there are no parts, `OSError`."""
        try:
            self._parser.write(chunk)
        except FormParserError:
            where = "body" if self._number < 0 else f"parts[{self._number}]"
            found = "other text" if self._number < 0 else "headers that cannot be read"
            self._refuse(str(Issue(where, "parts between lines of its boundary", found)))

    def close(self) -> None:
        """Let go of a part that has no end."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._number += 1
        self._headers = {}

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get("content-disposition"))
        coding = self._headers.get("content-transfer-encoding", b"").decode("latin-1").strip().lower()
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if disposition != b"form-data" or not name:
            self._form.issues.append(f"parts[{self._number}].name: required")
        elif coding not in PLAIN:
            self._form.issues.append(str(Issue(f"parts[{self._number}].Content-Transfer-Encoding", "plain bytes", coding[:40])))
        elif b"filename" in options and name not in NAMES:
            # What a caller sends as a file and nobody takes would be lost to him.
            self._form.issues.append(str(Issue(f"parts[{self._number}].name", "file", name[:40])))
        elif name == "file":
            if len(self._form.files) == MOST_FILES:
                self._refuse(str(Issue("file", f"at most {MOST_FILES}", "more")))
            filename = options.get(b"filename", b"").decode("utf-8", "replace")
            self._unnamed = not filename
            path, self._file = self._place.create(filename)
            self._form.files.append(path)
        else:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                self._refuse(str(Issue("parts", f"at most {MOST_FIELDS}", "more")))
            self._field, self._field_name = bytearray(), name

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])
        elif self._field is not None and len(self._field) <= LARGEST_FIELD:
            self._field += data[start:end]

    def _end(self) -> None:
        if self._file is not None:
            empty = self._file.tell() == 0
            self.close()
            if empty and self._unnamed:
                # A page's field in which nothing was chosen.
                self._form.issues.append(str(Issue(f"file[{len(self._form.files) - 1}]", "a file", "no file")))
        elif self._field is not None:
            if len(self._field) > LARGEST_FIELD:
                self._form.issues.append(str(Issue(self._field_name[:40], f"at most {LARGEST_FIELD} bytes", "more")))
            self._form.fields.setdefault(self._field_name, []).append(bytes(self._field[:LARGEST_FIELD]))
            self._field = None

    def _finish(self) -> None:
        self.ended = True

    def _refuse(self, issue: str) -> None:
        raise RequestRefused(issues=bounded([*self._form.issues, issue]))
