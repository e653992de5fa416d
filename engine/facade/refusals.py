"""What commands decline without an error: a code, the sentence, and the next step. English; a face words them in other languages by the code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.facade.commands import CommandResult, Refusal


class Declined(NamedTuple):
    """A reason not to do what was asked."""

    code: str
    reason: str
    hint: str = ""

    def of(self, subject: str) -> Refusal:
        """The reason as it is told of one subject."""
        return Refusal(subject=subject, reason=self.reason, code=self.code, hint=self.hint)


NO_SUCH_DOCUMENT = Declined("NX-F01", "no such document", "`nexus docs ls` lists them.")
STILL_AT_WORK = Declined("NX-F02", "still at work", "Wait for its end, or cancel it first.")
OTHER_TENANT = Declined("NX-F03", "of another tenant than the first", "Reprocess the documents of each tenant by themselves.")
AT_ITS_END = Declined("NX-F04", "already at its end", "`nexus reprocess` runs it again.")
NO_DEAD_LETTER = Declined("NX-F05", "no dead letter", "`nexus dlq ls` lists them; `nexus reprocess` runs a document from the start.")
LOCK_HELD = Declined("NX-F06", "lock held", "Another trace works on it: `nexus locks ls`. Try again after it.")
NO_SUCH_DEAD_LETTER = Declined("NX-F07", "no such dead letter", "`nexus dlq ls` lists them.")
NOT_IN_THE_BIN = Declined("NX-F08", "not in the bin", "`nexus dlq ls --bin` lists what is.")
NOT_HELD = Declined("NX-F09", "not held", "`nexus locks ls` lists the locks that are.")
LOCK_ALIVE = Declined(
    "NX-F10", "its trace is still at work: releasing it may run the document twice", "Type its name again with --confirm to release it all the same."
)
NO_SUCH_KEY = Declined("NX-F11", "no such key", "`nexus kv ls` lists them.")
NOT_A_COMPANY = Declined("NX-F12", "not an own company", "`nexus companies ls` lists them.")
OVERTAKEN = Declined("NX-F13", "its document was run again since", "Nothing to do: the newer run counts.")
NOTHING_TO_UNDO = Declined("NX-F14", "nothing to undo", "`nexus undo --list` shows what was decided; drop, purge, pause, queue settings and lifetimes can be undone.")
TOO_LATE = Declined(
    "NX-F15", "more than 10 seconds ago", "Take it back by hand: `nexus dlq undrop`, `nexus queues resume`, `nexus watch resume`, `nexus kv ttl`."
)
CHANGED_SINCE = Declined("NX-F16", "changed again since", "Nothing was touched: look at it, and change it by hand.")
NOT_FOUND = Declined("NX-F17", "not found", "Check the id.")
NO_REPORT = Declined("NX-F50", "no finished report", "Bring it to its end first: `nexus dlq requeue` or `nexus reprocess`.")

#: All of them, by code.
DECLINED: dict[str, Declined] = {
    one.code: one
    for one in (
        NO_SUCH_DOCUMENT, STILL_AT_WORK, OTHER_TENANT, AT_ITS_END, NO_DEAD_LETTER, LOCK_HELD, NO_SUCH_DEAD_LETTER, NOT_IN_THE_BIN, NOT_HELD,
        LOCK_ALIVE, NO_SUCH_KEY, NOT_A_COMPANY, OVERTAKEN, NOTHING_TO_UNDO, TOO_LATE,
        CHANGED_SINCE, NOT_FOUND, NO_REPORT,
    )
}  # fmt: skip
_BY_REASON = {one.reason: one for one in DECLINED.values()}


def counted(outcome: Sequence[tuple[str, Declined | None]], undo: str | None = None) -> CommandResult:
    """What was done to many things as a result; `undo` takes it back if anything was done."""
    refused = tuple(declined.of(subject) for subject, declined in outcome if declined is not None)
    done = len(outcome) - len(refused)
    return CommandResult(done=done, refused=refused, undo=undo if done else None)


def known(reason: str | None) -> Declined | None:
    """What intake declined in a sentence of its own."""
    return None if reason is None else _BY_REASON[reason]
