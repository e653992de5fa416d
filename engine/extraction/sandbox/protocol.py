"""What goes through the pipes between engine, zygote and child: frames with a length, and the values they carry.

Child to zygote a frame is `kind, length, body`; between zygote and engine `kind, call, length, body`, both big-
endian. Bodies are MessagePack. A message longer than one frame comes as `PART` frames and one that names its kind, so
that nobody in between holds more than `FRAME_LIMIT` bytes of it.
"""

from __future__ import annotations

import signal
import struct
from typing import Literal

import msgspec

MIB = 1 << 20
FRAME_LIMIT = 256 * 1024
#: Frames a call may have under way before the engine has taken one; the zygote reads no more from that child meanwhile.
CREDIT = 8

CHILD_HEADER = struct.Struct(">cI")
HEADER = struct.Struct(">cII")

#: Engine to zygote.
RUN, KILL, TAKEN = b"r", b"k", b"t"
#: Child to engine: parts of a message; a value; a refusal; a failure of the task; the task has said everything.
PART, VALUE, REFUSAL, FAILURE, DONE = b"p", b"v", b"f", b"x", b"d"
#: Zygote to engine: loaded and waiting; the child of a call is gone.
READY, END = b"s", b"e"

CHILD_KINDS = frozenset((PART, VALUE, REFUSAL, FAILURE, DONE))


class WorkerLimits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one child may use. Sizes in bytes."""

    #: RLIMIT_AS
    memory: int = 1024 * MIB
    #: RLIMIT_CPU
    cpu_seconds: int = 20
    #: RLIMIT_NOFILE
    files: int = 32
    #: How long the engine waits for it in all, by the wall clock; time in which the engine itself is busy does not
    #: count.
    wall_seconds: float = 25.0
    #: A result of `run`.
    result: int = 32 * MIB
    #: A message of `stream`: a member of 64 MiB and its label.
    message: int = 65 * MIB


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Body of `RUN`."""

    task: str
    arguments: dict[str, str | None]
    limits: WorkerLimits


CrashCode = Literal[
    "crashed",  # it died by a signal, named in `detail`
    "out_of_memory",
    "timeout",  # by the wall clock, or of CPU time (`detail` says cpu)
    "too_large",  # it said more than a message may hold
    "failed",  # the task raised, which is a fault of ours: `detail` names the error
    "absent",  # the file could not be opened
    "lost",  # the zygote died, which may be another call's fault
    "unavailable",  # no zygote could be started, or the sandbox is closed
]


class Crash(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A task that did not come to its end. It is a result: the caller retries it alone, or keeps the file as a dead
    letter.
    """

    code: CrashCode
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


def crash_by_signal(number: int) -> Crash:
    """What a child's death by a signal means."""
    if number == signal.SIGXCPU:
        return Crash(code="timeout", detail="cpu")
    if number == signal.SIGKILL:
        # The engine's own kills are counted there; what remains is the kernel short of memory.
        return Crash(code="out_of_memory", detail="SIGKILL")
    try:
        return Crash(code="crashed", detail=signal.Signals(number).name)
    except ValueError:
        return Crash(code="crashed", detail=f"signal {number}")
