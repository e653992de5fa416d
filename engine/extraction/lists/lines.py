"""Decoded lines of a list, read where they lie in the bytes; a line without end is refused before it is built."""

from __future__ import annotations

from collections.abc import Iterator

from engine.extraction.lists.decoding import Text

#: Bytes of one row, all its lines together.
ROW_LIMIT = 4 << 20


class ListRefusedError(Exception):
    """The list goes beyond a limit; `code` and `arguments` are those of a refusal."""

    def __init__(self, code: str, **arguments: object) -> None:
        super().__init__(code)
        self.code = code
        self.arguments = arguments


class Lines:
    """Decoded lines from a place in the bytes on; `at` is where the next one begins."""

    def __init__(self, text: Text, at: int = 0) -> None:
        self._content = text.content
        self._codec = text.codec
        # Files of the oldest Macs have no line feed at all.
        self._end = b"\r" if b"\n" not in text.content and b"\r" in text.content else b"\n"
        self.at = at
        self.row_start = at

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at >= len(self._content):
            raise StopIteration
        found = self._content.find(self._end, self.at, self.row_start + ROW_LIMIT + 1)
        end = found + 1 if found >= 0 else len(self._content)
        if end - self.row_start > ROW_LIMIT:
            # One endless line or one endless quotation: refused before the csv module gathers it.
            raise ListRefusedError("line_size", limit=ROW_LIMIT)
        line = self._content[self.at : end].decode(self._codec, "replace")
        self.at = end
        bare = line.rstrip("\r\n").replace("\r", " ").replace("\0", "")
        return bare if bare == line else bare + "\n"
