"""Completion of the filter line: the qualifiers of the grammar and the values that are a closed list."""

from __future__ import annotations

from textual.suggester import Suggester

STATES = (
    "active", "queued", "processing", "retrying", "waiting_lock", "done", "duplicate", "needs_review", "ocr_needed",
    "unsupported", "unreadable", "dead_lettered", "cancelled",
)  # fmt: skip
FAMILIES = ("nfe", "nfce", "cte", "mdfe", "nfse", "event", "inut", "efd", "csv", "xlsx", "pdf", "image", "zip", "eml")
STATUSES = ("ok", "alerta", "erro")

WORDS = (
    *(f"state:{state}" for state in STATES),
    *(f"status:{status}" for status in STATUSES),
    *(f"family:{family}" for family in FAMILIES),
    *("issuer:", "recipient:", "cfop:", "ncm:", "period:", "since:", "tenant:", "finding:", "queue:", "error:"),
    *("trace:", "job:", "doc:", "key:"),
)


class FilterSuggester(Suggester):
    """Completes the last word."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The value with its last word completed; None where that adds nothing."""
        before, _, last = value.rpartition(" ")
        word = next((word for word in WORDS if last and word.startswith(last) and word != last), None)
        if word is None:
            return None
        return f"{before} {word}" if before else word
