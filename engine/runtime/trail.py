"""What became of hops, told to the journal once it is committed: a span each, and a record where somebody may ask for it later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.agents.outcome import DocumentFacts, Finished
from engine.runtime.effects import Hop, document_of
from engine.telemetry.journal import Journal, Level
from engine.telemetry.timings import Timings
from store.queues import Delivery, Failure
from store.records.steps import StepStatus
from store.telemetry import Span

if TYPE_CHECKING:
    from engine.runtime.chain import FailedHop


class Trail:
    """Writes to `journal`; without `spans` only records. `spans` may change while hops run."""

    def __init__(self, journal: Journal, timings: Timings, *, spans: bool = True) -> None:
        self._journal = journal
        self._timings = timings
        self.spans = spans

    def completed(self, hops: Sequence[Hop]) -> None:
        """Hops whose effects are committed."""
        for hop in hops:
            event, outcome = hop.event, hop.outcome
            stage = hop.agent.stage
            self._span(hop, StepStatus.DONE, None)
            for name, count in outcome.metrics:
                if name == "cached":
                    self._journal.log(
                        Level.INFO, "hop.cached", "A redelivery was answered from what was parsed already.",
                        trace=event.trace_id, doc=event.doc_id, agent=stage, cached=count > 0,
                    )  # fmt: skip
            for record in outcome.records:
                if isinstance(record, Finished):
                    self._finished(hop)

    def failed(self, hop: FailedHop, failure: Failure, *, dead: bool) -> None:
        """An attempt that failed: for good, or to be tried again."""
        event, stage = hop.event, hop.agent.stage
        self._span(hop, StepStatus.DEAD if dead else StepStatus.RETRIED, failure.error_class)
        self._failure(event.trace_id, document_of(event), stage, event.attempt + 1, failure, dead=dead)

    def refused(self, delivery: Delivery, failure: Failure, *, dead: bool) -> None:
        """A message that never got to an agent."""
        self._failure(delivery.trace, delivery.doc, None, delivery.attempts + 1, failure, dead=dead)

    def _span(self, hop: Hop | FailedHop, status: StepStatus, error: str | None) -> None:
        event, agent = hop.event, hop.agent
        self._timings.agent(agent.stage, hop.took)
        if self.spans:
            self._journal.span(
                Span(
                    hop.span, hop.parent, hop.link, event.trace_id, document_of(event), agent.stage, agent.event, event.run, event.attempt + 1, hop.started,
                    int(hop.took * 1e6), hop.waited, status, error,
                )
            )  # fmt: skip

    def _failure(self, trace: str | None, doc: str | None, agent: str | None, attempt: int, failure: Failure, *, dead: bool) -> None:
        told = "An agent failed for good; the message is among the dead letters." if dead else "An agent failed and will try again."
        self._journal.log(
            Level.ERROR if dead else Level.WARNING, "hop.dead" if dead else "hop.retried", told,
            trace=trace, doc=doc or None, agent=agent, attempt=attempt, error=failure.error_class, fingerprint=failure.fingerprint,
        )  # fmt: skip

    def _finished(self, hop: Hop) -> None:
        state = next(
            (record.values["state"] for record in hop.outcome.records if isinstance(record, DocumentFacts) and "state" in record.values), None
        )  # fmt: skip
        event = hop.event
        self._journal.log(
            Level.INFO, "document.finished", "A document has its report.", trace=event.trace_id, doc=event.doc_id, agent=hop.agent.stage, state=state
        )  # fmt: skip
