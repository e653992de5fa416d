"""Names found in archives, made fit to be shown. A name is a label: nobody opens it as a path."""

from __future__ import annotations

import unicodedata
import zipfile
from collections import Counter

LONGEST_LABEL = 300
UTF8_FLAG = 0x800
#: The Windows of Brazil writes unflagged names in its console code page, which holds the ã and õ that the standard's
#: cp437 lacks.
CONSOLE_CODE_PAGE = "cp850"


def entry_name(info: zipfile.ZipInfo) -> str:
    """The name an archiver meant, and nothing that could deceive a terminal or a log.

    `../`, leading `/` and backslashes stay, as text: they are evidence and do no harm in a label.
    """
    name = info.orig_filename
    if not info.flag_bits & UTF8_FLAG:
        written = name.encode("cp437", "replace")
        try:
            name = written.decode("utf-8")
        except UnicodeDecodeError:
            name = written.decode(CONSOLE_CODE_PAGE)
    return shown(name)


def shown(name: str) -> str:
    """Text without control, bidirectional and surrogate characters, of bounded length."""
    clean = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char)[0] == "C" else char for char in name)
    return clean if len(clean) <= LONGEST_LABEL else clean[: LONGEST_LABEL - 1] + "…"


class Labels:
    """Labels of the members of one archive: `lote.zip!a.xml`, and `lote.zip!a.xml#2` for a name that comes again."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._seen: Counter[str] = Counter()

    def next(self, info: zipfile.ZipInfo) -> str:
        name = entry_name(info)
        self._seen[name] += 1
        times = self._seen[name]
        return f"{self._container}!{name}" if times == 1 else f"{self._container}!{name}#{times}"
