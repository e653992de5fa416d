"""Logflare: the log's records in batches of JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

import msgspec

from engine.destination import destination
from engine.errors import BadReceiver
from engine.outside import iso
from engine.telemetry.exporting.parcel import Parcel
from engine.telemetry.journal import Level
from store.telemetry import Record

#: Where Logflare takes logs; another address is for who runs it.
DEFAULT_ADDRESS = "https://api.logflare.app"
PATH = "/api/logs?source="


class Logflare:
    """Records for a source. The key travels over https, or stays on the machine."""

    name = "logflare"
    takes: Literal["record"] = "record"

    def __init__(self, source: str, key: str, address: str = DEFAULT_ADDRESS) -> None:
        found = destination(address)
        if found is None:
            raise BadReceiver("LOGFLARE_API_URL is no https address.")
        if not (key.isascii() and key.isprintable()):
            raise BadReceiver("LOGFLARE_API_KEY cannot stand in a header.")
        self._url = f"{found.address}{PATH}{quote(source, safe='')}"
        self._headers = {"X-API-KEY": key, "Content-Type": "application/json"}

    def objection(self, answer: bytes) -> None:
        """It takes a request whole or not at all."""

    def parcels(self, rows: Sequence[Record]) -> list[Parcel]:
        """One request with all records but those of its own refusals, which would be refused and told for ever."""
        told = [record for record in rows if record.event != "exporter.refused" or record.fields.get("exporter") != self.name]
        if not told:
            return []
        batch = [
            {
                "message": record.message, "timestamp": iso(record.at),
                "metadata": {
                    "level": Level(record.level).name.lower(), "event": record.event, "traceId": record.trace, "docId": record.doc, "agent": record.agent,
                    "fields": record.fields,
                },
            }
            for record in told
        ]  # fmt: skip
        return [Parcel(rows[-1].id, self._url, self._headers, msgspec.json.encode({"batch": batch}))]
