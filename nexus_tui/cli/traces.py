"""`nexus trace`: the hops of a trace as a waterfall, the log, and what is measured, read from the telemetry that an engine keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.outside import iso
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word

if TYPE_CHECKING:
    from engine.facade.telemetry import RecordView, SpanView
    from engine.facade.views import StepView

app = typer.Typer(help="Traces.", no_args_is_help=True)

#: Columns of the bars.
WIDTH = 40
#: Records shown unless asked for more.
RECORDS = 200
WAIT, WORK, FAILED = "·", "█", "▒"


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
        spans = await _spans(nexus, session.directory, trace, doc)
        if not spans:
            return session.missing("no_trace", trace, "nexus jobs ls")
        if as_json:
            agents = {span.id: span.agent for span in spans}
            for span in spans:
                output.emit(_object(trace, span, agents))
            return output.DONE
        spoken = session.language
        start = min(span.started_ms - span.wait_ms for span in spans)
        end = max(span.started_ms + span.took_us // 1000 for span in spans)
        names = ("document", "agent", "attempts", "wait", "took", "state")
        output.table(
            [*(word(name, spoken) for name in names), ""],
            [
                (span.document[:8], span.agent, span.attempt, span.wait_ms, f"{span.took_us / 1000:.1f}", span.state, _bar(span, start, end))
                for span in spans
            ],
            right=(2, 3, 4),
        )
        return output.DONE

    session.query(work)


@app.command("logs")
def logs(
    text: Annotated[list[str] | None, typer.Argument(help="Words that stand in the record, together.", show_default=False)] = None,
    trace: Annotated[str | None, typer.Option("--trace", help="Only records of this trace.", show_default=False)] = None,
    doc: Annotated[str | None, typer.Option("--doc", help="Only records of this document.", show_default=False)] = None,
    agent: Annotated[str | None, typer.Option("--agent", help="Only records of this agent: A0 to A10.", show_default=False)] = None,
    level: Annotated[str, typer.Option("--level", help="The least level: info, warning or error.")] = "info",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most this many, the newest.")] = RECORDS,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Search the log: what happened, newest last; taxpayers' numbers are masked."""
    session = Session.of(data_dir, as_json, lang)

    async def work(_: Appliance) -> int:
        from engine.facade import telemetry

        found = await telemetry.records(
            session.directory, trace=trace, document=doc, agent=agent, level=level, text=" ".join(text or ()) or None, limit=limit
        )
        if as_json:
            for record in found:
                output.emit(_record(record))
        else:
            names = ("time", "level", "event", "agent", "document", "message")
            output.table(
                [word(name, session.language) for name in names],
                [
                    (iso(one.at_ms), one.level, one.event, one.agent or "", (one.document or "")[:8], f"{one.message} {_fields(one)}".strip())
                    for one in found
                ],
            )
        return output.DONE

    session.query(work)


@app.command("metrics")
def metrics(
    name: Annotated[str | None, typer.Argument(help="A measure; without it: list them.", show_default=False)] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Show what was measured, minute by minute."""
    session = Session.of(data_dir, as_json, lang)

    async def work(_: Appliance) -> int:
        from engine.facade import telemetry

        spoken = session.language
        if name is None:
            names = await telemetry.measures(session.directory)
            if as_json:
                for one in names:
                    output.emit({"name": one})
            else:
                output.table([word("measure", spoken)], [(one,) for one in names])
            return output.DONE
        values = await telemetry.measured(session.directory, name)
        if not values:
            return session.missing("no_measure", name, "nexus trace metrics")
        if as_json:
            for at, value in values:
                output.emit({"name": name, "at": iso(at), "value": value})
        else:
            output.table([word("time", spoken), name], [(iso(at), f"{value:g}") for at, value in values], right=(1,))
        return output.DONE

    session.query(work)


async def _spans(nexus: Appliance, directory: Path, trace: str, doc: str | None) -> Sequence[SpanView]:
    """The spans that were kept; of what is older than the telemetry, the hops of the documents' timeline, which know no parents."""
    from engine.facade import telemetry

    spans = await telemetry.spans(directory, trace, doc)
    if spans:
        return spans
    steps = [step for step in await nexus.engine.jobs.trace(trace) if doc is None or step.document in ("", doc)]
    return sorted(map(_of_timeline, steps), key=lambda span: (span.started_ms, int(span.agent[1:] or 0)))


def _of_timeline(step: StepView) -> SpanView:
    from engine.facade.telemetry import SpanView

    return SpanView(
        id="", parent=None, link=None, document=step.document, agent=step.agent, event=step.event, run=step.run, attempt=step.attempt,
        started_ms=step.started_ms or 0, took_us=step.took_ms * 1000, wait_ms=step.wait_ms or 0, state=step.state, error=step.error,
    )  # fmt: skip


def _object(trace: str, span: SpanView, agents: dict[str, str]) -> dict[str, Any]:
    sender = agents.get(span.parent or "")
    return {
        "traceId": trace,
        "docId": span.document or None,
        "span": f"agent.{span.agent}",
        "spanId": span.id or None,
        "parent": None if sender is None else f"agent.{sender}",
        "parentId": span.parent,
        "linkId": span.link,
        "event": span.event,
        "run": span.run,
        "attempt": span.attempt,
        "startedAt": iso(span.started_ms),
        "tookMs": span.took_us / 1000,
        "waitMs": span.wait_ms,
        "state": span.state,
        "error": span.error,
    }


def _record(record: RecordView) -> dict[str, Any]:
    return {
        "time": iso(record.at_ms), "level": record.level, "event": record.event, "message": record.message, "traceId": record.trace, "docId": record.document,
        "agent": record.agent, "fields": record.fields,
    }  # fmt: skip


def _fields(record: RecordView) -> str:
    return " ".join(f"{name}={value}" for name, value in record.fields.items())


def _bar(span: SpanView, start: int, end: int) -> str:
    """Where a hop lies in the trace: its wait, then its work."""
    scale = WIDTH / max(end - start, 1)
    waits = int((span.started_ms - span.wait_ms - start) * scale)
    works = int((span.started_ms - start) * scale)
    ends = max(int((span.started_ms + span.took_us / 1000 - start) * scale), works + 1)
    return " " * waits + WAIT * (works - waits) + (WORK if span.state == "done" else FAILED) * (ends - works)
