"""`nexus secrets`: where each secret comes from, keeping one, removing one. A value is read from stdin or typed, and never shown."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import typer

from engine.errors import NoSecret, SecretFailure
from engine.facade.secrets import Standing, checked, secret, secrets_of
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.sources import source
from nexus_tui.cli.words import word
from nexus_tui.i18n.errors import worded

app = typer.Typer(help="Secrets.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name as `secrets ls` lists it.")]
#: A value is a line; what is longer than any is not read to its end.
MOST = 64 * 1024


# What is too much is looked at here: told by Typer, it would be repeated.
@app.command("set", context_settings={"allow_extra_args": True})
def keep(
    context: typer.Context,
    name: Name,
    to: Annotated[
        Literal["keyring", "file"] | None,
        typer.Option(
            "--to",
            help="keyring or file; without it the keyring, and the file where there is none.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Keep a secret in the keyring or the encrypted file; its value is asked for, or read from stdin."""
    if context.args:
        raise typer.BadParameter("a value is no argument, others would see it in the list of processes: pipe it in")
    session = Session.of(data_dir, as_json, lang)

    async def work() -> int:
        secret(name)
        found = secrets_of(session.directory)
        kept = found.put(name, _asked(session, name), to)
        counts = found.resolve(name)
        if as_json:
            output.emit({**_object(kept), "overruledBy": None if counts.source == kept.source else counts.source})
            return output.DONE
        output.line(
            f"{name}: {word('secret_kept', session.language)}, {source(kept.source, kept.where, session.language)}"
        )
        if counts.source != kept.source:
            told = source(counts.source, counts.where, session.language)
            output.complain(word("overruled", session.language).format(told))
        return output.DONE

    session.run(work())


def _asked(session: Session, name: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.read(MOST)
    import getpass

    return getpass.getpass(f"{name}: ", sys.stderr)


@app.command("ls")
def listing(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """List secrets with where each comes from; values are never shown."""
    session = Session.of(data_dir, as_json, lang)

    async def work() -> None:
        standings = secrets_of(session.directory).everyone()
        if as_json:
            for one in standings:
                output.emit(_object(one))
            return
        spoken = session.language
        rows = [
            (
                one.secret.name,
                word("yes" if one.source else "no", spoken),
                source(one.source, one.where, spoken),
                one.secret.pt if spoken == "pt" else one.secret.en,
            )
            for one in standings
        ]
        output.table([word(name, spoken) for name in ("name", "secret_set", "source", "purpose")], rows)
        for problem in {str(one.problem): one.problem for one in standings if one.problem is not None}.values():
            told = worded(problem.code, problem.title, str(problem), problem.hint, spoken)
            output.complain(f"{told.title} ({problem.code}): {told.message}", told.hint)

    session.run(work())


@app.command("test")
def look(name: Name, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Find a secret as the engine would, and say where it is and whether it looks like one."""
    session = Session.of(data_dir, as_json, lang)

    async def work() -> int:
        one = secret(name)
        found = secrets_of(session.directory).resolve(name)
        checked(one, found.reveal())
        if as_json:
            output.emit({"name": name, "set": True, "source": found.source, "where": found.where})
        else:
            output.line(
                f"{name}: {word('pass', session.language)}, {source(found.source, found.where, session.language)}"
            )
        return output.DONE

    session.run(work())


@app.command("rm")
def remove(name: Name, data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Remove a secret from the keyring and the encrypted file."""
    session = Session.of(data_dir, as_json, lang)

    async def work() -> int:
        found = secrets_of(session.directory)
        removed = found.remove(name)
        still = None
        try:
            still = found.resolve(name)
        except SecretFailure:
            still = None
        if not removed and still is None:
            raise NoSecret(f"{name} is not set anywhere.")
        if as_json:
            output.emit({"name": name, "removed": list(removed), "still": None if still is None else still.source})
        else:
            for place in removed:
                output.line(
                    f"{name}: {word('secret_removed', session.language)}, {source(place, None, session.language)}"
                )
        if still is not None and not as_json:
            told = source(still.source, still.where, session.language)
            output.complain(word("still_set", session.language).format(told))
        return output.DONE if removed else output.SOME_FAILED

    session.run(work())


def _object(one: Standing) -> dict[str, Any]:
    problem = one.problem
    return {
        "name": one.secret.name,
        "set": one.source is not None,
        "source": one.source,
        "where": one.where,
        "error": None
        if problem is None
        else {"code": problem.code, "title": problem.title, "message": str(problem), "hint": problem.hint},
    }
