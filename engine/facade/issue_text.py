"""A dead letter as the text of an issue: what a developer needs to find the fault, and nothing of the document.

Messages are left out: they may quote what the document says. The fingerprint, also as a marker in the body, tells the same fault again.
Ids may be of foreign make: they are masked, and hold nothing that Markdown or an HTML comment would read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.facade.views import DeadLetter
from engine.outside import iso
from engine.telemetry.redaction import Redaction

#: Longest value of a cell.
LONGEST = 120
_STRANGE = re.compile(r"[^A-Za-z0-9 .,:;_+*/()-]")
_redaction = Redaction()


class IssueText(NamedTuple):
    """Markdown; `title` has no markup."""

    title: str
    body: str
    fingerprint: str


def issue_text(letter: DeadLetter, version: str) -> IssueText:
    """The issue of a dead letter, as Nexus `version` tells it."""
    fingerprint = _plain(letter.fingerprint or f"{letter.queue}:{letter.error_class}")
    error = _plain(letter.error_class)
    rows = {
        "Error class": error,
        "Queue": letter.queue,
        "traceId": letter.trace or "",
        "docId": letter.document or "",
        "Attempts": letter.attempts,
        "Deliveries": letter.deliveries,
        "Run": letter.run,
        "Created": iso(letter.created_ms),
        "Fingerprint": fingerprint,
        "Nexus": version,
    }
    table = "\n".join(f"| {name} | `{_plain(str(value))}` |" for name, value in rows.items())
    attempts = "\n".join(f"- {iso(one['at'])} `{_plain(one['error'])}`" for one in letter.history)
    body = f"| | |\n| --- | --- |\n{table}\n\n## Attempts\n\n{attempts}\n\n<!-- nexus-fingerprint: {fingerprint} -->\n"
    return IssueText(f"{error} in {letter.queue}", body, fingerprint)


def _plain(value: str) -> str:
    return _STRANGE.sub("?", _redaction.text(value))[:LONGEST]
