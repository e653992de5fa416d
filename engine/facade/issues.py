"""What is wrong with an event given by hand: every field that does not fit the contract, what was expected there and what stands there.

msgspec stops at the first fault; here each field is decoded by itself, which costs more and is done only to tell what was refused.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import UnsetType, inspect

from engine.contract import codec
from engine.contract.envelope import Envelope, Moment
from engine.contract.events import EventName
from engine.contract.fields import Url
from engine.contract.payloads import PAYLOAD_OF

T = TypeVar("T")

#: More than these are counted, not told.
MOST = 20
#: A value longer than this is told by its type.
LONGEST_VALUE = 40
OBJECT, LIST, TEXT, NUMBER = "an object", "a list", "text", "a number"
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
    found = list(_event(body))
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return "; ".join([*map(str, found[:MOST]), *more])


def of(kind: Any, body: bytes) -> tuple[str, ...]:
    """The issues of a body that should be of a type, each as a sentence."""
    return tuple(map(str, list(_walk(kind, body, ""))[:MOST]))


def _event(body: bytes) -> Iterator[Issue]:
    yield from _walk(Envelope, body, "")
    parts = _read(dict[str, msgspec.Raw], body) or {}
    name = _read(EventName, parts.get("name", msgspec.Raw()))
    if name is not None and "payload" in parts:
        yield from _walk(PAYLOAD_OF[name], parts["payload"], "payload")


def _walk(kind: Any, raw: bytes | msgspec.Raw, path: str) -> Iterator[Issue]:
    """Issues of a value that should be of a type, in the order of its fields."""
    kind = _present(kind)
    if get_origin(kind) is Annotated and get_origin(get_args(kind)[0]) is list:
        below = list(_walk(get_args(kind)[0], raw, path))
        yield from below or ([Issue(path, "a list that is not empty", LIST)] if _refused(kind, raw) is not None else [])
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _struct(kind, raw, path)
    elif get_origin(kind) is list and (items := _read(list[msgspec.Raw], raw)) is not None:
        for place, item in enumerate(items):
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
            below = list(_walk(field.type, parts[name], _below(path, name)))
        else:
            below = [Issue(_below(path, name))] if field.required else []
        fits = fits and not below
        yield from below
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
        return codec.decoder(kind)(raw)
    except codec.Unreadable:
        return None


def _refused(kind: Any, raw: bytes | msgspec.Raw) -> str | None:
    try:
        codec.decoder(kind)(raw)
    except codec.Unreadable as error:
        return str(error)
    return None


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
