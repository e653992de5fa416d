"""What the fields of the wire may hold, where a plain type says too little."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

NonNegative = Annotated[int, Meta(ge=0)]
Filled = Annotated[str, Meta(min_length=1)]
#: Between 0 and 1. msgspec bounds no Decimal: `check_share` does, and the exported schema says it.
Share = Annotated[Decimal, Meta(extra_json_schema={"minimum": 0, "maximum": 1})]
Url = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:\S+$")]
Row = dict[str, Any]
_LOCAL = Meta(extra_json_schema={"$comment": "local addition; the deployment drops it"})
#: What agents carry to each other on this machine.
Local = Annotated[Any, _LOCAL]
LocalRun = Annotated[int, _LOCAL]


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Common shape of everything on the wire."""


def check_share(name: str, value: Decimal | UnsetType) -> None:
    """Refuse what is not between 0 and 1 (ValueError)."""
    if value is not UNSET and not (value.is_finite() and 0 <= value <= 1):
        raise ValueError(f"{name} must be between 0 and 1, not {value}")


def check_amount(name: str, value: Decimal) -> None:
    """Refuse "NaN" and "Infinity", which a Decimal would take and JSON cannot write (ValueError)."""
    if not value.is_finite():
        raise ValueError(f"{name} must be a number, not {value}")
