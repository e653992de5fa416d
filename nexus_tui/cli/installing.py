"""`nexus install-service`: the engine as a service of this machine, or of one user."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from nexus_tui import unit
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word
from nexus_tui.directories import VARIABLE


def register(root: typer.Typer) -> None:
    """The command at the root."""

    @root.command("install-service")
    def install_service(
        user: Annotated[bool, typer.Option("--user", help="A service of this user instead of the machine's.")] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the unit.")] = False,
        root: Annotated[
            Path | None,
            typer.Option("--root", help="Write into the image of another machine that lies here.", show_default=False),
        ] = None,
        executable: Annotated[
            Path | None,
            typer.Option("--executable", help="The program it runs; this one by default.", show_default=False),
        ] = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Write the systemd unit of `nexus run`, and say what to type next."""
        session = Session.of(data_dir, as_json, lang)
        command = unit.this_command() if executable is None else (str(executable.absolute()),)
        needed = (Path(command[0]), *([Path(sys.executable)] if executable is None else []))
        service = _service(session, command, user, named=data_dir is not None)

        async def work() -> int:
            if dry_run:
                _show(session, service)
                return output.DONE
            if root is None:
                unit.managed()
            if not user:
                unit.reachable(needed)
            _tell(session, service, unit.install(service, root))
            return output.DONE

        session.run(work())


def _service(session: Session, command: tuple[str, ...], user: bool, *, named: bool) -> unit.Service:
    """The files and steps that were asked for. The machine's service has its data in /var/lib/nexus unless another place is `named`."""
    directory = session.directory.absolute()
    if user:
        return unit.for_user(command, directory, Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"))
    return unit.for_system(command, directory if named or os.environ.get(VARIABLE) else unit.STATE)


#: What is said of a file of the unit.
TOLD: dict[unit.State, str] = {
    "created": "service_created",
    "replaced": "service_replaced",
    "unchanged": "service_unchanged",
}


def _show(session: Session, service: unit.Service) -> None:
    """Print the unit alone, so that it can be written to a file; with `--json`, every file."""
    if session.as_json:
        files = [{"file": str(path), "state": "dry_run", "text": text} for path, text in service.files]
        output.emit({"files": files, "next": service.steps})
    else:
        for line in service.files[0][1].splitlines():
            output.line(line)


def _tell(session: Session, service: unit.Service, written: list[tuple[Path, unit.State]]) -> None:
    if session.as_json:
        files = [{"file": str(path), "state": state} for path, state in written]
        output.emit({"files": files, "next": service.steps})
        return
    for path, state in written:
        output.line(f"{path}: {word(TOLD[state], session.language)}")
    output.line()
    output.line(word("service_next", session.language))
    for step in service.steps:
        output.line(f"    {step}")
