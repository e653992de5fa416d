"""The words around one document: what happened, why that is likely, which key is next; its findings and its timeline. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.cells import cell_len

from nexus_tui.clean import fit, plain, shorten
from nexus_tui.keys import KEYS, Key
from nexus_tui.look import Look
from nexus_tui.problem import Problem
from nexus_tui.rooms.document_cells import ACTIVE, ATTENTION, now
from nexus_tui.widgets.columns import Piece, Tone
from nexus_tui.widgets.pane import Line

if TYPE_CHECKING:
    from engine.facade.views import DocumentDetail, DocumentRow, EventView, FindingView, StepView

#: What can be done with any document, after the commands that its state allows.
ALWAYS = ("open", "copy")
#: Cells of the longest bar of a timeline, and of a party's name: wider reads worse.
MOST_BAR, MOST_NAME = 40, 48
#: Cells of a step's line beside its bar: name, numbers, gaps, and how it went wrong.
BESIDE_BAR = 57
#: What stands before the lines under a finding, and between two things on one of them.
UNDER, BETWEEN = "   ", "   "
#: Cells of the pipeline without a step of their own, by the agent whose step follows: the planner's is the job's, the parser's is A3's too.
SHARED = {"A1": 0, "A3": 2}
STEP_TONES: dict[str, Tone] = {"done": "text", "retried": "warn", "dead": "bad"}
SEVERITIES: dict[str, tuple[str, Tone]] = {
    "ERRO": ("failed", "bad"),
    "ALERTA": ("notice", "warn"),
    "INFO": ("waiting", "dim"),
}


def summary(
    row: DocumentRow, detail: DocumentDetail | None, stage: int, at_ms: int, look: Look, width: int
) -> list[Line]:
    """Five lines: which document and how it stands, what happened, why or what it means, its ids, the next keys."""
    say, glyphs = look.say, look.glyphs
    tone, doing = now(row, stage, at_ms, look)
    since = row.finished_ms if row.finished_ms is not None else row.added_ms
    head: Line = [
        ("strong", plain(row.name)),
        ("text", "   "),
        (tone if row.state in ATTENTION else "text", doing),
        ("dim", f"   {look.formats.moment(since, at_ms)}"),
    ]
    ids: list[Piece] = [("dim", say("explain.ids", doc=plain(row.doc_id), trace=plain(row.trace_id or "-")))]
    return [
        head,
        *_reason(row, detail, look, width),
        ids,
        next_keys(_next(row, detail), look, glyphs.enter),
    ]


def _next(row: DocumentRow, detail: DocumentDetail | None) -> tuple[str, ...]:
    if detail is not None:
        return (*detail.next_actions, *ALWAYS)
    commands = ("requeue", "reprocess") if row.state == "dead_lettered" else ()
    return (*(commands or (("cancel",) if row.state in ACTIVE else ("reprocess",))), *ALWAYS)


def _reason(row: DocumentRow, detail: DocumentDetail | None, look: Look, width: int) -> list[Line]:
    say = look.say
    if detail is not None and detail.error is not None:
        error = detail.error
        return [
            [("bad", plain(error.title)), ("text", f": {plain(error.message)}")],
            [("text", plain(error.hint)), ("dim", f"   {plain(error.code)}")],
        ]
    if row.findings == 0 and row.state == "done":
        return [[("good", say("explain.clean"))], []]
    if row.findings:
        first: Line = []
        if detail is not None and detail.findings:
            finding = detail.findings[0]
            first = [("text", f"{plain(finding.code)}  {_where(finding, look)}{plain(finding.message)}")]
        return [_tally(row, look), first]
    words, *rest = wrap(say(f"explain.{row.state}"), max(width, 20), max_lines=2, placeholder=look.glyphs.ellipsis)
    return [[("text", words)], [("text", " ".join(rest))]]


def _tally(row: DocumentRow, look: Look) -> Line:
    say, formats = look.say, look.formats
    others = row.findings - row.errors
    pieces: list[Piece] = []
    if row.errors:
        pieces.append(("bad", say.count("explain.errors", row.errors, formats.integer(row.errors))))
    if row.errors and others:
        pieces.append(("dim", " · "))
    if others:
        pieces.append(("warn", say.count("explain.warnings", others, formats.integer(others))))
    return pieces


def next_keys(actions: Sequence[str], look: Look, enter: str) -> Line:
    """`Next   r requeue   R reprocess`, for the actions that have a key."""
    pieces: list[Piece] = [("dim", f"{look.say('explain.next')}  ")]
    for action in actions:
        key = _key_of(action)
        if key is not None:
            pieces += [("accent", f" {key.shown.format(enter=enter)}"), ("text", f" {look.say(key.label)}  ")]
    return pieces


def _key_of(action: str) -> Key | None:
    return next((key for key in KEYS if key.action == action), None)


def findings(detail: DocumentDetail, look: Look, width: int) -> list[Line]:
    """One finding after the other, each with its legal base under it."""
    say, glyphs = look.say, look.glyphs
    lines: list[Line] = [[("dim", f" {say('overview.audit')}"), ("text", "  "), *_tally(detail.row, look)]]
    if not detail.findings:
        lines.append([("dim", f" {say('overview.no_findings')}")])
    for finding in detail.findings:
        name, tone = SEVERITIES.get(finding.severity, ("waiting", "dim"))
        sign = f" {getattr(glyphs, name)} {plain(finding.code)}  "
        first, *rest = wrap(f"{_where(finding, look)}{plain(finding.message)}", max(width - len(sign), 20)) or [""]
        lines.append([(tone, sign), ("text", first)])
        lines += [[("text", " " * len(sign) + line)] for line in rest]
        lines += _evidence(finding, look, width - len(UNDER))
        if finding.legal:
            lines.append([("dim", f"{UNDER}{plain(finding.legal)}")])
    return lines


def _evidence(finding: FindingView, look: Look, room: int) -> Sequence[Line]:
    """What stands there and what should, beside each other where they fit; then the place. Cut in the middle: both ends tell."""
    say, ellipsis = look.say, look.glyphs.ellipsis
    values = (
        ("overview.found", finding.found),
        ("overview.expected", finding.expected),
        ("overview.cstat", finding.cstat),
    )
    lines: list[list[Piece]] = []
    used = 0
    for label, value in ((f"{say(label)} ", plain(value) or "-") for label, value in values if value is not None):
        cut = shorten(value, room - cell_len(label), ellipsis)
        size = cell_len(label + cut)
        if lines and used + len(BETWEEN) + size <= room:
            lines[-1] += [("dim", BETWEEN + label), ("text", cut)]
            used += len(BETWEEN) + size
        else:
            lines.append([("dim", UNDER + label), ("text", cut)])
            used = size
    if finding.path:
        lines.append([("dim", UNDER + shorten(plain(finding.path), room, ellipsis))])
    return lines


def _where(finding: FindingView, look: Look) -> str:
    return look.say("overview.item", item=finding.item) + " " if finding.item is not None else ""


def timeline(detail: DocumentDetail, look: Look, width: int) -> list[Line]:
    """One line an agent: tries, time, wait in the queue, and a bar that shows which of them took long; or why it has none of its own."""
    say, formats = look.say, look.formats
    lines: list[Line] = [[("dim", " " + fit(say("overview.timeline"), 17, "") + say("overview.timeline_columns"))]]
    longest = max((step.took_ms for step in detail.timeline), default=0)
    before = ""
    for step in detail.timeline:
        shared = SHARED.get(step.agent)
        if shared is not None and before not in (step.agent, f"A{shared}"):
            lines.append([("text", f" {_agent(str(shared), look)}"), ("dim", f"   {say(f'timeline.shared.{shared}')}")])
        before = step.agent
        name = _agent(plain(step.agent).removeprefix("A"), look)
        waited = formats.duration(step.wait_ms) if step.wait_ms is not None else "-"
        bar = _bar(step, longest, min(max(width - BESIDE_BAR, 0), MOST_BAR), look)
        line: list[Piece] = [
            (STEP_TONES.get(step.state, "text"), f" {name}"),
            ("text", f"{step.attempt:>4} {formats.duration(step.took_ms):>8} {waited:>8}"),
            ("dim", f"  {bar}" if bar else ""),
        ]
        if step.state != "done":
            line.append((STEP_TONES.get(step.state, "text"), f"  {say(f'step.{step.state}')}"))
        lines.append(line)
        if step.error:
            lines.append([("dim", f"   {plain(step.error)}")])
    return lines


def _agent(stage: str, look: Look) -> str:
    """The cell and the agent's name, in a column."""
    agent = look.say(f"agent.{stage}") if look.say.knows(f"agent.{stage}") else ""
    return fit(f"A{stage} {agent}", 17, look.glyphs.ellipsis)


