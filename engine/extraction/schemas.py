"""Validation with the official schemas (XSD), always on. They are read from the wheel of nfelib, whose Python code is
never imported.

One thread only: a compiled schema keeps the errors of its last document.
"""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

from lxml import etree

from engine.extraction.nfe.leaves import local_names
from engine.extraction.schema_errors import remarks_of
from engine.extraction.schema_model import SchemaModel
from engine.fiscal.note import Remark

#: The only layout of NF-e and NFC-e that nfelib carries; PL_010, so with alphanumeric CNPJ and IBS/CBS.
CURRENT = "4.00"
_FOLDER = "nfe/schemas/v4_0"
#: Root element -> schema. Any other wrapper is left aside and the note inside validated alone.
_SCHEMAS = {"nfeProc": "procNFe_v4.00.xsd", "enviNFe": "enviNFe_v4.00.xsd", "NFe": "nfe_v4.00.xsd"}


def load() -> None:
    """Compile the schemas now (30 ms) instead of with the first documents; for the start of a long-lived process."""
    for name in _SCHEMAS.values():
        _schema(name)


def schema_remarks(root: etree._Element, info: etree._Element, layout: str | None) -> list[Remark]:
    """What the official schema says against a note.

    Args:
        root: The document's root.
        info: Its infNFe.
        layout: infNFe/@versao; any other than the current one has no schema here, which is said by a remark.
    """
    if layout != CURRENT:
        return [Remark(kind="schema_older", found=layout, expected=CURRENT)]
    subject = root
    if local_names[root.tag] not in _SCHEMAS:
        above = info.getparent()
        subject = info if above is None else above
    schema = _schema(_SCHEMAS.get(local_names[subject.tag], _SCHEMAS["NFe"]))
    if schema.validate(subject):
        return []
    return remarks_of(schema.error_log, subject, _model)


def _folder() -> Path:
    spec = importlib.util.find_spec("nfelib")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("nfelib, the carrier of the official schemas, is not installed", name="nfelib")
    return Path(next(iter(spec.submodule_search_locations))) / _FOLDER


@functools.cache
def _schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_folder() / name, _own_parser()))


@functools.cache
def _model() -> SchemaModel:
    """What may stand where; read only when a document has errors."""
    return SchemaModel(etree.parse(path, _own_parser()).getroot() for path in sorted(_folder().glob("*.xsd")))


def _own_parser() -> etree.XMLParser:
    return etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False)
