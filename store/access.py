"""Whether a data directory may be looked into, asked before anything in it is, and written into."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from store.errors import DirectoryUnreadable


def refuse_closed(directory: Path) -> None:
    """Raise `DirectoryUnreadable` where the folder is closed to this user, or no folder. One that is not there is nobody's yet, and no error."""
    try:
        mode = directory.stat().st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise DirectoryUnreadable(f"{directory} cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if not stat.S_ISDIR(mode):
        raise DirectoryUnreadable(f"{directory} is no folder.")
    if not os.access(directory, os.R_OK | os.X_OK):
        raise DirectoryUnreadable(f"{directory} cannot be read: it is another user's.")


def is_writable(directory: Path) -> bool:
    """Whether files can be made in the folder: what the system allows, and that its disk is not mounted read-only. Files that are open already may be."""
    return os.access(directory, os.W_OK | os.X_OK) and not os.statvfs(directory).f_flag & os.ST_RDONLY
