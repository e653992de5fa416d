"""Where secrets are sent: over https, or to this machine itself. One judge for every receiver that is given a key."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit


class Destination(NamedTuple):
    """An address without its last slash, its host, and whether that is this machine."""

    address: str
    host: str
    loopback: bool


def destination(address: str) -> Destination | None:
    """The address, if a secret may be sent to it; `None` for one that is no address, carries credentials, or would show the secret to a network."""
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or port == 0 or parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return None
    loopback = is_loopback(host)
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        return None
    return Destination(address.strip().rstrip("/"), host, loopback)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its number or by the one name that means it. A resolver is not asked: it may say anything."""
    if host.lower() == "localhost":
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(number, "ipv4_mapped", None)
    return (mapped or number).is_loopback
