"""Errors and refusals in the reader's language. What engine and store say is English; the other language is looked up here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal, NamedTuple

from nexus_tui.i18n import issues_pt
from nexus_tui.i18n.errors_pt import BY_CODE, SENTENCES

#: Codes whose message may list what is wrong field by field.
EVENT_CODES = ("NX-E14", "NX-E63")


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
    said = sentence(reason)
    if code in EVENT_CODES and said == reason:
        said = issues(reason)
    return said, BY_CODE.get(code, ("", hint))[1]


def issue(english: str) -> str:
    """One thing that is wrong with a request, in Portuguese; of a file's error the sentence behind its name."""
    said = issues(english)
    field, colon, message = english.partition(": ")
    return f"{field}: {sentence(message)}" if said == english and colon else said


def sentence(english: str) -> str:
    """A sentence of engine or store in Portuguese."""
    return _sentences()(english)


def issues(english: str) -> str:
    """What does not fit in an event, field by field, in Portuguese."""
    return "; ".join(_issues()(issue) for issue in english.split("; "))


def filled(templates: Mapping[str, str], value: Callable[[str], str] = str) -> Callable[[str], str]:
    """A function that says in Portuguese what fits one of the templates, each of its values by `value`; anything else stays as it is.

    Templates with the most text of their own come first: they say most about what they match.
    """
    ordered = sorted(templates, key=len, reverse=True)
    patterns = [
        (re.compile("(.*)".join(map(re.escape, one.split("{}"))), re.DOTALL), templates[one]) for one in ordered
    ]

    def said(english: str) -> str:
        for pattern, portuguese in patterns:
            if (matched := pattern.fullmatch(english)) is not None:
                return portuguese.format(*map(value, matched.groups()))
        return english

    return said


@cache
def _sentences() -> Callable[[str], str]:
    return filled(SENTENCES)


@cache
def _issues() -> Callable[[str], str]:
    shapes = (
        issues_pt.REQUIRED, issues_pt.EXPECTED, issues_pt.NEAREST, issues_pt.UNKNOWN, issues_pt.MISSPELT, issues_pt.STRANGE, issues_pt.TWICE,
        issues_pt.MORE,
    )  # fmt: skip
    return filled(dict(shapes), filled(issues_pt.PHRASES))
