"""Patterns over spans: a small notation, and the matcher that admits a reading only if every span that says something was used.

A B        A, then B; what says nothing may stand between
A?         perhaps A
(A | B)    one of them
$NAME      a pattern named elsewhere
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from engine.assistant.spans import Lattice, Span

_SYMBOL: Final = re.compile(r"\$?[A-Z]+|[()|?]")

#: What a pattern consumed, in order.
Used = tuple[Span, ...]


class Pattern:
    """A node of a pattern. `needed` are kinds in every reading of it."""

    needed: frozenset[str] = frozenset()

    def match(self, lattice: Lattice, place: int) -> Iterator[tuple[int, Used]]:
        """Every way to read the lattice from a place on: where it ends, and what it consumed."""
        raise NotImplementedError


class Term(Pattern):
    """One span of a kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.needed = frozenset((kind,))

    def match(self, lattice: Lattice, place: int) -> Iterator[tuple[int, Used]]:
        for start in lattice.reach(place):
            for span in lattice.starting(start):
                if span.kind == self.kind:
                    yield span.end, (span,)


class Sequence(Pattern):
    """Parts one after the other."""

    def __init__(self, parts: list[Pattern]) -> None:
        self.parts = parts
        self.needed = frozenset().union(*(part.needed for part in parts))

    def match(self, lattice: Lattice, place: int) -> Iterator[tuple[int, Used]]:
        yield from self._rest(lattice, place, 0)

    def _rest(self, lattice: Lattice, place: int, part: int) -> Iterator[tuple[int, Used]]:
        if part == len(self.parts):
            yield place, ()
            return
        for end, used in self.parts[part].match(lattice, place):
            for last, more in self._rest(lattice, end, part + 1):
                yield last, used + more


class Either(Pattern):
    """One of several; nothing at all where it is optional."""

    def __init__(self, options: list[Pattern], optional: bool = False) -> None:
        self.options = options
        self.optional = optional
        if not optional:
            self.needed = frozenset.intersection(*(option.needed for option in options))

    def match(self, lattice: Lattice, place: int) -> Iterator[tuple[int, Used]]:
        if self.optional:
            yield place, ()
        for option in self.options:
            yield from option.match(lattice, place)


def parse(text: str, named: Mapping[str, Pattern] | None = None) -> Pattern:
    """A pattern from its notation."""
    symbols = _SYMBOL.findall(text)
    pattern, rest = _alternatives(symbols, named or {})
    assert not rest, text
    return pattern


def _alternatives(symbols: list[str], named: Mapping[str, Pattern]) -> tuple[Pattern, list[str]]:
    options: list[Pattern] = []
    while True:
        parts, symbols = _sequence(symbols, named)
        options.append(parts)
        if not symbols or symbols[0] != "|":
            return options[0] if len(options) == 1 else Either(options), symbols
        symbols = symbols[1:]


def _sequence(symbols: list[str], named: Mapping[str, Pattern]) -> tuple[Pattern, list[str]]:
    parts: list[Pattern] = []
    while symbols and symbols[0] not in (")", "|"):
        symbol, symbols = symbols[0], symbols[1:]
        if symbol == "?":
            parts[-1] = Either([parts[-1]], optional=True)
        elif symbol == "(":
            part, symbols = _alternatives(symbols, named)
            assert symbols[0] == ")"
            parts.append(part)
            symbols = symbols[1:]
        else:
            parts.append(named[symbol[1:]] if symbol.startswith("$") else Term(symbol))
    return Sequence(parts), symbols


def readings(pattern: Pattern, lattice: Lattice) -> Iterator[Used]:
    """Every reading of the whole question."""
    end = len(lattice.words)
    for place, used in pattern.match(lattice, 0):
        if used and end in lattice.reach(place):
            yield used
