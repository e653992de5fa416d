"""Which children an element of the layout may have, read from the schemas: tells a missing element from one in the
wrong place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

_XS = "{http://www.w3.org/2001/XMLSchema}"


class SchemaModel:
    """Children by the parent's local name, over all declarations of that name."""

    def __init__(self, schemas: Iterable[etree._Element]) -> None:
        roots = list(schemas)
        self._types = {kind.get("name", ""): kind for root in roots for kind in root.iterchildren(f"{_XS}complexType")}
        #: parent -> child -> True where every declaration lets it be absent.
        self._children: dict[str, dict[str, bool]] = {}
        for root in roots:
            for declaration in root.iter(f"{_XS}element"):
                name = declaration.get("name")
                if name is None:
                    continue
                known = self._children.setdefault(name, {})
                for child, optional in self._content(declaration):
                    known[child] = known.get(child, True) and optional

    def allows(self, parent: str, child: str) -> bool:
        """Whether the layout knows this child of this parent."""
        return child in self._children.get(parent, {})

    def requires(self, parent: str, child: str) -> bool:
        """Whether some declaration of the parent cannot do without the child."""
        return not self._children.get(parent, {}).get(child, True)

    def _content(self, declaration: etree._Element) -> Iterator[tuple[str, bool]]:
        kind = declaration.find(f"{_XS}complexType")
        if kind is None:
            kind = self._types.get(declaration.get("type", "").rpartition(":")[2])
        if kind is not None:
            yield from self._particles(kind, optional=False)

    def _particles(self, holder: etree._Element, *, optional: bool) -> Iterator[tuple[str, bool]]:
        for particle in holder:
            if not isinstance(particle.tag, str):
                continue
            absent = optional or particle.get("minOccurs") == "0"
            if particle.tag == f"{_XS}element":
                yield (particle.get("name") or particle.get("ref", "").rpartition(":")[2]), absent
            elif particle.tag == f"{_XS}choice":
                yield from self._particles(particle, optional=True)
            elif particle.tag == f"{_XS}extension":
                base = self._types.get(particle.get("base", "").rpartition(":")[2])
                if base is not None:
                    yield from self._particles(base, optional=optional)
                yield from self._particles(particle, optional=optional)
            elif particle.tag in (f"{_XS}sequence", f"{_XS}all", f"{_XS}complexContent"):
                yield from self._particles(particle, optional=absent)
