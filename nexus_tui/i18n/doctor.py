"""What the doctor says, in the reader's language."""

from __future__ import annotations

from functools import cache
from typing import Literal

from nexus_tui.i18n.doctor_pt import HINTS
from nexus_tui.i18n.errors import sentence
from nexus_tui.i18n.errors_pt import BY_CODE


def told(english: str, language: Literal["pt", "en"]) -> str:
    """A hint or an observation; what is not known stays as it is."""
    if language == "en":
        return english
    code, _, rest = english.partition(" ")
    if code in BY_CODE:
        return f"{code} {sentence(rest)}"
    return HINTS.get(english) or _hints_of_errors().get(english) or english


@cache
def _hints_of_errors() -> dict[str, str]:
    import engine.errors
    import store.errors

    found = {}
    for module in (engine.errors, store.errors):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, (engine.errors.EngineError, store.errors.StoreError)):
                found[value.hint] = BY_CODE[value.code][1]
    return found
