"""How configured exporters stand: what waits for each, and what the log told last of it. From what is kept; nobody is asked, nothing is revealed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.facade.configuration import Settings
from store import telemetry
from store.driver import Connection
from store.errors import StoreError

#: The rows each is given.
TAKES = {"otlp": "span", "logflare": "record", "sentry": "record"}
#: Records of one exporter are few: edges only.
LOOKED_AT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An exporter: rows that wait, and the code, message and next step of what is in its way."""

    name: str
    waiting: int
    code: str = ""
    message: str = ""
    hint: str = ""


async def standings(directory: Path, settings: Settings, secrets: frozenset[str]) -> tuple[Standing, ...]:
    """Of those that are configured; `secrets` are the names of those that are set."""
    names = [
        name
        for name, wanted in (
            ("otlp", bool(settings.text("telemetry.otlp_url"))), ("sentry", "SENTRY_DSN" in secrets), ("logflare", bool(settings.text("telemetry.logflare_source")))
        )
        if wanted
    ]  # fmt: skip
    if not names:
        return ()
    try:
        return await telemetry.look(directory, lambda connection: tuple(_standing(connection, name) for name in names))
    except StoreError:
        # Nothing was ever told: nothing waits.
        return tuple(Standing(name=name, waiting=0) for name in names)


def _standing(connection: Connection, name: str) -> Standing:
    waiting = telemetry.waiting(connection, name, TAKES[name])
    told = [one for one in telemetry.records(connection, telemetry.Filter(text="exporter."), LOOKED_AT) if one.fields.get("exporter") == name]
    if not told or told[-1].event == "exporter.recovered":
        return Standing(name=name, waiting=waiting)
    fields = told[-1].fields
    return Standing(name=name, waiting=waiting, code=str(fields.get("code", "")), message=told[-1].message, hint=str(fields.get("hint", "")))
