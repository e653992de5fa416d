"""What was configured for whoever sits here: language, tenant and zone. Below flag and variable, above the locale and the defaults.

Whatever is wrong in a configuration is told by the command that needs it; a preference that cannot be read is none.
"""

from __future__ import annotations

import os
import time
from functools import cache
from pathlib import Path
from typing import Any

TENANT_VARIABLE = "NEXUS_TENANT"


@cache
def _configured(directory: Path) -> dict[str, str]:
    from engine.facade.configuration import configuration
    from store.errors import StoreError

    try:
        values = configuration(directory).values
    except StoreError:
        return {}
    return {
        key: str(values[key].value) for key in ("language", "tenant", "display.zone") if values[key].source != "default"
    }


def forget() -> None:
    """Look again, as a new call does."""
    _configured.cache_clear()


def preferred(directory: Path, key: str) -> str | None:
    """A configured preference, `None` where nobody configured it."""
    return _configured(directory).get(key) or None


def tenant(directory: Path) -> str:
    """The tenant of a call that names none."""
    return os.environ.get(TENANT_VARIABLE) or preferred(directory, "tenant") or "default"


def keep_time(directory: Path) -> None:
    """Let this process read its clock in the configured zone."""
    zone = preferred(directory, "display.zone")
    if zone is not None and hasattr(time, "tzset"):
        os.environ["TZ"] = zone
        time.tzset()


def put_tenant(command: Any, directory: Path) -> None:
    """Change a tree of commands, freshly built, so that `--tenant` falls back to the configured one."""
    name = preferred(directory, "tenant")
    if name is not None:
        _put_tenant(command, name)


def _put_tenant(command: Any, name: str) -> None:
    for parameter in command.params:
        if parameter.name == "tenant":
            parameter.default = name
    for below in getattr(command, "commands", {}).values():
        _put_tenant(below, name)
