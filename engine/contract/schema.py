"""JSON Schema of the wire, for whoever speaks to the deployment or to the local API without reading Python.

    python -m engine.contract.schema            writes docs/schema/*.json
    python -m engine.contract.schema --check    fails if a file is not what the types say
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from engine.contract import calls
from engine.contract.envelope import Envelope
from engine.contract.payloads import PAYLOAD_OF, AuditReport

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schema"

CALLS: dict[str, type[msgspec.Struct]] = {
    "api.ingest.request": calls.IngestRequest,
    "api.ingest.response": calls.IngestAccepted,
    "api.assistant.request": calls.AssistantRequest,
    "api.assistant.response": calls.AssistantAnswer,
    "api.refused": calls.Refused,
    "kv.job": calls.Job,
    "kv.assistant": calls.Prepared,
    "kv.report": AuditReport,
}


def documents() -> dict[str, str]:
    """Every schema by the name of its file: the envelope, one payload an event, the calls and KV values."""
    kinds: dict[str, type[msgspec.Struct]] = {
        "envelope": Envelope,
        **{name.value: kind for name, kind in PAYLOAD_OF.items()},
        **CALLS,
    }
    return {f"{name}.json": _document(name, kind) for name, kind in kinds.items()}


def stale(folder: Path) -> list[str]:
    """Names of files that are missing, different or no longer wanted."""
    wanted = documents()
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def write(folder: Path) -> None:
    """Bring a folder up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = documents()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8")


def _document(name: str, kind: type[msgspec.Struct]) -> str:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, **msgspec.json.schema(kind)}
    return json.dumps(_numbers(schema), ensure_ascii=False, indent=2) + "\n"


def _numbers(node: Any) -> Any:
    """msgspec takes a Decimal for text; on this wire it is a number."""
    if isinstance(node, list):
        return [_numbers(part) for part in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "decimal":
        node = {**{key: value for key, value in node.items() if key != "format"}, "type": "number"}
    return {key: _numbers(value) for key, value in node.items()}


def main(arguments: list[str]) -> int:
    """Write, or check with `--check`; 1 if the check found something stale."""
    if arguments != ["--check"]:
        write(FOLDER)
        return 0
    found = stale(FOLDER)
    if found:
        sys.stderr.write(f"Run `python -m engine.contract.schema`: {', '.join(found)}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
