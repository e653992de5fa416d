"""How a document shows in a list: the strip of eleven agents, what it is doing, how it was judged. Pure functions of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from nexus_tui.clean import plain, shorten
from nexus_tui.look import Look
from nexus_tui.theme import Glyphs
from nexus_tui.widgets.columns import Column, Piece, Tone

if TYPE_CHECKING:
    from engine.facade.views import DocumentRow

AGENTS = 11
#: The agent that recognises bytes, the one that reads scans, the one whose doubt asks for a person.
INGESTOR, PARSER, CLASSIFIER = 1, 2, 5

ACTIVE = frozenset({"queued", "processing", "retrying", "waiting_lock"})
#: States that wait for a person.
ATTENTION: dict[str, Tone] = {
    "dead_lettered": "bad",
    "needs_review": "warn",
    "ocr_needed": "warn",
    "unreadable": "warn",
}


def strip(row: DocumentRow, stage: int, glyphs: Glyphs) -> list[Piece]:
    """The eleven cells: what is behind the document, the sign of where it stands, what is still to come."""
    done, waiting = glyphs.done, glyphs.waiting
    at, sign, tone = _sign(row, stage, glyphs)
    if sign is None:
        return [("dim", done * at + waiting * (AGENTS - at))]
    finished = row.state not in ACTIVE and row.state not in ("dead_lettered", "cancelled")
    behind = max(min(stage + 1, AGENTS) - at - 1, 0) if finished else 0
    return [
        ("dim", done * at),
        (tone, sign),
        ("dim", done * behind + waiting * (AGENTS - at - 1 - behind)),
    ]


def _sign(row: DocumentRow, stage: int, glyphs: Glyphs) -> tuple[int, str | None, Tone]:
    match row.state:
        case "done":
            return AGENTS, None, "dim"
        case "queued":
            return (0 if row.stage is None else stage), None, "dim"
        case "processing":
            return stage, glyphs.running, "accent"
        case "retrying":
            return stage, glyphs.retry, "accent"
        case "waiting_lock":
            return stage, glyphs.lock, "accent"
        case "dead_lettered":
            return stage, glyphs.failed, "bad"
        case "needs_review":
            return CLASSIFIER, glyphs.review, "warn"
        case "ocr_needed":
            return PARSER, glyphs.notice, "warn"
        case "duplicate":
            return INGESTOR, glyphs.duplicate, "text"
        case "cancelled":
            return stage, glyphs.cancelled, "text"
    return INGESTOR, glyphs.notice, "warn"


def now(row: DocumentRow, stage: int, at_ms: int, look: Look) -> Piece:
    """What the document is doing, or how it ended, in a few words."""
    say, formats = look.say, look.formats
    agent = say(f"agent.{stage}")
    match row.state:
        case "processing" if row.attempt > 1:
            return "text", say("now.again", agent=agent, stage=stage, attempt=row.attempt)
        case "processing":
            return "text", say("now.processing", agent=agent, stage=stage)
        case "retrying":
            wait = formats.age((row.retry_at_ms or at_ms) - at_ms)
            return "text", say("now.retrying", stage=stage, attempt=row.attempt, most=row.max_attempts, wait=wait)
        case "done" if row.finished_ms is not None:
            return "dim", say("now.done", took=formats.duration(row.finished_ms - row.added_ms))
        case "waiting_lock" | "dead_lettered":
            return ATTENTION.get(row.state, "text"), say(f"now.{row.state}", stage=stage)
    return ATTENTION.get(row.state, "dim"), say(f"state.{row.state}")


def verdict(row: DocumentRow, glyphs: Glyphs) -> Piece:
    """The audit's word: a sign and how many findings stand behind it."""
    match row.status:
        case "OK":
            return "good", glyphs.mark
        case "ALERTA":
            return "warn", f"{glyphs.notice} {row.findings}"
        case "ERRO":
            return "bad", f"{glyphs.failed} {row.errors or row.findings}"
    return "dim", ""


def columns(
    width: int, look: Look, clock: Callable[[], int], stage_of: Callable[[DocumentRow], int], *, every_tenant: bool
) -> Sequence[Column[DocumentRow]]:
    """The columns that `width` cells have room for, the essential ones first."""
    formats, glyphs = look.formats, look.glyphs

    def name(row: DocumentRow, size: int) -> list[Piece]:
        return [(ATTENTION.get(row.state, "text"), shorten(plain(row.name), size, glyphs.ellipsis))]

    tenant: Column[DocumentRow] = Column(
        heading="column.tenant",
        width=8,
        cell=lambda row, size: [("dim", shorten(plain(row.tenant), size, glyphs.ellipsis))],
    )
    family: Column[DocumentRow] = Column(
        heading="column.family", width=8, cell=lambda row, _: [("dim", plain(row.family))]
    )
    total: Column[DocumentRow] = Column(
        heading="column.total", width=16, right=True,
        cell=lambda row, _: [("text", formats.money(plain(row.total)) if row.total else "")],
    )  # fmt: skip
    audit: Column[DocumentRow] = Column(heading="column.audit", width=7, cell=lambda row, _: [verdict(row, glyphs)])
    judged = width >= 86 or not every_tenant

    def doing(row: DocumentRow, _: int) -> list[Piece]:
        word = now(row, stage_of(row), clock(), look)
        if row.members:
            return [word, ("dim", "  " + look.say.count("now.members", row.members, formats.integer(row.members)))]
        return (
            [word] if judged or row.state != "done" or not row.status else [verdict(row, glyphs), ("text", "  "), word]
        )

    found: list[Column[DocumentRow]] = [Column(heading="column.document", width=19, grow=2, cell=name)]
    if every_tenant:
        found.append(tenant)
    if width >= 114:
        found += [family, total]
    found += [
        Column(heading="column.strip", width=AGENTS, cell=lambda row, _: strip(row, stage_of(row), glyphs)),
        Column(heading="column.now", width=22, grow=1, cell=doing),
    ]
    if judged:
        found.append(audit)
    age: Column[DocumentRow] = Column(
        heading="column.age", width=5, right=True,
        cell=lambda row, _: [("dim", formats.age(clock() - row.added_ms))],
    )  # fmt: skip
    return [*found, age]
