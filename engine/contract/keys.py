"""Names of KV keys and locks, and how long each lives."""

from __future__ import annotations

from typing import NamedTuple

WEEK_S = 7 * 24 * 3600

JOB_S = WEEK_S
INGEST_S = 3600
REPORT_S = WEEK_S
#: The deployment writes 24 h; the report it speaks of lives a week.
ASSISTANT_S = WEEK_S


class Lifetimes(NamedTuple):
    """How long keys live, in seconds, by their prefix."""

    job: int = JOB_S
    ingest: int = INGEST_S
    report: int = REPORT_S
    assistant: int = ASSISTANT_S


#: What the wire says.
UNCHANGED = Lifetimes()


def job(trace: str) -> str:
    """State of a job."""
    return f"job:{trace}"


def ingest(doc: str, trace: str) -> str:
    """The parsed document, so that a repeated delivery does not parse again."""
    return f"ingest:{doc}:{trace}"


def report(doc: str) -> str:
    """The final report."""
    return f"report:{doc}"


def assistant(doc: str) -> str:
    """What the assistant prepared."""
    return f"assistant:{doc}"


def half(doc: str, trace: str, run: int) -> str:
    """Local, without end: the half of the reconciliation that arrived first. `run` is that of the booking both halves come from."""
    return f"half:{doc}:{trace}:{run}"


def document_lock(doc: str) -> str:
    """The lock that one trace holds on a document from planner to end."""
    return f"lock:doc:{doc}"
