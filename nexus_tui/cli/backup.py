"""`nexus backup` and `nexus restore`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word


def register(root: typer.Typer) -> None:
    """The commands at the root."""

    @root.command("backup")
    def backup(
        target: Annotated[
            Path | None,
            typer.Argument(
                help="A file, or a folder that gets one; by default backups/ in the data directory.", show_default=False
            ),
        ] = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Save documents and database to one verified file, whether an engine runs or not."""
        session = Session.of(data_dir, as_json, lang)

        async def work() -> int:
            from engine.facade.backup import back_up

            made = await back_up(session.directory, target)
            if as_json:
                output.emit(asdict(made))
            else:
                spoken = session.language
                output.line(f"{made.file}: {word('backup_written', spoken)}")
                output.pairs(
                    {word("documents", spoken): made.documents, word("files", spoken): made.blobs, word("size", spoken): made.bytes}
                )  # fmt: skip
            return _lacking(session, made.lacking)

        session.run(session.interruption.breaks_off(work()))

    @root.command("restore")
    def restore(
        source: Annotated[
            Path | None,
            typer.Argument(
                help="A backup, or a folder whose newest it is; by default backups/ in the data directory.",
                show_default=False,
            ),
        ] = None,
        replace: Annotated[
            bool, typer.Option("--replace", help="Move data that is there into quarantine/ first.")
        ] = False,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Bring a backup back into an empty data directory; it is checked whole before anything is touched."""
        session = Session.of(data_dir, as_json, lang)

        async def work() -> int:
            from engine.facade import backup

            done = await backup.restore(session.directory, source, replace=replace)
            if as_json:
                output.emit(asdict(done))
            else:
                spoken = session.language
                output.line(f"{done.file}: {word('backup_restored', spoken)}")
                output.pairs(
                    {
                        word("time", spoken): output.moment(done.made_ms, spoken),
                        word("documents", spoken): done.documents,
                        word("files", spoken): done.blobs,
                        **({} if done.aside is None else {word("moved_to", spoken): done.aside}),
                    }
                )
            return _lacking(session, done.lacking)

        session.run(session.interruption.breaks_off(work()))


def _lacking(session: Session, lacking: tuple[str, ...]) -> int:
    """Say which files of documents the backup could not have. Returns the exit code."""
    if not lacking:
        return output.DONE
    if not session.as_json:
        output.complain(f"{len(lacking)} {word('files_lacking', session.language)}", word("name_the_documents", session.language))
    return output.SOME_FAILED
