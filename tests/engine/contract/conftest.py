"""Captured values of the wire, and values of any payload type made by chance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

WIRE = Path(__file__).resolve().parents[2] / "data" / "wire"


def captured(name: str) -> Any:
    """A captured file; numbers with a point are Decimal."""
    return json.loads((WIRE / name).read_text(encoding="utf-8"), parse_float=Decimal)


def floats(value: Any) -> Iterator[float]:
    """Every float anywhere in a decoded value."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from floats(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from floats(part)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from floats(getattr(value, name))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
#: Amounts keep their digits; minus zero is the one number JSON integers cannot tell from another.
AMOUNT = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=2).filter(
    lambda amount: bool(amount) or not amount.is_signed()
)
SHARE = st.decimals(min_value=0, max_value=1, places=4).map(abs)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | AMOUNT | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FILLED = JSON.filter(lambda value: value is not None and value != "")


def structs(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Instances of a payload type, optional fields sometimes absent."""
    known = inspect.type_info(kind)
    assert isinstance(known, inspect.StructType)
    return _struct(known)


def _struct(known: inspect.StructType) -> st.SearchStrategy[Any]:
    fields: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for field in known.fields:
        is_share = field.name in ("score", "confidence")
        made = FILLED if (known.cls.__name__, field.name) == ("KeyMetric", "value") else _of(field.type, is_share=is_share)
        (fields if field.required else optional)[field.name] = made
    return st.fixed_dictionaries(fields, optional=optional).map(lambda values: known.cls(**values))


def _of(known: inspect.Type, *, is_share: bool = False) -> st.SearchStrategy[Any]:
    match known:
        case inspect.Metadata(type=inner):
            return _of(inner, is_share=is_share)
        case inspect.UnionType(types=types):
            return st.one_of([_of(one, is_share=is_share) for one in types])
        case inspect.StructType():
            return _struct(known)
        case inspect.ListType(item_type=item, min_length=least):
            return st.lists(_of(item), min_size=least or 0, max_size=max(2, least or 0))
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_of(key), _of(value), max_size=3)
        case inspect.StrType(pattern=str()):
            return st.just("r2://bucket/key")
        case inspect.StrType(min_length=least):
            return TEXT.filter(lambda text: len(text) >= (least or 0))
        case inspect.IntType(ge=least):
            return st.integers(least or 0, 2**53)
        case inspect.BoolType():
            return st.booleans()
        case inspect.DecimalType():
            return SHARE if is_share else AMOUNT
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.EnumType(cls=cls):
            return st.sampled_from(list(cls))
        case inspect.AnyType():
            return JSON
    raise NotImplementedError(known)
