"""The configuration of a data directory: the catalogue with the agents' own limits, and every setting's value with its source.

Nothing heavy is imported here: the language of the first frame is looked up with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.contract.events import SPECS
from engine.settings import sources
from engine.settings.catalogue import Catalogue, Limits, Setting, catalogue
from engine.settings.sources import Place, Row, Settings, Valued, is_there
from engine.settings.values import MASK
from store.access import refuse_closed

if TYPE_CHECKING:
    from store.driver import Connection

__all__ = [
    "MASK",
    "Place",
    "Row",
    "Setting",
    "Settings",
    "Valued",
    "checked",
    "configuration",
    "every_setting",
    "is_there",
    "places",
    "rows",
]

_DATABASE = "nexus.db"


@cache
def every_setting() -> Catalogue:
    """All settings. A2 works in one step with A3 and has no limits of its own."""
    return catalogue(Limits(spec.id, spec.name, spec.timeout_ms, spec.max_attempts) for spec in SPECS)


def configuration(
    directory: Path,
    *,
    environ: Mapping[str, str] = os.environ,
    live: Iterable[Row] | None = None,
    flags: Mapping[str, str | None] | None = None,
    file: Path | None = None,
) -> Settings:
    """Every setting's value, source and all that is wrong. Live rows are read from the database unless they are handed in; `file` is read instead of the one that counts.

    Raises `DirectoryUnreadable` where the directory cannot be looked into.
    """
    refuse_closed(directory)
    found = _peek(directory) if live is None else live
    if file is not None:
        environ = {**environ, sources.VARIABLE: str(file)}
    return sources.gather(every_setting(), directory, environ, rows=found, flags=flags)


def checked(directory: Path) -> None:
    """Raise what keeps an engine from starting: a directory or file that cannot be read, an unknown key, a bad value."""
    configuration(directory, live=()).checked()


def places(directory: Path, environ: Mapping[str, str] = os.environ) -> list[Place]:
    """Where the configuration file is looked for, in that order."""
    return list(sources.places(directory, environ))


def rows(connection: Connection) -> list[Row]:
    """The live changes."""
    from store import settings

    return [Row(*row) for row in settings.everyone(connection)]


def _peek(directory: Path) -> list[Row]:
    path = directory / _DATABASE
    if not path.exists():
        return []
    from store import settings

    return [Row(*row) for row in settings.peek(path)]
