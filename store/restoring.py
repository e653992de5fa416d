"""Bringing a backup back: everything is checked before anything is touched, and put in place by renaming.

A crash on the way leaves the old data, or none and a quarantine that says so; never half of each. The same restore ends it, and whoever opens the
data next removes what was unpacked.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from store.backup import FOLDER, Manifest, Stopping, check_database, content, manifest_of, never, opened, verify
from store.errors import NotEmpty
from store.files import create, disk_error, sync, sync_file
from store.owner import LOCK_FILE, OWNER_FILE
from store.quarantine import PARTS, QUARANTINE, STAGING, is_lost, move_aside
from store.space import BALLAST
from store.store import BLOBS, DATABASE

#: What may lie in a directory that counts as empty: what an owner or an operator puts there before there is data, and what data left behind.
BESIDE = frozenset({
    LOCK_FILE, OWNER_FILE, BALLAST, FOLDER, QUARANTINE, STAGING, "config.toml", "secrets.enc", "api.token", "nexus.sock", "clipboard.txt", "logs",
    "lost+found", "telemetry.db", "telemetry.db-wal", "telemetry.db-shm",
})  # fmt: skip


class Restored(NamedTuple):
    """What was brought back, and where what was there before lies now, if there was anything."""

    manifest: Manifest
    aside: Path | None


def restore(archive: Path, directory: Path, wall_ms: int, *, replace: bool = False, stopping: Stopping = never) -> Restored:
    """Bring a backup back into `directory`, which the caller owns. With `replace`, data that is there goes to the quarantine.

    Raises `BadBackup`, `NewerSchema`, `NotEmpty`, `DiskFull` or `Unwritable`; then the directory is as it was.
    """
    if not replace:
        refuse_occupied(directory)
    verify(archive, stopping)
    staging = directory / STAGING
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        manifest = _unpack(archive, staging, stopping)
        check_database(staging / DATABASE)
        aside = move_aside(directory, wall_ms)
        (staging / BLOBS).rename(directory / BLOBS)
        sync(directory)
        (staging / DATABASE).rename(directory / DATABASE)
        sync(directory)
    except OSError as error:
        raise disk_error(error, directory) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Restored(manifest, aside)


def refuse_occupied(directory: Path) -> None:
    """Raise `NotEmpty` if there is data, or anything that is not of Nexus. Where the database was lost, what is left of it goes aside without a word more."""
    for name in PARTS:
        path = directory / name
        if path.exists() and path.stat().st_size and not is_lost(directory):
            raise NotEmpty(f"There is a database in {directory}.")
    others = {entry.name for entry in directory.iterdir()} - BESIDE - set(PARTS) - {BLOBS}
    if others:
        raise NotEmpty(f"{directory} holds {min(others)}, which is not of Nexus.")


def _unpack(archive: Path, staging: Path, stopping: Stopping) -> Manifest:
    (staging / BLOBS).mkdir(mode=0o700)
    folders = {staging, staging / BLOBS}
    with opened(archive) as packed:
        manifest = manifest_of(packed, archive)
        for part in manifest.parts:
            path = staging / part.name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            folders.add(path.parent)
            with create(path) as file, closing(content(packed, part, archive, stopping)) as chunks:
                for chunk in chunks:
                    file.write(chunk)
                sync_file(file)
    for folder in folders:
        sync(folder)
    return manifest
