"""What the operating system takes away from the workers: time, memory, files, network, privileges.

Nothing here is undone.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress

from engine.extraction.sandbox.protocol import WorkerLimits

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000

LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies.

    Set after any change of privileges, which would clear it.
    """
    if LINUX:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def no_network() -> None:
    """Leave the machine's network for an empty one, where the kernel lets us; children inherit it."""
    if LINUX and _libc.unshare(CLONE_NEWNET) != 0:
        _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def confine(limits: WorkerLimits) -> None:
    """Set a child's limits. What it needs must be open: it can write no file and gain no privilege from here on."""
    if LINUX:
        _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    die_with_parent()
    os.umask(0o077)
    for what, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
        (resource.RLIMIT_NOFILE, limits.files, limits.files),
        # The soft limit ends the process with SIGXCPU, by which the cause is known.
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1),
        (resource.RLIMIT_AS, limits.memory, limits.memory),
    ):
        # A system that knows a limit less, or already holds us tighter, is no reason to stop.
        with suppress(OSError, ValueError):
            resource.setrlimit(what, (soft, hard))
