"""Typing errors: a word nobody knows, close to exactly one word that we do. What was understood is always said."""

from __future__ import annotations

from collections.abc import Iterable


def distance(one: str, other: str, limit: int) -> int:
    """Optimal string alignment distance (insert, delete, replace, swap of neighbours); `limit + 1` where it is larger."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        current = [place]
        for column, wanted in enumerate(other, 1):
            cost = min(row[column] + 1, current[-1] + 1, row[column - 1] + (letter != wanted))
            if place > 1 and column > 1 and letter == other[column - 2] and one[place - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        if min(current) > limit:
            return limit + 1
        before, row = row, current
    return row[-1]


def allowed(word: str) -> int:
    """How many errors a word of this length may have."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one known word that this may be, or `None`. It must begin alike: `invalid` is not `valid`, `unauthorised` is not `authorised`."""
    limit = allowed(word)
    if not limit or not word.isalpha():
        return None
    best: list[str] = []
    closest = limit + 1
    for candidate in known:
        if len(candidate) < 3 or not _begins_alike(word, candidate):
            continue
        found = distance(word, candidate, limit)
        if found < closest:
            best, closest = [candidate], found
        elif found == closest and found <= limit:
            best.append(candidate)
    return best[0] if len(best) == 1 and closest <= limit else None


def _begins_alike(word: str, candidate: str) -> bool:
    return word[0] == candidate[0] or (word[0] == candidate[1] and word[1] == candidate[0])
