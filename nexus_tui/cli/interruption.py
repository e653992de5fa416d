"""Signals to a command: the first one breaks off its work and lets it close in order; a second Ctrl-C leaves at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from nexus_tui.cli import output

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

T = TypeVar("T")


class Interruption:
    """What a signal does to the one command that runs. Opening and closing are never broken off, only what stands between them."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._work: asyncio.Task[Any] | None = None
        self._told: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """Exit code of a command that a signal broke off: 128 and the signal's number."""
        return output.INTERRUPTED if self._number is None else 128 + self._number

    async def over(self, body: Coroutine[Any, Any, T], *told: str) -> T:
        """Run a command's `body` with signals listened to; `told`, a sentence and a hint, is said on stderr when the first one comes."""
        self._told = told
        loop = asyncio.get_running_loop()
        # Under nohup the end of the terminal is no reason to stop.
        before = {number: action for number in SIGNALS if (action := signal.getsignal(number)) is not signal.SIG_IGN}
        for number in before:
            loop.add_signal_handler(number, self._asked, number)
        try:
            return await body
        finally:
            for number, action in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, action)

    async def breaks_off(self, work: Coroutine[Any, Any, T]) -> T:
        """Await the part of a command that a signal breaks off. Raises `CancelledError` then, or at once if one came before."""
        if self._number is not None:
            work.close()
            raise asyncio.CancelledError
        self._work = asyncio.current_task()
        try:
            return await work
        finally:
            self._work = None

    def _asked(self, number: int) -> None:
        if self._number is not None:
            if number == signal.SIGINT:
                # In a hurry: everything acknowledged is on the disk already.
                os._exit(output.INTERRUPTED)
            return
        self._number = number
        if self._told:
            with suppress(OSError):
                output.complain(*self._told)
        if self._work is not None:
            self._work.cancel()
