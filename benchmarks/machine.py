"""What the figures were taken on: processor, load, libraries, PRAGMAs, and what a durable write costs here."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from store import connection, driver

LIBRARIES = ("aiosqlite", "pysqlite3", "msgspec", "lxml", "nfelib", "litequeue", "persist-queue", "huey", "dbos", "sqlalchemy")
PRAGMAS = (
    "journal_mode", "synchronous", "page_size", "auto_vacuum", "cache_size", "temp_store", "mmap_size", "foreign_keys", "secure_delete",
    "wal_autocheckpoint", "journal_size_limit", "busy_timeout",
)  # fmt: skip


def facts() -> dict[str, Any]:
    """Everything beside the figures themselves."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
        "fdatasync_p50_ms": fdatasync_p50(),
        "sqlite": {"product": ".".join(map(str, driver.VERSION)), "peers": _standard_sqlite()},
        "pragmas": _pragmas(),
        "versions": {name: _version(name) for name in LIBRARIES},
    }


def fdatasync_p50(writes: int = 200) -> float:
    """Median milliseconds of making 8 KB at the end of a growing file durable, where the measurements keep theirs."""
    times = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for _ in range(writes):
            file.write(b"\1" * 8192)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def _pragmas() -> dict[str, Any]:
    """As the writer sets them, read back."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nexus.db"
        path.touch()
        opened = connection.open_writer(path)
        try:
            return {name: connection.pragma(opened, name) for name in PRAGMAS}
        finally:
            opened.close()


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _standard_sqlite() -> str:
    """The peers use the standard library's SQLite; asked in the engine's own way it would be the product's."""
    return str(importlib.import_module("sqlite3").sqlite_version)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
