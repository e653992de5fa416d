"""The log as a file of JSON lines: `logs/nexus.jsonl` in the data directory, rotated, readable by its owner only.

Other programs may follow it; searching is done in `telemetry.db`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

FOLDER = "logs"
NAME = "nexus.jsonl"
#: Bytes after which a file is rotated, and how many older ones stay.
LARGEST = 10 * 1024 * 1024
KEPT = 5


class LogFile:
    """Appends to the log of a data directory. Blocks: not for the loop."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / FOLDER
        self.path = self._folder / NAME

    def append(self, lines: Sequence[bytes]) -> None:
        """Add lines, each without its end. Raises `OSError`."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._size() > LARGEST:
            self._rotate()
        # Opened anew each time: whoever rotates or erases beside us is not written into a file that is gone.
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def files(self) -> list[Path]:
        """All there are, newest first."""
        return [path for path in (self.path, *(self._older(n) for n in range(1, KEPT + 1))) if path.exists()]

    def rewrite(self, needles: Sequence[bytes]) -> int:
        """Take every line away in which something of `needles` stands. Returns how many."""
        gone = 0
        for path in self.files():
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not any(needle in line for needle in needles)]
            if len(kept) == len(lines):
                continue
            gone += len(lines) - len(kept)
            fresh = path.with_name(f"{path.name}.fresh")
            fresh.unlink(missing_ok=True)
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(b"".join(kept))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        return gone

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0

    def _rotate(self) -> None:
        for n in range(KEPT, 1, -1):
            older = self._older(n - 1)
            if older.exists():
                older.replace(self._older(n))
        self.path.replace(self._older(1))

    def _older(self, n: int) -> Path:
        return self._folder / f"{NAME}.{n}"
