"""Who decides: the user of the operating system and the face, as decisions record it."""

from __future__ import annotations

import os


def operator(face: str) -> str:
    """`user, face`; the number of a user that has no name."""
    try:
        import pwd

        name = pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        name = str(getattr(os, "getuid", lambda: "?")())
    return f"{name}, {face}"
