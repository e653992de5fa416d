"""Secrets as faces see them. They are no command to the owner: a value travels through no socket and stands in no table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.errors import SecretFailure
from engine.facade.configuration import Settings, configuration
from engine.settings.resolver import Found, Place, Resolver, Source, Standing, checked, from_surroundings, secret
from engine.settings.ring import OFF, Ring
from engine.settings.secret_names import ALL, NAMES, Secret

__all__ = ["ALL", "Found", "Place", "Resolver", "Secret", "Source", "Standing", "checked", "secret", "secrets_of", "surrounding"]


def secrets_of(
    directory: Path, settings: Settings | None = None, *, environ: Mapping[str, str] = os.environ, keyring: bool = True
) -> Resolver:
    """The secrets of a data directory. Without `keyring` nothing can hang: so an engine that starts asks."""
    values = (settings or configuration(directory, environ=environ)).text("secrets.keyring")
    return Resolver(directory, environ, Ring(values if keyring else OFF))


def surrounding(environ: Mapping[str, str]) -> Iterator[str]:
    """The values that this process was started with, for masking; what cannot be read cannot be told either."""
    for name in NAMES:
        try:
            found = from_surroundings(name, environ)
        except SecretFailure:
            continue
        if found is not None:
            yield found.reveal()
