"""What is wrong with an event given by hand: every field that does not fit the contract, what was expected there and what stands there.

msgspec stops at the first fault; here each field is decoded by itself, which costs more and is done only to tell what was refused.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Annotated, Any, NamedTuple, TypeVar, Union, cast, get_args, get_origin

import msgspec
from msgspec import UnsetType, inspect

from engine.contract import codec
from engine.contract.envelope import Envelope, Moment
from engine.contract.events import EventName
from engine.contract.fields import Url
from engine.contract.payloads import PAYLOAD_OF

T = TypeVar("T")

#: More than these are counted, not told; what is wrong beyond the thousandth, or behind the two thousandth item of a list, is not looked for.
MOST, MOST_COUNTED, MOST_ITEMS = 20, 1000, 2000
#: A value longer than this is told by its type.
LONGEST_VALUE = 40
#: Characters of a name that no event has.
LONGEST_NAME = 80
OBJECT, LIST, TEXT, NUMBER = "an object", "a list", "text", "a number"
_MARK, _PLACE = b"\xef\xbb\xbf", re.compile(r"\(byte (\d+)\)")
_BY_FIRST_BYTE = {b"{": OBJECT, b"[": LIST, b'"': TEXT}
_PATTERNS = {
    get_args(Moment)[1].pattern: "a moment such as 2026-01-31T12:00:00Z",
    get_args(Url)[1].pattern: "an address such as https://host/path",
}
_PLAIN = {
    inspect.BoolType: "true or false",
    inspect.DecimalType: NUMBER,
    inspect.DictType: OBJECT,
    inspect.FloatType: NUMBER,
    inspect.ListType: LIST,
}
#: What the contract's own checks refuse, by what they say of a field.
_CHECKS = {
    "must not be empty": "a value",
    "must be between 0 and 1": "a number from 0 to 1",
    "must be a number": NUMBER,
}
#: What nothing above describes.
SCHEMA = "what docs/schema says"


class Issue(NamedTuple):
    """A field that does not fit; `expected` is `None` where the field is missing."""

    field: str
    expected: str | None = None
    found: str = ""

    def __str__(self) -> str:
        return (
            f"{self.field}: required"
            if self.expected is None
            else f"{self.field}: expected {self.expected}, found {self.found}"
        )


def told(body: bytes) -> str:
    """All issues of an event's JSON in one line, empty if there are none."""
    return "; ".join(bounded(map(str, _event(body))))


def of(kind: Any, body: bytes, name: str = "body") -> tuple[str, ...]:
    """The issues of a body that should be of a type, each as a sentence; `name` is what the body as a whole is called."""
    unread = _unread(body, name)
    if unread is not None:
        return (str(unread),)
    below = "" if name == "body" else name
    found = (one if one.field else one._replace(field=name) for one in _walk(kind, body, below))
    return (*bounded(map(str, found)), *repeated(body, below))


