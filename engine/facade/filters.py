"""The filter grammar of every face: `state:active family:nfe cfop:6101 period:2026-01 age>10m words`, to a condition over documents.

Words without a qualifier must all occur in the document's name, parties, key or number. Values are parameters, never part of the SQL.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Any, NamedTuple

from engine.contract.payloads import Kind
from engine.errors import BadFilter

ACTIVE = ("queued", "processing", "retrying", "waiting_lock")
STATES = (*ACTIVE, "done", "duplicate", "needs_review", "ocr_needed", "unsupported", "unreadable", "dead_lettered", "cancelled")
STATUSES = ("OK", "ALERTA", "ERRO")
UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Condition(NamedTuple):
    """A condition of a WHERE clause and its parameters."""

    sql: str
    parameters: tuple[Any, ...]


EVERYTHING = Condition("1", ())


def _state(value: str) -> Condition:
    wanted = [_known("state", name.lower(), (*STATES, "active")) for name in value.split(",")]
    states = tuple(state for name in wanted for state in (ACTIVE if name == "active" else (name,)))
    return Condition(f"state IN ({','.join('?' * len(states))})", states)


def _status(value: str) -> Condition:
    statuses = tuple(_known("status", name.upper(), STATUSES) for name in value.split(","))
    return Condition(f"status IN ({','.join('?' * len(statuses))})", statuses)


def _known(qualifier: str, value: str, values: Collection[str]) -> str:
    if value in values:
        return value
    if near := get_close_matches(value, values, n=1):
        raise BadFilter(f"{qualifier}: has no value {value!r}, did you mean {near[0]}?")
    raise BadFilter(f"{qualifier}: has no value {value!r}, there are {', '.join(values)}.")


def _contains(column: str) -> Callable[[str], Condition]:
    """Codes are kept as one text with blanks between them."""
    return lambda value: Condition(f"' '||{column}||' ' LIKE ? ESCAPE '\\'", (f"% {_literal(value)}%",))


def _literal(text: str) -> str:
    """Text in which LIKE finds no wildcard."""
    return re.sub(r"([\\%_])", r"\\\1", text)


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
    pattern = f"%{_literal(value)}%"
    return Condition("(error_code LIKE ? ESCAPE '\\' OR error LIKE ? ESCAPE '\\')", (pattern, pattern))


QUALIFIERS: dict[str, Callable[[str], Condition]] = {
    "state": _state,
    "status": _status,
    "family": _equals("family"),
    "kind": lambda value: Condition("kind=?", (_known("kind", value.upper(), tuple(kind.value for kind in Kind)),)),
    "issuer": _starts("issuer"),
    "recipient": _starts("recipient"),
    "cfop": _contains("cfops"),
    "ncm": _contains("ncms"),
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


def parse(text: str, now: int) -> Condition:
    """The condition of a filter at a wall-clock time in milliseconds. Raises `BadFilter` naming the word and the nearest known one."""
    return words(split(text), now)


def words(wanted: list[str], now: int) -> Condition:
    """The condition of words that are already apart."""
    return every([_word(word, now) for word in wanted])


def scoped(text: str, tenant: str, now: int) -> Condition:
    """The condition of a filter within a tenant, or within all (`*`)."""
    return every([parse(text, now), scope(tenant)])


def scope(tenant: str) -> Condition:
    """A tenant's documents; all of them for the operator's `*`."""
    return EVERYTHING if tenant == "*" else Condition("tenant=?", (tenant,))


def split(text: str) -> list[str]:
    """The words of a filter; quotes hold a value with blanks together."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise BadFilter(f"{text!r}: {error}.") from error


def is_qualified(word: str) -> bool:
    """Whether a word says what a document is, not what it says."""
    return ":" in word or word.lower().startswith("age>")


def every(conditions: list[Condition]) -> Condition:
    """All of the conditions."""
    if not conditions:
        return EVERYTHING
    return Condition(
        " AND ".join(f"({condition.sql})" for condition in conditions),
        tuple(parameter for condition in conditions for parameter in condition.parameters),
    )


def _word(word: str, now: int) -> Condition:
    if word.lower().startswith("age>"):
        return _age(word[4:], now)
    name, colon, value = word.partition(":")
    if not colon:
        pattern = f"%{_literal(word)}%"
        like = "LIKE ? ESCAPE '\\'"
        return Condition(
            f"(name {like} OR issuer_name {like} OR recipient_name {like} OR access_key {like} OR number=?)",
            (pattern, pattern, pattern, pattern, word),
        )
    if not value:
        raise BadFilter(f"{name}: needs a value.")
    return _qualifier(name)(value)


def _qualifier(name: str) -> Callable[[str], Condition]:
    found = QUALIFIERS.get(name.lower())
    if found is not None:
        return found
    if near := get_close_matches(name.lower(), QUALIFIERS, n=1):
        raise BadFilter(f"{name!r} is no filter word, did you mean {near[0]}:?")
    raise BadFilter(f"{name!r} is no filter word, there are {': '.join(QUALIFIERS)}:.")


def _age(value: str, now: int) -> Condition:
    """Documents that are not at their end although they came that long ago."""
    matched = re.fullmatch(r"([0-9]{1,6})([smhd])", value.lower())
    if matched is None:
        raise BadFilter(f"age>{value}: say how long, as in age>10m (s, m, h, d).")
    return Condition("finished IS NULL AND added<?", (now - int(matched[1]) * UNITS_MS[matched[2]],))
