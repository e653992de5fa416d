"""What is done to documents from any screen: ask where asking is due, send the command, tell the outcome, copy.

Asking states the verb, the count and the scope; the outcome states how many were done and why others were refused.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from nexus_tui.clean import plain
from nexus_tui.engine_port import DEFAULT_TENANT, EVERY_TENANT
from nexus_tui.look import look, nexus
from nexus_tui.rooms.document_cells import ACTIVE

if TYPE_CHECKING:
    from engine.facade.commands import CommandResult
    from engine.facade.views import DocumentDetail, DocumentRow
    from nexus_tui.engine_port import EnginePort
    from nexus_tui.screen import NexusScreen

#: Different reasons for refusals that a toast has room for.
MOST_REASONS = 3
#: Verbs that ask first; their messages are `ask.<verb>`, `ask.<verb>.button` and `ask.<verb>.consequence`.
ASKING = frozenset({"reprocess", "cancel"})
COMMANDS = frozenset({"requeue", "reprocess", "cancel"})
#: States that a requeue can help.
REQUEUEABLE = frozenset({"dead_lettered", "retrying", "waiting_lock"})


def why_not(action: str, engine: EnginePort | None, row: DocumentRow | None, *, marked: bool) -> str | None:
    """Why a command cannot act on `row`, as a message id. On marks every command acts: the refused are counted after it."""
    if action not in COMMANDS and action != "add":
        return None
    if engine is None:
        return "reason.starting"
    if engine.engine_state() == "stopped":
        return "reason.ended"
    if action == "add" or marked:
        return None
    if row is None:
        return "reason.no_document"
    if action == "requeue" and row.state not in REQUEUEABLE:
        return "reason.not_failed"
    if action == "cancel" and row.state not in ACTIVE:
        return "reason.not_active"
    return None


async def add(screen: NexusScreen, progress: Callable[[int | None], None]) -> None:
    """Ask for paths and take them in, telling `progress` how many files are in, and None at the end. Runs in a worker."""
    from nexus_tui.dialogs.ask import Ask
    from nexus_tui.dialogs.paths import PathSuggester, paths_of

    app, say = nexus(screen), look(screen).say
    engine = app.engine
    reason = why_not("add", engine, None, marked=False)
    if engine is None or reason is not None:
        app.toast(say(reason or "reason.starting"), warning=True)
        return
    answer = await app.push_screen_wait(Ask(say("add.question"), say("add.hint"), PathSuggester()))
    paths = paths_of(answer or "")
    if not paths:
        return
    tenant = DEFAULT_TENANT if app.tenant == EVERY_TENANT else app.tenant
    job = await engine.jobs.open(tenant)
    taken = known = 0
    reasons: list[str] = []
    try:
        async for acknowledged in engine.jobs.add(job, tenant, paths):
            if acknowledged.get("state") == "waiting":
                _waits(screen, acknowledged["error"])
                continue
            if "error" in acknowledged:
                reasons.append(_reason(screen, **acknowledged["error"]))
            elif acknowledged.get("already"):
                known += 1
            else:
                taken += 1
            progress(taken + known + len(reasons))
    finally:
        progress(None)
        await engine.jobs.close(job)
    formats = look(screen).formats
    text = look(screen).say.count("done.add", taken, formats.integer(taken))
    if known:
        text += ", " + look(screen).say.count("done.known", known, formats.integer(known))
    app.toast(text + _refusals(screen, reasons), warning=bool(reasons))


def _waits(screen: NexusScreen, error: dict[str, str]) -> None:
    """Toast: files wait for free space, and what to do."""
    from engine.errors import NoSpace
    from nexus_tui.i18n.errors import worded

    told = worded(error["code"], NoSpace.title, error["message"], error["hint"], look(screen).spoken)
    nexus(screen).toast(f"{told.title} ({error['code']}): {plain(told.message)} {told.hint}", warning=True)


async def command(screen: NexusScreen, verb: str, doc_ids: Sequence[str], scope: str) -> bool:
    """Do `verb` to the documents, after asking if it is one that asks; `scope` tells where they come from.

    Returns whether the command was sent. Runs in a worker, as it waits for the answer.
    """
    from nexus_tui.dialogs.confirm import Confirm

    app, say = nexus(screen), look(screen).say
    engine = app.engine
    if engine is None or not doc_ids:
        return False
    if verb in ASKING:
        shown = look(screen).formats.integer(len(doc_ids))
        question = say.count(f"ask.{verb}", len(doc_ids), shown)
        button = say.count(f"ask.{verb}.button", len(doc_ids), shown)
        if not await app.push_screen_wait(Confirm(question, scope, say(f"ask.{verb}.consequence"), button)):
            return False
    verbs: dict[str, Callable[[Sequence[str]], Awaitable[CommandResult]]] = {
        "requeue": engine.documents.requeue,
        "reprocess": engine.documents.reprocess,
        "cancel": engine.documents.cancel,
    }
    tell(screen, verb, await verbs[verb](doc_ids))
    return True


def tell(screen: NexusScreen, verb: str, result: CommandResult) -> None:
    """Toast: `12 requeued, 1 refused: lock held`."""
    text = look(screen).say.count(f"done.{verb}", result.done, look(screen).formats.integer(result.done))
    reasons = [_reason(screen, one.code, one.reason) for one in result.refused]
    nexus(screen).toast(text + _refusals(screen, reasons), warning=bool(reasons))


def _reason(screen: NexusScreen, code: str, message: str, hint: str = "") -> str:
    """Why something was refused, in the reader's language."""
    from nexus_tui.i18n.errors import declined

    return declined(code, message, hint, look(screen).spoken)[0]


def _refusals(screen: NexusScreen, reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    shown = look(screen).formats.integer(len(reasons))
    different = list(dict.fromkeys(plain(reason) for reason in reasons))
    return ", " + look(screen).say.count(
        "done.refused", len(reasons), shown, reason="; ".join(different[:MOST_REASONS])
    )


def copy_reference(screen: NexusScreen, row: DocumentRow) -> None:
    """Copy what one looks a document up by: its trace, or its id while it has none."""
    message = "copied.trace" if row.trace_id else "copied.document"
    text = plain(row.trace_id or row.doc_id)
    nexus(screen).copy(text, look(screen).say(message, text=text))


def copy_row(screen: NexusScreen, row: DocumentRow, detail: DocumentDetail | None = None) -> None:
    """Copy the whole row as JSON, or all that is known of the document: what the screen has to cut is whole there."""
    text = json.dumps(asdict(detail or row), ensure_ascii=False, indent=2)
    nexus(screen).copy(text, look(screen).say("copied.row", text=plain(row.name)))