def repeated(body: bytes, name: str = "") -> tuple[str, ...]:
    """Keys that a readable body gives twice: which of them counts would be a guess. Told by their own names, without their path."""
    found: dict[str, None] = {}

    def pairs(items: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for key, _ in items:
            if key in seen:
                found.setdefault(key[:LONGEST_VALUE])
            seen.add(key)

    try:
        # Every number stays text: thousands of digits are refused by what they are for, not here.
        json.loads(body, object_pairs_hook=pairs, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return ()
    return bounded(f"{_below(name, key)}: given twice" for key in found)


def surplus(kind: type[msgspec.Struct], body: bytes, name: str) -> tuple[str, ...]:
    """Keys of a readable object that its type has not, each with the one it is most like."""
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    given = _read(dict[str, msgspec.Raw], body) or {}
    return bounded(_strange(name, key, known) for key in given if key not in known)


def _strange(name: str, key: str, known: list[str]) -> str:
    near = get_close_matches(key, known, 1, 0.5)
    field = _below(name, key[:LONGEST_VALUE])
    return f"{field}: not known, the nearest is {near[0]}" if near else f"{field}: not known"


def bounded(found: Iterable[str]) -> tuple[str, ...]:
    """The first issues, and how many more there are."""
    counted = list(islice(found, MOST_COUNTED))
    more = len(counted) - MOST
    return (*counted[:MOST], *((f"and {more} more",) if more > 0 else ()))


def _unread(body: bytes, name: str) -> Issue | None:
    """What keeps a body from being JSON at all."""
    try:
        # A string nobody looks into may be anything to msgspec.
        body.decode()
    except UnicodeDecodeError:
        return Issue(name, OBJECT, "bytes that are no UTF-8")
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except RecursionError:
        return Issue(name, OBJECT, "what is nested too deep")
    except codec.REFUSALS as error:
        return Issue(name, OBJECT, _no_json(body, str(error)))
    return None


def _no_json(body: bytes, said: str) -> str:
    if not body.strip():
        return "nothing"
    if body.startswith(_MARK):
        return "a mark of the byte order in front"
    place = _PLACE.search(said)
    if place is None:
        return "JSON without its end"
    return _found(body) if body[:1] not in _BY_FIRST_BYTE and len(body) <= LONGEST_VALUE else f"text that is no JSON from byte {place[1]} on"


def unknown(body: bytes) -> str | None:
    """The name of an event where the contract has none of that name."""
    name = _read(str, (_read(dict[str, msgspec.Raw], body) or {}).get("name", msgspec.Raw()))
    return None if name is None or name in list(EventName) else name


def _unknown(name: str) -> str:
    """That there is no such event, and which one was meant, if one is like it."""
    near = get_close_matches(name.lower()[:LONGEST_NAME], list(EventName), 1)
    # A sign that parts issues would make two of one.
    shown = name.replace(";", ",")[:LONGEST_NAME]
    return f"name: no event is called {shown}, the nearest is {near[0]}" if near else f"name: no event is called {shown}"


def _event(body: bytes) -> Iterator[Issue | str]:
    name = unknown(body)
    if name is None:
        yield from _walk(Envelope, body, "")
    else:
        yield _unknown(name)
        yield from (issue for issue in _walk(Envelope, body, "") if issue.field != "name")
    parts = _read(dict[str, msgspec.Raw], body) or {}
    event = _read(EventName, parts.get("name", msgspec.Raw()))
    if event is not None and "payload" in parts:
        yield from _walk(PAYLOAD_OF[event], parts["payload"], "payload")


def _walk(kind: Any, raw: bytes | msgspec.Raw, path: str) -> Iterator[Issue]:
    """Issues of a value that should be of a type, in the order of its fields."""
    kind = _present(kind)
    if get_origin(kind) is Annotated and get_origin(get_args(kind)[0]) is list:
        fits = True
        for issue in _walk(get_args(kind)[0], raw, path):
            fits = False
            yield issue
        if fits and _refused(kind, raw) is not None:
            yield Issue(path, "a list that is not empty", LIST)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _struct(kind, raw, path)
    elif get_origin(kind) is list and (items := _read(list[msgspec.Raw], raw)) is not None:
        for place, item in enumerate(items[:MOST_ITEMS]):
            yield from _walk(get_args(kind)[0], item, f"{path}[{place}]")
    elif _refused(kind, raw) is not None:
        yield Issue(path, _expected(kind), _found(raw))


def _struct(kind: type[msgspec.Struct], raw: bytes | msgspec.Raw, path: str) -> Iterator[Issue]:
    parts = _read(dict[str, msgspec.Raw], raw)
    if parts is None:
        yield Issue(path, OBJECT, _found(raw))
        return
    fits = True
    for field in msgspec.structs.fields(kind):
        name = field.encode_name
        if name in parts:
            for issue in _walk(field.type, parts[name], _below(path, name)):
                fits = False
                yield issue
        elif field.required:
            fits = False
            yield Issue(_below(path, name))
    if fits and (refused := _refused(kind, raw)) is not None:
        # A check of the type as a whole says "FIELD must …".
        name, _, said = refused.partition(" ")
        expected = next((expected for check, expected in _CHECKS.items() if said.startswith(check)), SCHEMA)
        yield Issue(_below(path, name), expected, _found(parts[name])) if name in parts else Issue(path, SCHEMA, OBJECT)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _present(kind: Any) -> Any:
    """The type of a field that may be absent, where it is present."""
    if get_origin(kind) not in (Union, types.UnionType):
        return kind
    return Union[tuple(one for one in get_args(kind) if one is not UnsetType)]  # noqa: UP007


def _read(kind: type[T], raw: bytes | msgspec.Raw) -> T | None:
    try:
        return cast(T, _decoder(cast(Any, kind))(raw))
    except codec.Unreadable:
        return None


def _refused(kind: Any, raw: bytes | msgspec.Raw) -> str | None:
    try:
        _decoder(kind)(raw)
    except codec.Unreadable as error:
        return str(error)
    return None


@cache
def _decoder(kind: Any) -> Callable[[bytes | msgspec.Raw], Any]:
    # Made once a type: a body may hold thousands of fields.
    return codec.decoder(kind)


def _expected(kind: Any) -> str:
    """A type in words."""
    known = inspect.type_info(kind)
    if isinstance(known, inspect.IntType):
        return "a whole number" if known.ge is None else f"a whole number of at least {known.ge}"
    if isinstance(known, inspect.StrType):
        return _PATTERNS.get(known.pattern) or (TEXT if known.min_length is None else "text that is not empty")
    if isinstance(known, inspect.LiteralType | inspect.EnumType):
        values = known.values if isinstance(known, inspect.LiteralType) else [one.value for one in known.cls]
        return str(values[0]) if len(values) == 1 else f"one of {', '.join(sorted(map(str, values)))}"
    return _PLAIN.get(type(known), SCHEMA)


def _found(raw: bytes | msgspec.Raw) -> str:
    """A value as it was written if it is short, else its type in words."""
    text = bytes(raw).strip()
    kind = _BY_FIRST_BYTE.get(text[:1])
    if kind in (OBJECT, LIST) or len(text) > LONGEST_VALUE or b";" in text:
        return kind or NUMBER
    return text.decode("utf-8", "replace")
