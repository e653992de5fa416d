"""The English of a stored reason. What is stored and sent is the Portuguese text; code and arguments give the other one."""

from __future__ import annotations

from collections.abc import Mapping

from engine.extraction import problems
from engine.extraction.archives import refusal


def in_english(code: str, arguments: Mapping[str, str]) -> str | None:
    """The reason in English, `None` for a code that is neither a problem of reading nor a refusal of a container."""
    texts = problems.MESSAGES.get(code) or refusal.MESSAGES.get(code)
    if texts is None:
        return None
    try:
        return texts[1].format(**arguments)
    except KeyError:
        # Stored by a version whose template had other arguments.
        return None
