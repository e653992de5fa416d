"""`nexus docs`, `nexus search`: finding documents and reading what is known of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from engine.contract import codec
from engine.facade.objects import finding_object, hit_object, row_object
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import EVERYTHING, AsJson, DataDir, Lang, Limit, Session, Tenant
from nexus_tui.cli.words import word

app = typer.Typer(help="Documents.", no_args_is_help=True)
Filter = Annotated[
    list[str] | None,
    typer.Argument(help="state: status: family: issuer: cfop: period: since: finding: or words.", show_default=False),
]
PAGE = 1000


@app.command("ls")
def listing(
    filter: Filter = None,
    tenant: Tenant = "*",
    limit: Limit = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List documents, newest first."""
    session = Session.of(data_dir, as_json, lang)
    wanted = filter_text(filter or ())

    async def work(nexus: Appliance) -> None:
        rows = []
        after: int | None = None
        left = limit or EVERYTHING
        while left > 0:
            page = await nexus.engine.documents.page(wanted, tenant, after, min(left, PAGE))
            for row in page.rows:
                if as_json:
                    output.emit(row_object(row))
                else:
                    rows.append(row)
            left -= len(page.rows)
            if not page.more:
                break
            after = page.rows[-1].seq
        if not as_json:
            spoken = session.language
            output.table(
                [word(name, spoken) for name in ("document", "name", "family", "state", "status", "errors", "total")],
                [
                    (
                        one.doc_id,
                        one.name,
                        one.family,
                        one.state,
                        one.status,
                        one.errors or "",
                        output.amount(one.total, spoken),
                    )
                    for one in rows
                ],
                right=(5, 6),
            )

    session.query(work)


@app.command("show")
def show(doc: str, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Show a document with its findings and timeline."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        spoken = session.language
        if as_json:
            value = await nexus.engine.documents.object(doc, spoken)
            if value is None:
                return _missing(session, doc)
            output.emit(value)
            return output.DONE
        detail = await nexus.engine.documents.detail(doc, spoken)
        if detail is None:
            return _missing(session, doc)
        row = detail.row
        output.pairs(
            {
                word("document", spoken): row.doc_id,
                word("name", spoken): row.name,
                word("state", spoken): f"{row.state} {row.status or ''}",
                word("number", spoken): f"{detail.number or ''}/{detail.series or ''} {detail.access_key or ''}",
                word("total", spoken): output.amount(row.total, spoken),
                "→": f"{detail.issuer.name or detail.issuer.id or '?'} → {detail.recipient.name or detail.recipient.id or '?'}",
            }
        )
        if detail.error is not None:
            output.line(f"{detail.error.title}: {detail.error.message} {detail.error.hint}")
        output.line()
        output.table(
            [word(name, spoken) for name in ("severity", "code", "item", "message")],
            [(one.severity, one.code, one.item, one.message) for one in detail.findings],
        )
        output.line()
        output.table(
            [word(name, spoken) for name in ("agent", "state", "attempts", "took", "waited")],
            [
                (one.agent, one.state, one.attempt, f"{one.took_ms} ms", f"{one.wait_ms or 0} ms")
                for one in detail.timeline
            ],
            right=(2, 3, 4),
        )
        return output.DONE

    session.query(work)


@app.command("report")
def report(
    doc: str,
    out: Annotated[Path | None, typer.Option("--out", help="Write it here instead.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Print the AuditReport (JSON in any case)."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        content = await nexus.engine.documents.report(doc)
        if content is None:
            return session.missing("no_report", doc, f"nexus docs show {doc}")
        if out is not None:
            output.write_file(out, content)
        elif as_json:
            output.write(content + b"\n")
        else:
            # msgspec keeps the digits of amounts, which a float would round.
            output.write(msgspec.json.format(content, indent=1) + b"\n")
        return output.DONE

    session.query(work)


@app.command("items")
def items(doc: str, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Print a document's rows under the wire's keys, one JSON object each."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        rows = await nexus.engine.documents.items(doc)
        if rows is None:
            return _missing(session, doc)
        for row in rows:
            # As on the wire: amounts are numbers, with the digits of the document.
            output.write(codec.encode(row) + b"\n")
        return output.DONE

    session.query(work)


@app.command("findings")
def findings(doc: str, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Print a document's findings with formula, law and SEFAZ code."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        detail = await nexus.engine.documents.detail(doc, session.language)
        if detail is None:
            return _missing(session, doc)
        if as_json:
            for finding in detail.findings:
                output.emit(finding_object(finding))
            return output.DONE
        for finding in detail.findings:
            output.line(f"{finding.severity:<6} {finding.code}  {finding.message}")
            output.line(
                f"       {finding.path or ''}  {finding.legal or ''}{'  cStat ' + finding.cstat if finding.cstat else ''}"
            )
        return output.DONE

    session.query(work)


@app.command("cancel")
def cancel(docs: list[str], data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Stop working on documents."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        return session.result(await nexus.engine.documents.cancel(docs), "cancelled")

    session.command(work)


def register(root: typer.Typer) -> None:
    """Commands on documents that stand at the root."""

    @root.command("search")
    def search(
        query: list[str],
        tenant: Tenant = "*",
        limit: Limit = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Find documents by what they say; with qualifiers (state: cfop: …) by what they are."""
        text = filter_text(query)
        session = Session.of(data_dir, as_json, lang)

        async def work(nexus: Appliance) -> None:
            hits = await nexus.engine.search.find(text, tenant, limit or 50)
            if as_json:
                for hit in hits:
                    output.emit(hit_object(hit))
            elif not hits:
                output.line(word("nothing", session.language))
            else:
                output.table(
                    [word("document", session.language), word("name", session.language), ""],
                    [(one.doc_id, one.name, one.snippet) for one in hits],
                )

        session.query(work)


def filter_text(words: Iterable[str]) -> str:
    """The words of the shell as one filter: one with blanks is a filter of its own, in another one quotes are letters."""
    return " ".join(word if " " in word else shlex.quote(word) for word in words)


def _missing(session: Session, doc: str) -> int:
    return session.missing("no_document", doc, "nexus docs ls")
