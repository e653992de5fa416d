"""`nexus blobs`: the files of documents."""

from __future__ import annotations

from dataclasses import asdict

import typer

from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word

#: Words for what is wrong with a file.
PROBLEMS = {"missing": "missing", "damaged": "damaged"}

app = typer.Typer(help="Files of documents.", no_args_is_help=True)


@app.command("check")
def check(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Read every file and compare it with its hash; the documents of those that are bad are named."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        found = await nexus.engine.blobs.check()
        code = output.SOME_FAILED if found.bad else output.DONE
        if as_json:
            output.emit(asdict(found))
            return code
        spoken = session.language
        output.pairs(
            {
                word("files", spoken): found.checked,
                word("size", spoken): found.bytes,
                word("bad", spoken): len(found.bad),
            }
        )
        if found.bad:
            output.line()
            output.table(
                [word(name, spoken) for name in ("file", "status", "documents")],
                [(one.sha256, word(PROBLEMS[one.problem], spoken), " ".join(one.documents)) for one in found.bad],
            )
            output.complain(word("bad_files", spoken), word("take_them_in", spoken))
        return code

    session.query(work)


@app.command("gc")
def collect(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Move files that nothing names to the trash, where they stay an hour; done by itself all the time."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        return session.result(await nexus.engine.blobs.collect(), "trashed")

    session.command(work)
