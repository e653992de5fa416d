"""What an exporter has to send: requests, each with the row up to which everything has arrived once it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol


class Parcel(NamedTuple):
    """A POST. `upto` is the id of the last row it carries."""

    upto: int
    url: str
    headers: dict[str, str]
    body: bytes


class Exporter(Protocol):
    """Turns rows into requests; it keeps nothing and sends nothing itself. Runs off the loop, where importing may take its time."""

    @property
    def name(self) -> str:
        """What its place in the rows is remembered under."""
        ...

    @property
    def takes(self) -> Literal["span", "record"]:
        """Which rows it is given."""
        ...

    def parcels(self, rows: Sequence[Any]) -> list[Parcel]:
        """Requests in the order of the rows; none if there is nothing in them to send."""
        ...

    def objection(self, answer: bytes) -> str | None:
        """What a receiver that took a request says it did not take of it; never more than a line, and nothing that must be trusted."""
        ...
