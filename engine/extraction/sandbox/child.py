"""The child: one task, then the end of the process. It never returns to the zygote's code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import BinaryIO, NoReturn

import msgspec

from engine.extraction.archives.refusal import Refusal
from engine.extraction.sandbox.confinement import confine
from engine.extraction.sandbox.protocol import (
    CHILD_HEADER,
    DONE,
    FAILURE,
    FRAME_LIMIT,
    PART,
    REFUSAL,
    VALUE,
    Crash,
    CrashCode,
    Order,
)
from engine.extraction.sandbox.tasks import FILES, Job, Task

#: The pipe to the zygote, in every child.
PIPE = 3
DETAIL_LIMIT = 500
OUT_OF_MEMORY = msgspec.msgpack.encode(Crash(code="out_of_memory"))


def live(tasks: Mapping[str, Task], body: bytes, pipe: int) -> NoReturn:
    """Carry out an order, answer through `pipe` and exit."""
    try:
        os.dup2(pipe, PIPE)
        os.closerange(PIPE + 1, os.sysconf("SC_OPEN_MAX"))
        _carry_out(tasks, msgspec.msgpack.decode(body, type=Order))
    except MemoryError:
        _send(FAILURE, OUT_OF_MEMORY)
    except BaseException as error:
        _fail("failed", f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


def _carry_out(tasks: Mapping[str, Task], order: Order) -> None:
    files: dict[str, BinaryIO] = {}
    for name in FILES:
        path = order.arguments.get(name)
        if path is not None:
            try:
                files[name] = open(path, "rb")  # noqa: SIM115  # closed by the end of the process
            except OSError as error:
                _fail("absent", error.strerror or type(error).__name__)
                return
    confine(order.limits)
    encode = msgspec.msgpack.encode
    for result in tasks[order.task](Job(files, order.arguments)):
        _send(REFUSAL if isinstance(result, Refusal) else VALUE, encode(result))
    _send(DONE, b"")


def _fail(code: CrashCode, detail: str) -> None:
    _send(FAILURE, msgspec.msgpack.encode(Crash(code=code, detail=detail[:DETAIL_LIMIT])))


def _send(kind: bytes, body: bytes) -> None:
    rest = memoryview(body)
    while len(rest) > FRAME_LIMIT:
        _write(CHILD_HEADER.pack(PART, FRAME_LIMIT))
        _write(rest[:FRAME_LIMIT])
        rest = rest[FRAME_LIMIT:]
    _write(CHILD_HEADER.pack(kind, len(rest)) + rest)


def _write(data: bytes | memoryview) -> None:
    while data:
        data = data[os.write(PIPE, data) :]
