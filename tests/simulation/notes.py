"""Real notes in any number: one NF-e that ships with the tests, renumbered, so that each is a document of its own with a valid key."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.fiscal.identifiers import key_check_digit

SOURCE = Path(__file__).parent.parent / "data" / "nfe" / "24240121172344000158550010000226611518005129.xml"
KEY = "24240121172344000158550010000226611518005129"


@cache
def _source() -> str:
    return SOURCE.read_text(encoding="utf-8")


def access_key(number: int) -> str:
    """The key of the note with this number."""
    body = f"{KEY[:25]}{number:09d}{KEY[34:43]}"
    return body + key_check_digit(body)


def note(number: int) -> bytes:
    """The note with this number."""
    text = _source().replace(KEY, access_key(number)).replace("<nNF>22661</nNF>", f"<nNF>{number}</nNF>")
    return text.encode()


def write_notes(folder: Path, count: int, first: int = 1) -> list[Path]:
    """Files of `count` different notes."""
    paths = []
    for number in range(first, first + count):
        path = folder / f"note-{number:05d}.xml"
        path.write_bytes(note(number))
        paths.append(path)
    return paths
