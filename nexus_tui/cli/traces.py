"""`nexus trace`: the hops of a trace as a waterfall, from the timeline that is kept with the documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from engine.facade.views import StepView
from engine.outside import iso
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word

app = typer.Typer(help="Traces.", no_args_is_help=True)

#: Columns of the bars.
WIDTH = 40
WAIT, WORK = "·", "█"
#: The agent whose event each agent works on.
BEFORE = {
    "A1": "A0",
    "A3": "A1",
    "A4": "A3",
    "A5": "A4",
    "A6": "A5",
    "A7": "A6",
    "A8": "A7",
    "A9": "A8",
    "A10": "A9",
}


@app.command("show")
def show(
    trace: str,
    doc: Annotated[str | None, typer.Option("--doc", help="Only the hops of this document.", show_default=False)] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Show the hops of a trace: when each began, how long it waited and worked."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        found = [step for step in await nexus.engine.jobs.trace(trace) if doc is None or step.document in ("", doc)]
        if not found:
            return session.missing("no_trace", trace, "nexus jobs ls")
        hops = sorted(found, key=lambda step: (step.document, step.started_ms or 0, int(step.agent[1:])))
        if as_json:
            for hop in hops:
                output.emit(_object(trace, hop))
            return output.DONE
        spoken = session.language
        start, end = _span(hops)
        names = ("document", "agent", "attempts", "wait", "took", "state")
        output.table(
            [*(word(name, spoken) for name in names), ""],
            [
                (hop.document[:8], hop.agent, hop.attempt, hop.wait_ms, hop.took_ms, hop.state, _bar(hop, start, end))
                for hop in hops
            ],
            right=(2, 3, 4),
        )
        return output.DONE

    session.query(work)


def _object(trace: str, hop: StepView) -> dict[str, Any]:
    return {
        "traceId": trace,
        "docId": hop.document or None,
        "span": f"agent.{hop.agent}",
        "parent": f"agent.{BEFORE[hop.agent]}" if hop.agent in BEFORE else None,
        "event": hop.event,
        "run": hop.run,
        "attempt": hop.attempt,
        "startedAt": None if hop.started_ms is None else iso(hop.started_ms),
        "tookMs": hop.took_ms,
        "waitMs": hop.wait_ms,
        "state": hop.state,
        "error": hop.error,
    }


def _span(hops: Sequence[StepView]) -> tuple[int, int]:
    """When the first hop began to wait, and when the last one ended."""
    begun = [(hop.started_ms, hop) for hop in hops if hop.started_ms is not None]
    if not begun:
        return 0, 1
    return min(at - (hop.wait_ms or 0) for at, hop in begun), max(at + hop.took_ms for at, hop in begun)


def _bar(hop: StepView, start: int, end: int) -> str:
    """Where a hop lies in the trace: its wait, then its work."""
    if hop.started_ms is None:
        return ""
    scale = WIDTH / max(end - start, 1)
    waits = int((hop.started_ms - (hop.wait_ms or 0) - start) * scale)
    works = int((hop.started_ms - start) * scale)
    ends = max(int((hop.started_ms + hop.took_ms - start) * scale), works + 1)
    return " " * waits + WAIT * (works - waits) + WORK * (ends - works)
