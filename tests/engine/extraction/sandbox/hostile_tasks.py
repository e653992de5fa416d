"""A zygote whose tasks do what hostile documents do. Started by the tests as a worker's command."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from collections.abc import Iterator
from itertools import count

from engine.extraction.sandbox.tasks import Job
from engine.extraction.sandbox.zygote import run


def echo(job: Job) -> Iterator[object]:
    yield job.text("text")


def pid(_: Job) -> Iterator[object]:
    yield [os.getpid(), os.getppid()]
    time.sleep(60)


def moments(job: Job) -> Iterator[object]:
    begin = time.monotonic()
    time.sleep(float(job.text("seconds")))
    yield [begin, time.monotonic()]


def segfault(_: Job) -> Iterator[object]:
    yield ctypes.string_at(0)


def abort(_: Job) -> Iterator[object]:
    os.abort()
    yield None


def vanish(_: Job) -> Iterator[object]:
    os._exit(0)
    yield None


def allocate(_: Job) -> Iterator[object]:
    yield len(bytearray(2 << 30))


def spin(_: Job) -> Iterator[object]:
    for _number in count():
        pass
    yield None


def sleep(_: Job) -> Iterator[object]:
    time.sleep(60)
    yield None


def raising(_: Job) -> Iterator[object]:
    raise ValueError("the reader's fault")
    yield None


def large(job: Job) -> Iterator[object]:
    yield bytes(range(256)) * (int(job.text("size")) // 256)


def endless(_: Job) -> Iterator[object]:
    for number in count():
        yield [number, bytes(100_000)]


def then_crash(_: Job) -> Iterator[object]:
    yield 1
    yield 2
    os.abort()


def babble(_: Job) -> Iterator[object]:
    os.write(3, b"x" * 1_000)
    time.sleep(60)
    yield None


def surroundings(job: Job) -> Iterator[object]:
    """What a child can still do: seen from inside, one word for each attempt."""
    attempts: dict[str, str] = {"environment": " ".join(sorted(os.environ))}

    def attempt(name: str, act: object) -> None:
        try:
            attempts[name] = str(act())  # type: ignore[operator]
        except OSError as error:
            attempts[name] = type(error).__name__

    attempt("network", lambda: os.readlink("/proc/self/ns/net"))
    attempt("interfaces", lambda: [name for _, name in socket.if_nameindex()])
    attempt("write", lambda: os.write(os.open(job.text("target"), os.O_WRONLY | os.O_CREAT), b"x"))
    attempt("files", lambda: [os.open("/dev/null", os.O_RDONLY) for _ in range(40)])
    yield attempts


def broken() -> None:
    raise RuntimeError("nothing loads here")


TASKS = {
    name: task
    for name, task in globals().items()
    if callable(task) and getattr(task, "__module__", "") == __name__ and name != "broken"
}

if __name__ == "__main__":
    run(TASKS, broken if "broken" in sys.argv else lambda: None)
