"""The doctor: what a healthy appliance needs, looked at from outside, whether an engine runs or not; nothing is started and nothing changed.

A check fails where something keeps the appliance from working, and warns where it works with less. `observed` says what was seen without words
where it can, `hint` is the next step; faces translate both.
"""

from __future__ import annotations

import os
import platform
import stat
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import EngineError
from engine.facade.configuration import Settings, configuration
from engine.facade.disk import disk
from engine.facade.engine import Engine
from engine.facade.exporter_standing import standings
from engine.facade.secrets import Resolver, secrets_of
from store import driver
from store.access import is_writable, refuse_closed
from store.errors import DirectoryUnreadable, StoreError
from store.inspection import inspect
from store.migrate import latest
from store.owner import is_owned, read_owner
from store.quarantine import has_blobs, refuse_lost
from store.store import DATABASE

Status = Literal["pass", "warn", "fail"]

#: Oldest Python that Nexus runs on.
PYTHON = (3, 11)
#: What fails here keeps the engine itself from working.
SERVICE = frozenset({"data_directory", "disk", "database", "schema", "owner", "configuration"})
LOOPBACK = ("127.0.0.1", "[::1]", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    observed: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """All checks, and the worst of them."""

    checks: tuple[Check, ...]

    @property
    def status(self) -> Status:
        """The worst."""
        found = {check.status for check in self.checks}
        return "fail" if "fail" in found else "warn" if "warn" in found else "pass"

    @property
    def exit_code(self) -> int:
        """0; 69 if the engine cannot work like this, 1 if something else fails."""
        failed = {check.name for check in self.checks if check.status == "fail"}
        return 0 if not failed else 69 if failed & SERVICE else 1


#: Asks the owner whether it answers. Raises what it runs into.
Probe = Callable[[Mapping[str, object]], Awaitable[None]]


async def examine(directory: Path, engine: Engine | None, probe: Probe) -> Examination:
    """Look at everything. `engine` is a view of the data directory, `None` where that cannot be had."""
    try:
        refuse_closed(directory)
    except DirectoryUnreadable as error:
        # Nothing in it can be looked at, its configuration neither.
        closed = Check(name="data_directory", status="fail", observed=f"{error.code} {error}", hint=error.hint)
        return Examination(checks=(_python(), _sqlite(), closed))
    settings = configuration(directory)
    secrets = secrets_of(directory, settings)
    checks = [
        _python(), _sqlite(), _folder(directory), _disk(directory), *await _database(directory), await _owner(directory, probe),
        *(await _work(engine) if engine is not None else ()), _configuration(settings), _secrets(secrets), _http(directory, settings),
        *await _exporters(directory, settings, secrets),
    ]  # fmt: skip
    return Examination(checks=tuple(checks))


def _python() -> Check:
    version = platform.python_version()
    if sys.version_info < PYTHON:
        return Check(name="python", status="fail", observed=version, hint="Install Python 3.11 or newer.")
    return Check(name="python", status="pass", observed=version)


def _sqlite() -> Check:
    observed = f"{'.'.join(map(str, driver.VERSION))} ({driver.LIBRARY})"
    if driver.VERSION < driver.SAFE_WITH_SECOND_CHECKPOINTER:
        hint = "This SQLite can lose pages if a second program checkpoints: do not run Litestream with it; `pip install pysqlite3` where it has wheels."
        return Check(name="sqlite", status="warn", observed=observed, hint=hint)
    return Check(name="sqlite", status="pass", observed=observed)


def _folder(directory: Path) -> Check:
    name, shown = "data_directory", str(directory)
    try:
        found = directory.stat()
    except FileNotFoundError:
        return Check(name=name, status="warn", observed=shown, hint="`nexus init` creates it.")
    except OSError as error:
        return Check(
            name=name, status="fail", observed=f"{shown}: {error.strerror}", hint="Check the path and its permissions."
        )
    if not stat.S_ISDIR(found.st_mode):
        return Check(name=name, status="fail", observed=shown, hint="It is no folder: choose another --data-dir.")
    mode = stat.S_IMODE(found.st_mode)
    observed = f"{shown} {mode:04o} uid {found.st_uid}"
    if not is_writable(directory):
        return Check(
            name=name,
            status="fail",
            observed=observed,
            hint="It cannot be written: check its owner and that its disk is mounted read-write.",
        )
    if found.st_uid != os.geteuid():
        return Check(
            name=name, status="warn", observed=observed, hint="It belongs to another user: run Nexus as that one."
        )
    if mode & 0o077:
        return Check(name=name, status="warn", observed=observed, hint="Others may look into it: chmod 700 it.")
    return Check(name=name, status="pass", observed=observed)


def _disk(directory: Path) -> Check:
    try:
        view = disk(next(path for path in (directory, *directory.absolute().parents) if path.exists()))
    except (StoreError, StopIteration) as error:
        return Check(name="disk", status="fail", observed=str(error), hint="Check that its disk is mounted.")
    observed = f"{view.free_mb} MB / {view.needed_mb} MB"
    if view.error is not None:
        return Check(name="disk", status="fail", observed=observed, hint="Free some space; intake resumes by itself.")
    return Check(name="disk", status="pass", observed=observed)


async def _database(directory: Path) -> list[Check]:
    path = directory / DATABASE
    try:
        refuse_lost(directory)
    except StoreError as error:
        return [Check(name="database", status="fail", observed=f"{error.code} {error}", hint=error.hint)]
    if not path.exists():
        return [
            Check(
                name="database",
                status="warn",
                observed="-",
                hint="Nothing was taken in yet: `nexus init`, `nexus add`.",
            )
        ]
    try:
        found = await inspect(path)
    except StoreError as error:
        return [Check(name="database", status="fail", observed=f"{error.code} {error}", hint=error.hint)]
    checks = [Check(name="database", status="pass", observed="quick_check ok")]
    if found.problems:
        hint = "Keep the files, stop the engine, and restore a backup."
        checks = [Check(name="database", status="fail", observed="; ".join(found.problems)[:500], hint=hint)]
    status: Status = "pass" if found.schema == latest() else "warn"
    hint = "" if status == "pass" else "The next engine brings it up to date and keeps a backup."
    checks.append(Check(name="schema", status=status, observed=f"{found.schema} / {latest()}", hint=hint))
    if found.documents and not has_blobs(directory):
        lost = "Their rows are there and their bytes are not: restore a backup, or `nexus add` the files again."
        checks.append(Check(name="blobs", status="fail", observed=f"{found.documents}", hint=lost))
    return checks


async def _owner(directory: Path, probe: Probe) -> Check:
    owner = read_owner(directory)
    if not is_owned(directory):
        if owner is None:
            return Check(name="owner", status="pass", observed="-")
        return Check(
            name="owner",
            status="warn",
            observed=f"pid {owner['pid']}",
            hint="It ended without a word; the next start recovers what it left.",
        )
    if owner is None or owner.get("socket") is None:
        return Check(name="owner", status="pass", observed="-" if owner is None else f"pid {owner['pid']}")
    observed = f"pid {owner['pid']} {owner.get('version', '')}".strip()
    try:
        await probe(owner)
    except EngineError as error:
        return Check(name="owner", status="fail", observed=f"{observed}: {error.code}", hint=error.hint)
    return Check(name="owner", status="pass", observed=observed)


async def _work(engine: Engine) -> list[Check]:
    try:
        queues = await engine.queues.everyone()
        locks = await engine.state.locks()
        incidents = await engine.state.incidents()
    except (StoreError, driver.Error) as error:
        return [
            Check(
                name="queues",
                status="fail",
                observed=f"{type(error).__name__}: {error}",
                hint="See the check of the database.",
            )
        ]
    dead = sum(queue.dead for queue in queues)
    stale = [lock.name for lock in locks if not lock.alive]
    paused = [queue.name for queue in queues if queue.paused]
    newest = incidents[-1] if incidents else None
    return [
        _counted("dead_letters", dead, "`nexus dlq ls` shows why; `nexus dlq requeue` once the cause is gone."),
        _counted("locks", len(stale), "They expire within a minute; `nexus locks ls`, `nexus locks release`."),
        _counted("queues", len(paused), "Documents wait there until `nexus queues resume`.", ", ".join(paused)),
        _counted(
            "scheduler", len(incidents), "A timer was late or failed in the last 7 days: look at the load and the disk of this machine.",
            "" if newest is None else f"{newest.job} {newest.what}",
        ),
    ]  # fmt: skip


def _counted(name: str, count: int, hint: str, more: str = "") -> Check:
    observed = f"{count} ({more})" if more else str(count)
    return Check(name=name, status="warn" if count else "pass", observed=observed, hint=hint if count else "")


def _configuration(settings: Settings) -> Check:
    file = "-" if settings.file is None else str(settings.file)
    if settings.problems:
        first = settings.problems[0]
        return Check(
            name="configuration",
            status="fail",
            observed=f"{first.code} {first}",
            hint="`nexus config validate` lists all that is wrong.",
        )
    if settings.warnings:
        first = settings.warnings[0]
        return Check(
            name="configuration",
            status="warn",
            observed=f"{first.code} {first}",
            hint="`nexus config validate` lists all that is wrong.",
        )
    return Check(name="configuration", status="pass", observed=file)


def _secrets(secrets: Resolver) -> Check:
    standings = secrets.everyone()
    held = [f"{one.secret.name}: {one.source}" for one in standings if one.source is not None]
    observed = ", ".join(held) or "-"
    problem = next((one.problem for one in standings if one.problem is not None), None)
    if problem is not None:
        return Check(name="secrets", status="warn", observed=f"{observed}; {problem.code} {problem}", hint=problem.hint)
    return Check(name="secrets", status="pass", observed=observed)


async def _exporters(directory: Path, settings: Settings, secrets: Resolver) -> list[Check]:
    held = frozenset(one.secret.name for one in secrets.everyone() if one.source is not None)
    return [
        Check(
            name=f"exporter_{one.name}", status="warn" if one.code else "pass", observed=f"{one.code} {one.message}" if one.code else str(one.waiting),
            hint=one.hint,
        )
        for one in await standings(directory, settings, held)
    ]  # fmt: skip


def _http(directory: Path, settings: Settings) -> Check:
    owner = read_owner(directory) if is_owned(directory) else None
    address = (owner or {}).get("http")
    observed = str(address) if address else "-"
    if address and not any(f"//{host}" in str(address) for host in LOOPBACK):
        return Check(
            name="http",
            status="warn",
            observed=observed,
            hint="Other machines reach it: let only a proxy of yours do so.",
        )
    if origin := settings.text("http.web_ui_origin"):
        hint = "This origin calls the three /api routes without a token; clear http.web_ui_origin when it is no longer used."
        return Check(name="http", status="warn", observed=f"{observed} {origin}", hint=hint)
    return Check(name="http", status="pass", observed=observed)
