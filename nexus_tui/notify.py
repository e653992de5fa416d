"""What a service manager is told: that the engine is up, that it ends, and, as long as its loop turns, that it lives.

The protocol of sd_notify(3), spoken without a library: one datagram a message, lines of NAME=VALUE, to the socket that NOTIFY_SOCKET names. Where
nothing listens, nothing is told.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager, suppress

SOCKET = "NOTIFY_SOCKET"
WATCHDOG_USEC = "WATCHDOG_USEC"
WATCHDOG_PID = "WATCHDOG_PID"

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"

#: Signs of life in the time after which a service manager takes the process for hung; sd_watchdog_enabled(3) asks for two, more forgive a busy machine.
SIGNS = 3


class ServiceManager:
    """The process that started this one as a service, if one did."""

    def __init__(self, address: str | None, every_s: float | None) -> None:
        self._address = address
        #: Seconds between two signs of life; `None` where nobody waits for them.
        self.every_s = every_s

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> ServiceManager:
        """From the environment, where its variables are removed: what this process starts is no service."""
        address, usec, pid = (environment.pop(name, None) for name in (SOCKET, WATCHDOG_USEC, WATCHDOG_PID))
        return cls(_address(address), _every_s(usec, pid) if address else None)

    def tell(self, *lines: str) -> bool:
        """Send one message; whether it was sent. A service manager that cannot be reached is no reason to stop."""
        if self._address is None:
            return False
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            # A full queue must not hold the loop.
            to.setblocking(False)
            to.sendto("\n".join(lines).encode(), self._address)
            return True
        return False

    async def live(self) -> None:
        """Say from the running loop that it turns, until cancelled; ends at once where nobody waits for it."""
        while self.every_s is not None:
            self.tell(ALIVE)
            await asyncio.sleep(self.every_s)


@asynccontextmanager
async def service_manager() -> AsyncIterator[ServiceManager]:
    """The service manager of this process, told that the loop lives until the block ends."""
    manager = ServiceManager.of(os.environ)
    living = asyncio.ensure_future(manager.live())
    try:
        yield manager
    finally:
        living.cancel()


def _address(named: str | None) -> str | None:
    """Where to send: a path, or a name in the abstract namespace, written with `@`; other kinds of address (vsock) are not for this machine."""
    if not named or named[0] not in "/@":
        return None
    return "\0" + named[1:] if named[0] == "@" else named


def _every_s(usec: str | None, pid: str | None) -> float | None:
    """How often to show life, in seconds; `None` if it is not waited for, or from another process."""
    if usec is None or not usec.isdecimal() or not int(usec):
        return None
    if pid and pid != str(os.getpid()):
        return None
    return int(usec) / 1_000_000 / SIGNS
