"""Paths typed by hand: what a line of them means, and completion from the folders on disk."""

from __future__ import annotations

import asyncio
import os
import shlex
from pathlib import Path

from textual.suggester import Suggester

#: Entries of a folder looked at; a folder with more is completed from the first ones.
MOST_ENTRIES = 5_000


def paths_of(text: str) -> list[Path]:
    """The paths in a line: the whole line where that exists (names have blanks), else its words, quoted as in a shell."""
    text = text.strip()
    if not text:
        return []
    whole = Path(text).expanduser()
    if whole.exists():
        return [whole]
    try:
        words = shlex.split(text)
    except ValueError:
        words = [text]
    return [Path(word).expanduser() for word in words]


def complete(value: str) -> str | None:
    """The value with the last part of its path completed: folders end with `/`; hidden ones only when asked for."""
    folder, _, start = value.rpartition("/")
    if not value or (not folder and not value.startswith("/") and "/" not in value):
        folder = "." if "/" not in value else folder
    base = Path((folder or "/") if value.startswith("/") else folder or ".").expanduser()
    found: list[tuple[bool, str]] = []
    try:
        with os.scandir(base) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_ENTRIES:
                    break
                if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith(".")):
                    found.append((not entry.is_dir(), entry.name))
    except OSError:
        return None
    if not found:
        return None
    is_file, name = min(found)
    completed = value[: len(value) - len(start)] + name + ("" if is_file else "/")
    return completed if completed != value else None


class PathSuggester(Suggester):
    """Completes the path being typed; the disk is read in a thread, a network folder may be slow."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The completed path, or None."""
        return await asyncio.to_thread(complete, value) if value else None
