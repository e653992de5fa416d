"""nfelib, warm: only reading, into its objects. `from_xml` is its documented way and builds its model anew at each call; a parser with one
shared context is the fastest way its bindings allow."""

from __future__ import annotations

import importlib
import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import notes


def parse(directory: Path, count: int) -> dict[str, Any]:
    """Milliseconds to parse one of the same notes, mean and median, both ways."""
    binding: Any = importlib.import_module("nfelib.nfe.bindings.v4_0.proc_nfe_v4_00").NfeProc
    parsers: Any = importlib.import_module("xsdata.formats.dataclass.parsers")
    context: Any = importlib.import_module("xsdata.formats.dataclass.context").XmlContext()
    contents = [content for _, content in notes.variants(count)]
    texts = [content.decode() for content in contents]
    shared = parsers.XmlParser(context=context)
    warming = len(notes.samples())
    for text, content in zip(texts[:warming], contents[:warming], strict=True):
        binding.from_xml(text)
        shared.from_bytes(content, binding)
    return {
        **_figures("from_xml", [_timed(binding.from_xml, text) for text in texts]),
        **_figures("shared", [_timed(lambda content: shared.from_bytes(content, binding), content) for content in contents]),
    }


def _figures(name: str, times: list[float]) -> dict[str, float]:
    return {f"{name}_ms": statistics.mean(times), f"{name}_median_ms": statistics.median(times)}


def _timed(parse: Any, content: Any) -> float:
    began = time.perf_counter()
    parse(content)
    return (time.perf_counter() - began) * 1000
