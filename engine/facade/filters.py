"""The filter grammar of every face: `state:active family:nfe cfop:6101 period:2026-01 words`, to a condition over documents.

Words without a qualifier must all occur in the document's name, parties, key or number. Values are parameters, never part of the SQL.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NamedTuple

from engine.errors import BadFilter

ACTIVE = ("queued", "processing", "retrying", "waiting_lock")


class Condition(NamedTuple):
    """A condition of a WHERE clause and its parameters."""

    sql: str
    parameters: tuple[Any, ...]


EVERYTHING = Condition("1", ())


def _state(value: str) -> Condition:
    states = ACTIVE if value == "active" else tuple(value.split(","))
    return Condition(f"state IN ({','.join('?' * len(states))})", states)


def _equals(column: str) -> Callable[[str], Condition]:
    return lambda value: Condition(f"{column}=?", (value,))


def _starts(column: str) -> Callable[[str], Condition]:
    return lambda value: Condition(f"{column}>=? AND {column}<?", (value, value + "\U0010ffff"))


def _finding(value: str) -> Condition:
    return Condition(
        "EXISTS(SELECT 1 FROM finding WHERE finding.tenant=document.tenant AND finding.doc=document.doc AND finding.code=?)", (value.upper(),)
    )


def _queue(value: str) -> Condition:
    return Condition(
        "EXISTS(SELECT 1 FROM msg JOIN queue ON queue.id=msg.queue WHERE msg.doc=document.doc AND (queue.name=? OR queue.name=?))",
        (value, f"dlq.{value}"),
    )


def _error(value: str) -> Condition:
    return Condition("(error_code LIKE ? OR error LIKE ?)", (f"%{value}%", f"%{value}%"))


QUALIFIERS: dict[str, Callable[[str], Condition]] = {
    "state": _state,
    "status": lambda value: Condition("status=?", (value.upper(),)),
    "family": _equals("family"),
    "issuer": _starts("issuer"),
    "recipient": _starts("recipient"),
    "cfop": lambda value: Condition("' '||cfops||' ' LIKE ?", (f"% {value}%",)),
    "ncm": lambda value: Condition("' '||ncms||' ' LIKE ?", (f"% {value}%",)),
    "period": _starts("period"),
    "since": lambda value: Condition("issued>=?", (value,)),
    "tenant": _equals("tenant"),
    "finding": _finding,
    "queue": _queue,
    "error": _error,
    "trace": _equals("trace"),
    "job": lambda value: Condition("doc IN (SELECT doc FROM source WHERE job=?)", (value,)),
    "doc": _starts("doc"),
    "key": _equals("access_key"),
}


def parse(text: str) -> Condition:
    """The condition of a filter. Raises `BadFilter` naming the word and the nearest known one."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadFilter(f"{text!r}: {error}.") from error
    conditions = [_word(word) for word in words]
    if not conditions:
        return EVERYTHING
    return Condition(
        " AND ".join(f"({condition.sql})" for condition in conditions),
        tuple(parameter for condition in conditions for parameter in condition.parameters),
    )


def _word(word: str) -> Condition:
    name, colon, value = word.partition(":")
    if not colon:
        pattern = f"%{word}%"
        return Condition(
            "(name LIKE ? OR issuer_name LIKE ? OR recipient_name LIKE ? OR access_key LIKE ? OR number=?)",
            (pattern, pattern, pattern, pattern, word),
        )
    qualifier = QUALIFIERS.get(name.lower())
    if qualifier is None:
        near = get_close_matches(name.lower(), QUALIFIERS, n=1)
        raise BadFilter(f"{name!r} is no filter word{f', did you mean {near[0]}:' if near else ''}.")
    if not value:
        raise BadFilter(f"{name}: needs a value.")
    return qualifier(value)
