"""`nexus erase`: the right to be forgotten (LGPD, art. 18)."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word


def register(root: typer.Typer) -> None:
    """The command at the root."""

    @root.command("erase")
    def erase(
        subject: Annotated[str, typer.Option("--subject", help="CNPJ or CPF, with or without punctuation.")],
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many.")] = False,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Erase every document that a person or company issued or received, and all that hangs on it; there is no undo."""
        session = Session.of(data_dir, as_json, lang)

        async def count(nexus: Appliance) -> int:
            from engine.facade.erasure import unreached

            plan = await nexus.engine.erasures.plan(subject)
            told = {
                "dryRun": True, "documents": len(plan.documents) - len(plan.at_work), "atWork": list(plan.at_work),
                "unreached": list(unreached(session.directory)),
            }  # fmt: skip
            return _tell(session, told, "would_erase")

        async def carry_out(nexus: Appliance) -> int:
            from engine.facade.erasure import unreached

            plan = await nexus.engine.erasures.plan(subject)
            outcome = await nexus.engine.erasures.erase(subject)
            left = await nexus.engine.erasures.left(session.directory, plan)
            told = {
                "dryRun": False, **outcome.data, "atWork": [one.subject for one in outcome.refused],
                "left": [one._asdict() for one in left], "unreached": list(unreached(session.directory)),
            }  # fmt: skip
            return _tell(session, told, "erased")

        if dry_run:
            session.query(count)
        else:
            session.command(carry_out)


def _tell(session: Session, told: dict[str, Any], verb: str) -> int:
    """Say what was, or would be, erased. Returns the exit code: 1 where something of the subject is left."""
    left: list[dict[str, Any]] = told.get("left", [])
    code = output.SOME_FAILED if told["atWork"] or left else output.DONE
    if session.as_json:
        output.emit(told)
        return code
    spoken = session.language
    output.line(f"{told['documents']} {word(verb, spoken)}")
    if not told["dryRun"]:
        counts = {"files": told["blobs"], "messages": told["messages"], "keys": told["keys"]}
        output.pairs({word(name, spoken): count for name, count in counts.items()})
    for path in told["unreached"]:
        output.line(f"{path}: {word('not_reached', spoken)}")
    for doc in told["atWork"]:
        output.complain(f"{doc}: {word('still_at_work', spoken)}")
    for one in left:
        where = one["file"] if one["where"] is None else f"{one['file']} {one['where']} ({one['rows']})"
        output.complain(f"{where}: {word('still_there', spoken)}")
    return code
