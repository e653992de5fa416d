"""How a folder is watched: what is passed over, and where files go once they are taken in."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable

import msgspec

#: Files that others still write, and what programs hide.
IGNORED = ("*.tmp", "*.part", "*.crdownload", "~$*", ".*")


class WatchOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`ignore` are patterns besides `IGNORED`; with `move_to` files are moved there, else they stay."""

    ignore: tuple[str, ...] = ()
    move_to: bytes | None = None

    def passed_over(self) -> Callable[[bytes], bool]:
        """Says whether a name, of a file or a folder, is passed over."""
        patterns = "|".join(fnmatch.translate(pattern) for pattern in (*IGNORED, *self.ignore))
        match = re.compile(patterns, re.IGNORECASE).match
        # One letter a byte: a name need not be UTF-8, and patterns are about its letters.
        return lambda name: match(name.decode("utf-8", "surrogateescape")) is not None


def encoded(options: WatchOptions) -> str:
    """As the store keeps them."""
    return msgspec.json.encode(options).decode()


def decoded(text: str) -> WatchOptions:
    """From the store."""
    return msgspec.json.decode(text, type=WatchOptions)
