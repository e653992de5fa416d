"""Measures the time from exec to the first painted row in a terminal, against a bare Textual application in the same run.

usage: python tests/nexus_tui/first_frame.py [ROUNDS]
"""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

BARE = """
from textual.app import App, ComposeResult
from textual.widgets import Static
class Bare(App):
    def compose(self) -> ComposeResult:
        yield Static("first row")
Bare().run()
"""
OURS = """
import gc
gc.disable()
import sys
from nexus_tui.app import NexusApp
sys.path.insert(0, {here!r})
async def start():
    # As the appliance does it: the engine is imported and started once the frame is painted.
    from fake_engine import FakeEngine
    return FakeEngine()
from datetime import timezone
NexusApp(start, clock=lambda: 1_795_453_364_000, zone=timezone.utc, language="en").run()
"""
ROOT = Path(__file__).resolve().parents[2]
NEXUS = (sys.executable, str(Path(__file__).with_name("fake_engine.py")), "0", "en")
OURS_COMMAND = (sys.executable, "-c", OURS.format(here=str(Path(__file__).parent)))
SIZE = (24, 80)


class Terminal:
    """A program on a pseudo terminal."""

    def __init__(self, command: tuple[str, ...], **environment: str) -> None:
        self.master, slave = pty.openpty()
        import fcntl
        import struct
        import termios

        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        settings = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": path, "PYTHONUTF8": "1", **environment}
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=settings, start_new_session=True, close_fds=True
        )
        os.close(slave)
        self.output = b""

    def wait_for(self, text: bytes, seconds: float = 20) -> float:
        """Seconds from exec until `text` is painted."""
        while text not in self.output:
            if time.perf_counter() - self.started > seconds:
                raise TimeoutError(self.output[-2_000:])
            self._read(0.05)
        return time.perf_counter() - self.started

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.master, keys)

    def end(self, number: int = signal.SIGTERM, seconds: float = 10) -> int:
        """Send a signal, unless it is 0, and wait for the end; the exit code."""
        if number:
            self.process.send_signal(number)
        until = time.perf_counter() + seconds
        while self.process.poll() is None:
            if time.perf_counter() > until:
                self.process.kill()
                self.process.wait()
                raise TimeoutError(self.output[-2_000:])
            self._read(0.02)
        self._read(0.05)
        os.close(self.master)
        return self.process.returncode

    def hang_up(self, seconds: float = 10) -> None:
        """Lose the terminal, as when an ssh connection drops."""
        os.close(self.master)
        self.process.send_signal(signal.SIGHUP)
        self.process.wait(seconds)

    def _read(self, seconds: float) -> None:
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            try:
                self.output += os.read(self.master, 65_536)
            except OSError:
                time.sleep(seconds)


def measure(command: tuple[str, ...], text: bytes) -> float:
    """One start; seconds to the first painted row."""
    terminal = Terminal(command)
    try:
        return terminal.wait_for(text)
    finally:
        terminal.end()


def compare(rounds: int) -> tuple[list[float], list[float]]:
    """Alternating starts of the bare application and of ours."""
    pairs = [
        (measure((sys.executable, "-c", BARE), b"first row"), measure(OURS_COMMAND, b"Inbox")) for _ in range(rounds)
    ]
    return [bare for bare, _ in pairs], [ours for _, ours in pairs]


def main() -> None:
    """Print medians and their ratio."""
    bare, ours = compare(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
    print(f"bare  {statistics.median(bare):.3f} s")
    print(f"nexus {statistics.median(ours):.3f} s   {statistics.median(ours) / statistics.median(bare):.2f} x")


if __name__ == "__main__":
    main()
