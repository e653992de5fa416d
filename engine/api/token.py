"""The bearer token of the HTTP API: 256 bits in `api.token` (0600) in the data directory, compared in constant time."""

from __future__ import annotations

import hmac
import re
import secrets
import stat
from pathlib import Path

from engine.errors import BadToken
from store.files import create, disk_error

FILE = "api.token"
_FORM = re.compile(r"[0-9a-f]{64}")


class Token:
    """What a caller must present."""

    def __init__(self, value: str) -> None:
        self._value = value.encode()

    @classmethod
    def of(cls, directory: Path) -> Token:
        """The directory's token; made where there is none. Raises `BadToken` for a file that others can read or that holds none."""
        path = directory / FILE
        try:
            with create(path) as file:
                file.write(secrets.token_hex(32).encode())
        except FileExistsError:
            pass
        except OSError as error:
            raise disk_error(error, directory) from error
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            value = path.read_text(encoding="ascii", errors="replace").strip()
        except OSError as error:
            raise BadToken(f"{path} cannot be read: {error.strerror}.") from error
        if mode & 0o077:
            raise BadToken(f"{path} can be read by others than its owner.")
        if _FORM.fullmatch(value) is None:
            raise BadToken(f"{path} holds no token.")
        return cls(value)

    def fits(self, header: str) -> bool:
        """Whether an `Authorization` header presents this token."""
        scheme, _, presented = header.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(presented.encode(), self._value)