def _bar(step: StepView, longest: int, room: int, look: Look) -> str:
    if longest <= 0 or room <= 0:
        return ""
    halves = round(step.took_ms * 2 * room / longest)
    return look.glyphs.bar * (halves // 2) + (look.glyphs.cursor if halves % 2 else "")


def facts(detail: DocumentDetail, look: Look, width: int) -> list[Line]:
    """The head of the document: who, to whom, which, when, how much."""
    say, formats = look.say, look.formats
    lines: list[Line] = []
    room = min(max(width - 42, 12), MOST_NAME)
    for label, party in (("overview.issuer", detail.issuer), ("overview.recipient", detail.recipient)):
        if party.id or party.name:
            name = shorten(plain(party.name or "-"), room, look.glyphs.ellipsis)
            ident = formats.identifier(plain(party.id)) if party.id else "-"
            lines.append(
                [
                    *_label(say(label)),
                    ("text", f"{fit(name, room, '')}  {ident:<18}  {plain(party.uf or '')}"),
                ]
            )
    if detail.access_key:
        lines.append([*_label(say("overview.key")), ("text", plain(detail.access_key))])
    which = [
        say("overview.numbered", number=plain(detail.number), series=plain(detail.series or "-"))
        if detail.number
        else "",
        formats.written(plain(detail.issued_at)) if detail.issued_at else "",
    ]
    if any(which):
        lines.append([*_label(say("overview.document")), ("text", "   ".join(part for part in which if part))])
    if detail.event is not None:
        lines.append([*_label(say("overview.event")), *_event(detail.event, look)])
    if detail.row.total:
        lines.append([*_label(say("overview.total")), ("strong", formats.money(plain(detail.row.total)))])
    if detail.operation:
        sure = f"   {formats.number(plain(detail.confidence), 2)}" if detail.confidence else ""
        lines.append([*_label(say("overview.operation")), ("text", plain(detail.operation)), ("dim", sure)])
    return lines


def _event(event: EventView, look: Look) -> list[Piece]:
    """Which event, the how-manieth, and the authority's answer."""
    pieces: list[Piece] = [("text", plain(event.type or "-"))]
    if event.sequence is not None:
        pieces.append(("text", "   " + look.say("overview.event_sequence", sequence=event.sequence)))
    if event.cstat:
        pieces += [("dim", f"   {look.say('overview.cstat')} "), ("text", plain(event.cstat))]
    else:
        pieces.append(("dim", f"   {look.say('overview.unanswered')}"))
    return pieces


def _label(text: str) -> list[Piece]:
    return [("dim", f" {fit(text, 11, '')} ")]


def problem_lines(problem: Problem, look: Look) -> list[Line]:
    """What happened, why it is likely, what to do, and the code to quote."""
    return [
        [("bad", f"{look.glyphs.failed} {problem.title}")],
        [("text", problem.message)],
        [("text", problem.hint), ("dim", f"   {problem.code}")],
    ]


def scope_of(row: DocumentRow) -> str:
    """How one document is named in a question."""
    return f"{plain(row.name)} · {plain(row.tenant)}"
