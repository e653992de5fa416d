"""What libraries and forgotten tasks say through Python's own logging, brought into the journal; without this it would go to the terminal or nowhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.telemetry.journal import Journal, Level


class LibraryLog(logging.Handler):
    """Passes warnings and errors on. May be called from any thread: a deque's append is whole."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.WARNING)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        """Note a record; of an exception its class and place, for its text may quote a document."""
        fields: dict[str, str] = {"logger": record.name}
        if record.exc_info is not None and record.exc_info[1] is not None:
            error = record.exc_info[1]
            fields["error"] = type(error).__name__
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            if place is not None:
                fields["where"] = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"
        level = Level.ERROR if record.levelno >= logging.ERROR else Level.WARNING
        first = record.getMessage().partition("\n")[0]
        self._journal.log(level, "library", first[:500], **fields)


@contextmanager
def listening(journal: Journal) -> Iterator[None]:
    """Listen to all loggers for a while."""
    handler = LibraryLog(journal)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
