"""The bundle of `nexus doctor`: a ZIP (0600) for whoever helps, with no secret, no document and no taxpayer's number in it."""

from __future__ import annotations

import json
import platform
import re
import zipfile
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import typer

from engine.errors import SecretFailure
from engine.facade.configuration import MASK, configuration
from engine.facade.doctor import Examination
from engine.facade.engine import Engine
from engine.facade.secrets import ALL, secrets_of
from nexus_tui.version import VERSION
from store import driver
from store.files import create

#: Access keys, CNPJ and CPF, bare or as they are written.
NUMBERS = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9]{44}|[0-9A-Z]{12}[0-9]{2}|[0-9]{11}|[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2})(?![0-9A-Za-z])"
)
#: Libraries whose versions matter to a fault.
LIBRARIES = (
    "aiosqlite",
    "apscheduler",
    "cryptography",
    "httpx",
    "keyring",
    "lxml",
    "msgspec",
    "pysqlite3",
    "starlette",
    "textual",
    "typer",
    "uvicorn",
)


async def write_bundle(path: Path, directory: Path, found: Examination, engine: Engine | None) -> None:
    """Write the bundle; a file that is there already is a usage error."""
    parts = {
        "doctor.json": {"status": found.status, "checks": [asdict(check) for check in found.checks]},
        "config.json": _configured(directory),
        "status.json": await _status(engine),
        "versions.json": _versions(),
        "incidents.json": [] if engine is None else [asdict(one) for one in await engine.state.incidents()],
    }
    hidden = _values(directory)
    try:
        with create(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, value in parts.items():
                archive.writestr(name, clear(json.dumps(value, ensure_ascii=False, indent=1, default=str), hidden))
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}") from error


def clear(text: str, hidden: list[str]) -> str:
    """A text without the values of secrets and the numbers of taxpayers and documents."""
    for value in hidden:
        text = text.replace(value, MASK)
    return NUMBERS.sub("#", text)


def _configured(directory: Path) -> dict[str, Any]:
    found = configuration(directory)
    return {
        "file": None if found.file is None else str(found.file),
        "settings": {key: {"value": one.shown, "source": one.source} for key, one in found.values.items()},
        "problems": [f"{one.code} {one}" for one in (*found.problems, *found.warnings)],
    }


async def _status(engine: Engine | None) -> dict[str, Any]:
    if engine is None:
        return {}
    return {
        "engine": engine.engine_state(),
        "counters": await engine.state.counters(),
        "queues": [asdict(queue) for queue in await engine.queues.everyone()],
    }


def _versions() -> dict[str, str]:
    found = {"nexus": VERSION, "python": platform.python_version(), "platform": platform.platform()}
    found["sqlite"] = ".".join(map(str, driver.VERSION))
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "-"
    return found


def _values(directory: Path) -> list[str]:
    """What must not be in it: the values of secrets that are at hand, without asking a keyring."""
    resolver = secrets_of(directory, keyring=False)
    values = []
    for one in ALL:
        try:
            values.append(resolver.resolve(one.name).reveal())
        except SecretFailure:
            continue
    return sorted(values, key=len, reverse=True)
