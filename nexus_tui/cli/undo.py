"""`nexus undo`: taking the last decision back, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Limit, Session
from nexus_tui.cli.words import Language, word

if TYPE_CHECKING:
    from engine.facade.decisions import DecisionView

#: Decisions listed where the caller sets no limit.
LISTED = 100


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("undo")
    def undo(
        listing: Annotated[bool, typer.Option("--list", help="What was decided, by whom, the newest first.")] = False,
        limit: Limit = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Take the last drop, purge, pause, queue setting or lifetime back, within 10 seconds."""
        session = Session.of(data_dir, as_json, lang)
        if listing:
            session.query(lambda nexus: _list(nexus, session, limit or LISTED))
        else:
            session.command(lambda nexus: _undo(nexus, session))


async def _undo(nexus: Appliance, session: Session) -> int:
    outcome = await nexus.engine.decisions.undo()
    code = session.result(outcome, "undone")
    if outcome.done and not session.as_json:
        output.line(f"{_verb(outcome.data['verb'], session.language)} {outcome.data['subject']} ({outcome.data['who']})")
    return code


async def _list(nexus: Appliance, session: Session, limit: int) -> None:
    # Not at the top: help and usage errors import no store.
    from engine.facade.decisions import decision_object

    found = await nexus.engine.decisions.newest(limit)
    if session.as_json:
        for one in found:
            output.emit(decision_object(one))
        return
    spoken = session.language
    output.table(
        [word(name, spoken) for name in ("time", "who", "decision", "subject", "undone")],
        [(output.moment(one.at_ms, spoken), one.who, _verb(one.verb, spoken), _subject(one, spoken), "" if one.undone_ms is None else output.moment(one.undone_ms, spoken)) for one in found],
    )


def _verb(verb: str, spoken: Language) -> str:
    return word(f"decided_{verb}", spoken)


def _subject(view: DecisionView, spoken: Language) -> str:
    """What an undo took back begins with that decision's own verb."""
    if view.verb != "undo":
        return view.subject
    verb, _, subject = view.subject.partition(" ")
    return f"{_verb(verb, spoken)} {subject}"
