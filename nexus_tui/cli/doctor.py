"""`nexus doctor`: a table of checks with the next step for each, and a bundle that can be handed to whoever helps."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import EngineError
from nexus_tui.appliance import answering, looking
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word
from nexus_tui.i18n.doctor import told
from store.errors import StoreError

if TYPE_CHECKING:
    from engine.facade.doctor import Examination
    from engine.facade.engine import Engine


def register(root: typer.Typer) -> None:
    """The command at the root."""

    @root.command("doctor")
    def doctor(
        bundle: Annotated[
            Path | None,
            typer.Option(
                "--bundle",
                help="Also write a ZIP for whoever helps: no secret and no document in it.",
                readable=False,
                show_default=False,
            ),
        ] = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Check the appliance and say what to do about what is not well."""
        session = Session.of(data_dir, as_json, lang)

        async def work() -> int:
            from engine.facade.doctor import examine

            async with AsyncExitStack() as stack:
                engine = await _view(stack, session.directory)
                found = await examine(session.directory, engine, lambda owner: _ask(session.directory, owner))
                if bundle is not None:
                    from nexus_tui.cli.bundle import write_bundle

                    await write_bundle(bundle, session.directory, found, engine)
            _tell(session, found, bundle)
            return found.exit_code

        session.run(session.interruption.breaks_off(work()))


async def _view(stack: AsyncExitStack, directory: Path) -> Engine | None:
    """A view of the data; what keeps it from being had is what the checks tell."""
    try:
        return (await stack.enter_async_context(looking(directory))).engine
    except (EngineError, StoreError):
        return None


async def _ask(directory: Path, owner: Mapping[str, object]) -> None:
    await answering(directory, dict(owner))


def _tell(session: Session, found: Examination, bundle: Path | None) -> None:
    if session.as_json:
        value = {"status": found.status, "checks": [asdict(check) for check in found.checks]}
        output.emit(value if bundle is None else {**value, "bundle": str(bundle.absolute())})
        return
    spoken = session.language
    output.table(
        [word(name, spoken) for name in ("check", "status", "observed")],
        [
            (word(f"check_{check.name}", spoken), word(check.status, spoken), told(check.observed, spoken))
            for check in found.checks
        ],
    )
    worse = [check for check in found.checks if check.hint]
    if worse:
        output.line()
    for check in worse:
        output.line(f"{word(f'check_{check.name}', spoken)}: {told(check.hint, spoken)}")
    if bundle is not None:
        output.line()
        output.line(f"{bundle.absolute()}: {word('bundle_written', spoken)}")
