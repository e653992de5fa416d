"""A dead letter as the text of an issue: what a developer needs to find the fault, and nothing of the document.

Messages are left out: they may quote what the document says. The fingerprint, also as a marker in the body, tells the same fault again.
"""

from __future__ import annotations

from typing import NamedTuple

from engine.facade.views import DeadLetter
from engine.outside import iso


class IssueText(NamedTuple):
    """Markdown; `title` has no markup."""

    title: str
    body: str
    fingerprint: str


def issue_text(letter: DeadLetter, version: str) -> IssueText:
    """The issue of a dead letter, as Nexus `version` tells it."""
    fingerprint = letter.fingerprint or f"{letter.queue}:{letter.error_class}"
    rows = {
        "Error class": letter.error_class,
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
    table = "\n".join(f"| {name} | `{value}` |" for name, value in rows.items())
    attempts = "\n".join(f"- {iso(one['at'])} `{one['error']}`" for one in letter.history)
    body = f"| | |\n| --- | --- |\n{table}\n\n## Attempts\n\n{attempts}\n\n<!-- nexus-fingerprint: {fingerprint} -->\n"
    return IssueText(f"{letter.error_class} in {letter.queue}", body, fingerprint)
