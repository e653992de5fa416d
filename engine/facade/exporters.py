"""The exporters that are configured: by settings and secrets, looked up off the loop, where a keyring may take its time."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.errors import NoSecret, SecretFailure
from engine.facade.configuration import Settings
from engine.facade.secrets import secrets_of
from engine.settings.resolver import from_surroundings
from engine.telemetry.exporting.exporting import Maker
from engine.telemetry.exporting.parcel import Exporter
from engine.telemetry.redaction import Redaction

#: Where Logflare is asked, for who runs it.
LOGFLARE_ADDRESS = "LOGFLARE_API_URL"


def makers(directory: Path, settings: Settings, environ: Mapping[str, str], redaction: Redaction, version: str) -> dict[str, Maker]:
    """By name; nothing for what is not asked for."""

    def reveal(name: str) -> str | None:
        try:
            value = secrets_of(directory, settings, environ=environ).resolve(name).reveal()
        except NoSecret:
            return None
        redaction.learn(value)
        return value

    def otlp() -> Exporter:
        from engine.telemetry.exporting.otlp import Otlp

        return Otlp(settings.text("telemetry.otlp_url"), version)

    def sentry() -> Exporter | None:
        dsn = reveal("SENTRY_DSN")
        if dsn is None:
            return None
        from engine.telemetry.exporting.sentry import Sentry

        return Sentry(dsn, version)

    def logflare() -> Exporter:
        from engine.telemetry.exporting.logflare import DEFAULT_ADDRESS, Logflare

        key = reveal("LOGFLARE_API_KEY")
        if key is None:
            raise NoSecret("LOGFLARE_API_KEY is not set anywhere.")
        return Logflare(settings.text("telemetry.logflare_source"), key, environ.get(LOGFLARE_ADDRESS) or DEFAULT_ADDRESS)

    try:
        at_hand = from_surroundings("SENTRY_DSN", environ) is not None
    except SecretFailure:
        at_hand = True
    found = {"sentry": Maker(sentry, later=not at_hand)}
    if settings.text("telemetry.otlp_url"):
        found["otlp"] = Maker(otlp, takes="span")
    if settings.text("telemetry.logflare_source"):
        found["logflare"] = Maker(logflare)
    return found
