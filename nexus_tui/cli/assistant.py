"""`nexus assistant`: questions about documents, answered from their reports, and the knowledge prepared again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session, Tenant
from nexus_tui.cli.words import word

if TYPE_CHECKING:
    from engine.contract.calls import Scope
    from engine.facade.assistant import Answer

app = typer.Typer(help="Questions about documents.", no_args_is_help=True)
SCOPES = ("summary", "ledger", "tax", "full")


@app.command("ask")
def ask(
    words: Annotated[
        list[str], typer.Argument(help="A document's id, then the question; with --all only the question.")
    ],
    everything: Annotated[bool, typer.Option("--all", help="Ask every document that has a report.")] = False,
    scope: Annotated[
        str, typer.Option("--scope", help="summary, ledger, tax or full: what may be read for the answer.")
    ] = "full",
    tenant: Tenant = "*",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Answer a question from a document's report, with citations; no language model is asked."""
    chosen = _scope(scope)
    doc, question = ("", words) if everything else (words[0], words[1:])
    if not question:
        raise typer.BadParameter("name a document and a question, or --all and a question")
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        assistant, asked = nexus.engine.assistant, " ".join(question)
        if not everything:
            answer = await assistant.answer(doc, asked, chosen, session.language)
            if answer is None:
                return session.missing("no_report", doc, f"nexus docs show {doc}")
            return _tell(session, answer, named=False)
        code = None
        async for answer in assistant.answers(asked, chosen, session.language, tenant):
            code = _tell(session, answer, named=answer.answered)
        if code is None and not as_json:
            output.line(word("nothing", session.language))
        return output.SOME_FAILED if code is None else code

    session.query(work)


@app.command("rebuild")
def rebuild(docs: list[str], data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Forget what the assistant prepared of documents and prepare it again; only A9 and A10 run."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        return session.result(await nexus.engine.assistant.rebuild(docs), "rebuilding")

    session.command(work)


def _scope(given: str) -> Scope:
    for scope in SCOPES:
        if given == scope:
            return scope  # type: ignore[return-value]
    raise typer.BadParameter(f"{given!r} is no scope; there are {', '.join(SCOPES)}")


def _tell(session: Session, answer: Answer, *, named: bool) -> int:
    """Print an answer with its citations; 1 where it is none."""
    from engine.facade.assistant import answer_object

    if session.as_json:
        output.emit(answer_object(answer))
    else:
        if named:
            output.line(f"{answer.doc_id}  {answer.title}")
        for line in answer.answer.splitlines():
            output.line(line)
        for one in answer.citations[:10]:
            parts = (one.finding, None if one.item is None else f"item {one.item}", one.path, one.text)
            output.line(
                "  ↳ " + " · ".join(str(part) for part in parts if part) if any(parts) else f"  ↳ {one.document}"
            )
        if len(answer.citations) > 10:
            output.line(f"  ↳ + {len(answer.citations) - 10}")
        if answer.stale:
            output.complain(word("stale_knowledge", session.language), f"`nexus assistant rebuild {answer.doc_id}`")
    return output.DONE if answer.answered else output.SOME_FAILED
