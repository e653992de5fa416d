"""Leaves of an element by their local names: the one loop that reads text, written for speed because every document
passes it.
"""

from __future__ import annotations

import re

from lxml import etree

from engine.fiscal.note import Group, Remark

_MAX_NAMES = 4096
#: White space as XML knows it.
_BLANKS = " \t\r\n"
#: A number written the Brazilian way.
COMMA = re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+")
#: Layout names of numbers: v (amount), q (quantity), p (rate) and a capital, and the two weights.
NUMERIC = re.compile(r"(?:[vpq][A-Z]\w*|peso[LB])$")


class _LocalNames(dict[str, str]):
    """Local name of a Clark name, remembered: slicing 500 tags a note costs more than looking them up. Bounded, since
    a hostile file can invent names without end.
    """

    def __missing__(self, tag: str) -> str:
        name = tag[tag.rfind("}") + 1 :]
        if len(self) < _MAX_NAMES:
            self[tag] = name
        return name


local_names = _LocalNames()


def local_name(element: etree._Element) -> str:
    """Local name of an element, whatever its namespace or prefix."""
    return local_names[element.tag]


class Reader:
    """Reads the groups of one note and collects the decimal commas met on the way."""

    __slots__ = ("_repeats", "item", "remarks")

    def __init__(self) -> None:
        self.remarks: list[Remark] = []
        self._repeats: dict[str, int] = {}
        #: nItem of the item being read, for the remarks.
        self.item: int | None = None

    def group(self, element: etree._Element, path: str) -> Group:
        """Direct leaves and, keyed by their path below the element, those of its sub-groups."""
        values: dict[str, str] = {}
        self.collect(element, path, "", values)
        return Group(path=path, values=values)

    def collect(
        self,
        element: etree._Element,
        path: str,
        prefix: str,
        values: dict[str, str],
        without: etree._Element | None = None,
    ) -> None:
        """Add the leaves of an element; repeated names get `[2]`, `[3]` …; attributes of sub-groups become `@name`.

        `without` is a sub-group that is read elsewhere.
        """
        names = local_names
        groups: dict[str, int] | None = None
        for child in element:
            name = names[child.tag]
            if not len(child):
                # The common case of `leaf`, inlined: 400 calls a note would cost a fifth of the whole parse.
                text = child.text
                key = prefix + name if prefix else name
                if text and key not in values and "," not in text and text == text.strip(_BLANKS):
                    values[key] = text
                else:
                    self.leaf(child, key, path, values)
                continue
            groups = {} if groups is None else groups
            count = groups[name] = groups.get(name, 0) + 1
            if child is without:
                continue
            below = f"{prefix}{name}" if count == 1 else f"{prefix}{name}[{count}]"
            for attribute, value in child.items():
                values[f"{below}/@{attribute!s}"] = str(value)
            self.collect(child, path, below + "/", values)

    def leaf(self, element: etree._Element, key: str, path: str, values: dict[str, str]) -> None:
        """Add one leaf, whatever its text: blank, padded, with a decimal comma, repeated."""
        text = (element.text or "").strip()
        if "," in text and NUMERIC.match(local_names[element.tag]) and COMMA.fullmatch(text):
            text = self._with_dot(text, f"{path}/{key}")
        if key in values:
            key = f"{key}[{self.ordinal(f'{path}/{key}') + 1}]"
        values[key] = text

    def ordinal(self, path: str) -> int:
        """How often this path was asked for, from 1: counts repeated elements without looking at their siblings
        again.
        """
        count = self._repeats[path] = self._repeats.get(path, 0) + 1
        return count

    def _with_dot(self, text: str, path: str) -> str:
        dotted = text.replace(".", "").replace(",", ".")
        self.remarks.append(Remark(kind="decimal_comma", path=path, item=self.item, found=text, expected=dotted))
        return dotted
