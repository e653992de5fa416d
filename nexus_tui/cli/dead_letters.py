"""`nexus dlq`: what failed for good, why, and sending it back or dropping it."""

from __future__ import annotations

import json
from typing import Annotated

import msgspec
import typer

from engine.facade.issue_text import issue_text
from engine.facade.objects import letter_object
from engine.facade.views import DeadLetter
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import EVERYTHING, AsJson, DataDir, Lang, Limit, Session
from nexus_tui.cli.words import Language, word
from nexus_tui.version import VERSION

app = typer.Typer(help="Dead letters.", no_args_is_help=True)
Queue = Annotated[str | None, typer.Option("--queue", help="Only of this queue.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="All of them (of --queue).")]
#: SQLite's largest integer: a larger id is nobody's.
LARGEST_ID = 2**63 - 1
Message = Annotated[int, typer.Argument(help="Id as `dlq ls` shows it.", min=1, max=LARGEST_ID)]
Messages = Annotated[
    list[int] | None, typer.Argument(help="Ids as `dlq ls` shows them.", min=1, max=LARGEST_ID, show_default=False)
]


@app.command("ls")
def listing(
    queue: Queue = None,
    limit: Limit = None,
    binned: Annotated[
        bool, typer.Option("--bin", help="What was dropped, purged or cancelled in the last 30 days.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List dead letters, newest first."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        queues, most = nexus.engine.queues, limit or EVERYTHING
        found = await queues.binned(queue, most) if binned else await queues.dead(queue, most)
        if as_json:
            for letter in found:
                output.emit(letter_object(letter))
            return
        spoken = session.language
        output.table(
            ["id", word("queue", spoken), word("document", spoken), word("error", spoken), word("attempts", spoken)],
            [
                (
                    one.id,
                    one.queue,
                    one.name or one.document or one.trace,
                    f"{one.error_class}: {one.error}"[:80],
                    one.attempts,
                )
                for one in found
            ],
            right=(0, 4),
        )

    session.query(work)


@app.command("show")
def show(message: Message, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show a dead letter with its history and its event."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        letter = await nexus.engine.queues.letter(message)
        if letter is None:
            return session.missing("no_dead_letter", str(message), "nexus dlq ls")
        body = await nexus.engine.queues.body(message) or b""
        if as_json:
            output.emit(letter_object(letter), event=_event(body))
        else:
            _tell(letter, body, session.language)
        return output.DONE

    session.query(work)


@app.command("issue")
def issue(
    message: Message,
    post: Annotated[
        bool, typer.Option("--post", help="File it in github.repository; a fault that is filed is not filed again.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Print a dead letter as the text of an issue, without anything of the document."""
    session = Session.of(data_dir, as_json, lang)
    if post:
        session.command(lambda nexus: _post(nexus, session, message))
        return

    async def work(nexus: Appliance) -> int:
        letter = await nexus.engine.queues.letter(message)
        if letter is None:
            return session.missing("no_dead_letter", str(message), "nexus dlq ls")
        text = issue_text(letter, VERSION)
        if as_json:
            output.emit(text._asdict())
        else:
            output.write(f"# {text.title}\n\n{text.body}".encode())
        return output.DONE

    session.query(work)


async def _post(nexus: Appliance, session: Session, message: int) -> int:
    outcome = await nexus.engine.queues.file_issue(message)
    if session.as_json or outcome.refused:
        return session.result(outcome, "filed")
    told = "already_filed" if outcome.data["already"] else "filed_at"
    output.line(word(told, session.language).format(outcome.data["url"]))
    return output.DONE


def _tell(letter: DeadLetter, body: bytes, spoken: Language) -> None:
    """A dead letter for a person: what failed and where, each attempt, and the event as it would be sent again."""
    shown = {
        "id": letter.id,
        "queue": letter.queue,
        "document": letter.document,
        "name": letter.name,
        "trace": letter.trace,
        "error": f"{letter.error_class}: {letter.error}",
        "attempts": letter.attempts,
        "deliveries": letter.deliveries,
        "run": letter.run,
        "created_at": output.moment(letter.created_ms, spoken),
        "fingerprint": letter.fingerprint,
    }
    output.pairs({word(name, spoken) if name != "id" else name: value for name, value in shown.items()})
    output.line()
    output.table(
        [word("time", spoken), word("error", spoken), word("message", spoken)],
        [(output.moment(one["at"], spoken), one["error"], one["message"]) for one in letter.history],
    )
    output.line()
    try:
        # msgspec keeps the digits of amounts, which a float would round.
        text = msgspec.json.format(body, indent=2).decode("utf-8", "replace")
    except (ValueError, RecursionError):
        text = body.decode("utf-8", "replace")
    for line in text.splitlines():
        output.line(line)


def _event(body: bytes) -> bytes:
    """The event as JSON on one line, its amounts with their own digits; what is none, which may be why it is dead, as text."""
    try:
        return msgspec.json.format(body, indent=-1)
    except (ValueError, RecursionError):
        return json.dumps(body.decode("utf-8", "replace")).encode()


@app.command("requeue")
def requeue(
    messages: Messages = None,
    queue: Queue = None,
    everything: Everything = False,
    from_agent: Annotated[
        str | None, typer.Option("--from", help="A0 starts again at the planner.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Send dead letters back to the stage that failed."""
    if from_agent not in (None, "A0"):
        raise typer.BadParameter("--from takes A0; without it the failed stage is run again")
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        ids = await _ids(nexus, messages, queue, everything)
        outcome = await nexus.engine.queues.requeue(ids, from_start=from_agent == "A0")
        return session.result(outcome, "requeued")

    session.command(work)


@app.command("drop")
def drop(
    messages: Messages = None,
    queue: Queue = None,
    everything: Everything = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Move dead letters to the bin, where they stay 30 days."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.queues.drop(await _ids(nexus, messages, queue, everything))
        return session.result(outcome, "dropped")

    session.command(work)


@app.command("undrop")
def undrop(
    messages: Annotated[list[int], typer.Argument(help="Ids as `dlq ls --bin` shows them.", min=1, max=LARGEST_ID)],
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Take dead letters back from the bin."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.queues.restore(messages)
        return session.result(outcome, "restored")

    session.command(work)


async def _ids(nexus: Appliance, messages: list[int] | None, queue: str | None, everything: bool) -> list[int]:
    if messages:
        return messages
    if not everything:
        raise typer.BadParameter("name ids, or --all")
    return [one.id for one in await nexus.engine.queues.dead(queue, EVERYTHING)]
