"""libxml2's schema errors in our words: a place a person can find, what stands there, what belongs there, and one
word for the problem.

The vocabulary of `arguments["problem"]`:
missing, unexpected (the layout does not know it here), repeated, order (known, but in the wrong place), pattern,
length, enumeration, number (no number at all), decimal_comma (also told by a remark of that kind), empty, blank
(padded with blanks), content (text where elements belong or the reverse), duplicate (of nItem), namespace (the root
is not in the official namespace), other, more (the last remark: how many are not shown, in `arguments["count"]`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from lxml import etree

from engine.extraction.nfe.items import number_of
from engine.extraction.nfe.leaves import COMMA, NUMERIC, local_name
from engine.extraction.schema_model import SchemaModel
from engine.fiscal.note import Remark

MAX_REMARKS = 20
_MAX_TEXT = 80

_Types = etree.ErrorTypes
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*?) \)", re.DOTALL)
_ATTRIBUTE = re.compile(r"[Aa]ttribute '(?:\{[^}]*\})?([^']+)'")
_PATTERN = re.compile(r"accepted by the pattern '(.*)'\.", re.DOTALL)
_SET = re.compile(r"element of the set \{(.*)\}\.", re.DOTALL)
_LIMIT = re.compile(r"allowed (minimum|maximum)? ?length of '(\d+)'")
_STEP = re.compile(r"(?:[^:/\[\]]+:)?([^:/\[\]]+)(?:\[(\d+)\])?")
_FACETS = {
    _Types.SCHEMAV_CVC_PATTERN_VALID: "pattern",
    _Types.SCHEMAV_CVC_ENUMERATION_VALID: "enumeration",
    _Types.SCHEMAV_CVC_MINLENGTH_VALID: "length",
    _Types.SCHEMAV_CVC_MAXLENGTH_VALID: "length",
    _Types.SCHEMAV_CVC_LENGTH_VALID: "length",
    _Types.SCHEMAV_CVC_DATATYPE_VALID_1_2_1: "pattern",
}
_OTHERS = {
    _Types.SCHEMAV_CVC_COMPLEX_TYPE_4: "missing",
    _Types.SCHEMAV_CVC_COMPLEX_TYPE_3_2_1: "unexpected",
    _Types.SCHEMAV_CVC_COMPLEX_TYPE_3_2_2: "unexpected",
    _Types.SCHEMAV_CVC_COMPLEX_TYPE_2_1: "content",
    _Types.SCHEMAV_CVC_COMPLEX_TYPE_2_2: "content",
    _Types.SCHEMAV_CVC_COMPLEX_TYPE_2_3: "content",
    _Types.SCHEMAV_CVC_TYPE_3_1_1: "unexpected",
    _Types.SCHEMAV_CVC_TYPE_3_1_2: "content",
    _Types.SCHEMAV_CVC_IDC: "duplicate",
    _Types.SCHEMAV_CVC_ELT_1: "namespace",
}


class _Verdict(NamedTuple):
    """One error before it is a remark. `missing` is the name of an element or attribute (`@name`) to add to the
    path.
    """

    problem: str
    element: str
    found: str | None = None
    expected: str | None = None
    missing: str | None = None
    #: True where the path is that of the parent, since the error was reported on the sibling after the gap.
    beside: bool = False


def remarks_of(errors: etree._ListErrorLog, root: etree._Element, model: Callable[[], SchemaModel]) -> list[Remark]:
    """One remark for each place that has an error, at most `MAX_REMARKS` and one that counts the rest.

    Args:
        errors: The schema's error log.
        root: The element that was validated.
        model: Gives the model of the schemas; called only where structure is at fault.
    """
    remarks: dict[str, Remark] = {}
    rest = 0
    for error in errors:
        if len(remarks) >= MAX_REMARKS:
            rest += 1
            continue
        element = _resolve(root, error.path or "")
        verdict = _verdict(error, element, model)
        above = element.getparent() if verdict.beside else None
        path, item = _place(element if above is None else above)
        if verdict.missing:
            path = f"{path}/{verdict.missing}"
        remarks.setdefault(
            f"{path} {verdict.problem if verdict.problem == 'order' else ''}",
            Remark(
                kind="schema",
                path=path,
                item=item,
                found=_short(verdict.found),
                expected=_short(verdict.expected),
                arguments={"problem": verdict.problem, "element": verdict.element},
            ),
        )
    found = list(remarks.values())
    if rest:
        found.append(Remark(kind="schema", arguments={"problem": "more", "count": str(rest)}))
    return found


def _verdict(error: etree._LogEntry, element: etree._Element, model: Callable[[], SchemaModel]) -> _Verdict:
    name = local_name(element)
    if error.type == _Types.SCHEMAV_ELEMENT_CONTENT:
        return _structure(error.message, element, model())
    attribute = _ATTRIBUTE.search(error.message)
    if error.type in _FACETS:
        leaf = attribute.group(1) if attribute else name
        value = (element.get(leaf) if attribute else element.text) or ""
        return _value(_FACETS[error.type], leaf, value, error.message, attribute=bool(attribute))
    problem = _OTHERS.get(error.type, "other")
    if attribute and problem in ("missing", "unexpected"):
        leaf = attribute.group(1)
        return _Verdict(problem, leaf, found=element.get(leaf), missing=f"@{leaf}")
    if problem == "namespace":
        return _Verdict(problem, name, found=etree.QName(element).namespace or "")
    if problem == "duplicate":
        return _Verdict(problem, name, found=element.get("nItem"))
    return _Verdict(problem, name)


def _structure(message: str, element: etree._Element, model: SchemaModel) -> _Verdict:
    match = _EXPECTED.search(message)
    expected = [name.strip().rpartition("}")[2] for name in match.group(1).split(",")] if match else []
    expected = [name for name in expected if name and name != "..."]
    wanted = ", ".join(expected) or None
    name = local_name(element)
    if "Missing child" in message:
        needed = _needed(name, expected, model) or (expected[0] if expected else name)
        return _Verdict("missing", needed, expected=wanted, missing=needed)
    above = element.getparent()
    parent = local_name(above) if above is not None else ""
    if not model.allows(parent, name):
        return _Verdict("unexpected", name, found=name, expected=wanted)
    if any(local_name(before) == name for before in element.itersiblings(preceding=True)):
        return _Verdict("repeated", name, found=name, expected=wanted)
    following = {local_name(after) for after in element.itersiblings()}
    if following.intersection(expected):
        return _Verdict("order", name, found=name, expected=wanted)
    needed = _needed(parent, expected, model)
    if needed and needed not in {local_name(before) for before in element.itersiblings(preceding=True)}:
        return _Verdict("missing", needed, expected=wanted, missing=needed, beside=True)
    return _Verdict("order", name, found=name, expected=wanted)


def _needed(parent: str, expected: list[str], model: SchemaModel) -> str | None:
    """The expected child that the layout insists on; Signature first, since its absence is a matter of its own."""
    if "Signature" in expected:
        return "Signature"
    return next((child for child in expected if model.requires(parent, child)), None)


def _value(problem: str, leaf: str, value: str, message: str, *, attribute: bool) -> _Verdict:
    expected = None
    if match := _PATTERN.search(message):
        expected = match.group(1) if len(match.group(1)) <= _MAX_TEXT else None
    elif match := _SET.search(message):
        expected = match.group(1).replace("'", "")
    elif match := _LIMIT.search(message):
        sign = {"minimum": ">= ", "maximum": "<= ", None: ""}[match.group(1)]
        expected = sign + match.group(2)
    stripped = value.strip()
    if not stripped:
        problem = "blank" if value else "empty"
    elif NUMERIC.match(leaf) and COMMA.fullmatch(stripped):
        problem = "decimal_comma"
    elif NUMERIC.match(leaf) and not _is_number(stripped):
        problem = "number"
    elif stripped != value and problem == "pattern":
        problem = "blank"
    return _Verdict(problem, leaf, found=value, expected=expected, missing=f"@{leaf}" if attribute else None)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _resolve(root: etree._Element, path: str) -> etree._Element:
    """The element of libxml2's path (`/*/*[3]/*[1]`), the nearest one above it where a step does not fit."""
    element = root
    for step in path.split("/")[2:]:
        match = _STEP.fullmatch(step)
        if match is None:
            break
        name, position = match.group(1), int(match.group(2) or 1)
        for child in element:
            if name in ("*", local_name(child)):
                position -= 1
                if not position:
                    element = child
                    break
        else:
            break
    return element


def _place(element: etree._Element) -> tuple[str, int | None]:
    """Readable path and the number of the item it lies in."""
    steps: list[str] = []
    item: int | None = None
    node: etree._Element | None = element
    while node is not None:
        name = local_name(node)
        above = node.getparent()
        twins = [] if above is None else [child for child in above if child.tag == node.tag]
        position = twins.index(node) + 1 if twins else 1
        if name == "det":
            item = number_of(node, position)
        steps.append(f"{name}[{position}]" if name == "det" or len(twins) > 1 else name)
        node = above
    return "/" + "/".join(reversed(steps)), item


def _short(text: str | None) -> str | None:
    if text is None or len(text) <= _MAX_TEXT:
        return text
    return text[: _MAX_TEXT - 1] + "…"
