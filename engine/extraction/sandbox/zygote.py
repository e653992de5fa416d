"""The zygote: a single-threaded process that has everything loaded, forks a child for each order and passes on what
children say.

It holds no state but the list of its children. It never looks into a message, and never waits for a child.
"""

from __future__ import annotations

import gc
import os
import select
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

from engine.extraction.sandbox import child as offspring
from engine.extraction.sandbox.confinement import die_with_parent, no_network
from engine.extraction.sandbox.protocol import (
    CHILD_HEADER,
    CHILD_KINDS,
    CREDIT,
    END,
    FAILURE,
    FRAME_LIMIT,
    HEADER,
    KILL,
    READY,
    RUN,
    TAKEN,
    Crash,
    crash_by_signal,
)
from engine.extraction.sandbox.tasks import Task

READABLE = select.POLLIN | select.POLLHUP | select.POLLERR


class _Child:
    """A child at work: its process, the pipe it speaks through, what came in but is not yet a whole frame."""

    def __init__(self, call: int, pid: int, pipe: int) -> None:
        self.call = call
        self.pid = pid
        self.pipe = pipe
        self.credit = CREDIT
        self.pending = bytearray()
        self.crash: Crash | None = None


class Zygote:
    """Serves orders from one pipe and answers through another until the first is closed."""

    def __init__(self, orders: int, answers: int, tasks: Mapping[str, Task]) -> None:
        self._orders = orders
        self._answers = answers
        self._tasks = tasks
        self._pending = bytearray()
        self._children: dict[int, _Child] = {}
        self._by_pipe: dict[int, _Child] = {}
        self._poll = select.poll()

    def say(self, kind: bytes, call: int = 0, body: bytes = b"") -> None:
        """Write a frame to the engine; waits while it is slow."""
        rest = memoryview(HEADER.pack(kind, call, len(body)) + body)
        while rest:
            rest = rest[os.write(self._answers, rest) :]

    def serve(self) -> None:
        """Work until the engine closes its end or dies; then no child is left."""
        self._poll.register(self._orders, READABLE)
        try:
            while True:
                for descriptor, _ in self._poll.poll():
                    if descriptor == self._orders:
                        data = os.read(self._orders, FRAME_LIMIT)
                        if not data:
                            return
                        self._pending += data
                        self._obey()
                    elif descriptor in self._by_pipe:
                        self._hear(self._by_pipe[descriptor])
        except BrokenPipeError:
            return
        finally:
            for child in self._children.values():
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)

    def _obey(self) -> None:
        while len(self._pending) >= HEADER.size:
            kind, call, length = HEADER.unpack_from(self._pending)
            end = HEADER.size + length
            if len(self._pending) < end:
                return
            body = bytes(self._pending[HEADER.size : end])
            del self._pending[:end]
            child = self._children.get(call)
            if kind == RUN:
                self._fork(call, body)
            elif kind == KILL and child is not None:
                os.kill(child.pid, signal.SIGKILL)
            elif kind == TAKEN and child is not None:
                child.credit += 1
                if child.credit == 1:
                    self._poll.register(child.pipe, READABLE)

    def _fork(self, call: int, body: bytes) -> None:
        ours, theirs = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(ours)
            os.close(theirs)
            self._end(call, Crash(code="unavailable", detail=f"fork: {error.strerror}"))
            return
        if pid == 0:
            offspring.live(self._tasks, body, theirs)
        os.close(theirs)
        child = _Child(call, pid, ours)
        self._children[call] = self._by_pipe[ours] = child
        self._poll.register(ours, READABLE)

    def _hear(self, child: _Child) -> None:
        data = os.read(child.pipe, FRAME_LIMIT)
        if not data:
            self._bury(child)
            return
        child.pending += data
        at = 0
        while len(child.pending) - at >= CHILD_HEADER.size:
            kind, length = CHILD_HEADER.unpack_from(child.pending, at)
            if kind not in CHILD_KINDS or length > FRAME_LIMIT:
                # Only a child taken over by its document speaks like this.
                child.crash = Crash(code="crashed", detail="protocol")
                os.kill(child.pid, signal.SIGKILL)
                child.pending.clear()
                return
            end = at + CHILD_HEADER.size + length
            if len(child.pending) < end:
                break
            self.say(kind, child.call, bytes(child.pending[at + CHILD_HEADER.size : end]))
            child.credit -= 1
            at = end
        del child.pending[:at]
        if child.credit <= 0:
            self._poll.unregister(child.pipe)

    def _bury(self, child: _Child) -> None:
        """The pipe is closed: the child is dead or dying, and a hostile one that merely closed it is killed.

        A signal it died by stands.
        """
        os.kill(child.pid, signal.SIGKILL)
        _, status = os.waitpid(child.pid, 0)
        if child.credit > 0:
            self._poll.unregister(child.pipe)
        os.close(child.pipe)
        del self._children[child.call], self._by_pipe[child.pipe]
        crash = child.crash
        if crash is None and os.WIFSIGNALED(status):
            crash = crash_by_signal(os.WTERMSIG(status))
        self._end(child.call, crash)

    def _end(self, call: int, crash: Crash | None) -> None:
        self.say(END, call, msgspec.msgpack.encode(crash))


def run(tasks: Mapping[str, Task], preload: Callable[[], None]) -> None:
    """Be the zygote of this process: standard input brings orders, standard output takes answers."""
    orders, answers = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nowhere, standard)
    # Ctrl-C and a service manager's stop are for the engine, which ends this process by closing the pipe.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    no_network()
    die_with_parent()
    zygote = Zygote(orders, answers, tasks)
    try:
        preload()
    except Exception as error:
        zygote.say(FAILURE, body=msgspec.msgpack.encode(Crash(code="unavailable", detail=repr(error))))
        return
    gc.collect()
    gc.freeze()
    zygote.say(READY)
    zygote.serve()
