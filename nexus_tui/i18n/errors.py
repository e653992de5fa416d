"""Errors and refusals in the reader's language. What engine and store say is English; the other language is looked up here."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, NamedTuple

from nexus_tui.i18n.errors_pt import BY_CODE, SENTENCES


class Worded(NamedTuple):
    """The parts of an error that are read: what it is called, what happened, what to do."""

    title: str
    message: str
    hint: str


def worded(code: str, title: str, message: str, hint: str, language: Literal["pt", "en"]) -> Worded:
    """An error as the reader gets it; a code or a sentence that is not known stays as it is."""
    if language == "en":
        return Worded(title, message, hint)
    title, hint = BY_CODE.get(code, (title, hint))
    return Worded(title, sentence(message), hint)


def declined(code: str, reason: str, hint: str, language: Literal["pt", "en"]) -> tuple[str, str]:
    """Why a command did not do something, and what to do: by its code if the command declined it, as an error's message else."""
    if language == "en":
        return reason, hint
    if code.startswith("NX-F"):
        return BY_CODE.get(code, (reason, hint))
    return sentence(reason), BY_CODE.get(code, ("", hint))[1]


def sentence(english: str) -> str:
    """A sentence of engine or store in Portuguese."""
    for pattern, portuguese in _patterns():
        if (matched := pattern.fullmatch(english)) is not None:
            return portuguese.format(*matched.groups())
    return english


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The templates as patterns, those with the most text of their own first: they say most about what they match."""
    ordered = sorted(SENTENCES, key=len, reverse=True)
    return tuple(
        (re.compile("(.*)".join(re.escape(part) for part in template.split("{}")), re.DOTALL), SENTENCES[template]) for template in ordered
    )
