"""The bundled real documents: public samples of NF-e and NFC-e, and a header and item list of public purchases (see SOURCES.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path


@contextmanager
def demo_files() -> Iterator[Path]:
    """The folder of the bundled documents, for as long as it is needed."""
    with resources.as_file(resources.files("nexus_tui.demo") / "documents") as folder:
        yield folder
