"""`nexus config`: what is configured, where each value comes from, and changing one while the engine runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.errors import BadConfiguration, SecretFailure
from engine.facade.configuration import MASK, Settings, Valued, configuration, is_there, places
from engine.facade.secrets import Standing, secrets_of
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.sources import source
from nexus_tui.cli.words import word

app = typer.Typer(help="Configuration.", no_args_is_help=True)


@app.command("show")
def show(
    keys: Annotated[
        list[str] | None, typer.Argument(help="Settings, or the beginnings of their names; all without.")
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List settings with their values and where those come from; of secrets only the source."""
    session = Session.of(data_dir, as_json, lang)

    async def work() -> int:
        found = configuration(session.directory, flags={"language": lang})
        chosen = [one for key, one in found.values.items() if _wanted(key, keys)]
        held = [one for one in secrets_of(session.directory, found).everyone() if _wanted(one.secret.name, keys)]
        if as_json:
            for one in chosen:
                output.emit(_setting_object(one))
            for standing in held:
                output.emit(_secret_object(standing))
        else:
            _table(session, chosen, held)
        return _tell_problems(session, found)

    session.run(work())


def _wanted(key: str, keys: list[str] | None) -> bool:
    return not keys or any(key == one or key.startswith(f"{one.rstrip('.')}.") for one in keys)


def _table(session: Session, chosen: list[Valued], held: list[Standing]) -> None:
    spoken = session.language
    rows = [(one.setting.key, one.shown, source(one.source, one.where, spoken)) for one in chosen]
    rows += [
        (one.secret.name, "" if one.source is None else MASK, source(one.source, one.where, spoken)) for one in held
    ]
    output.table([word(name, spoken) for name in ("setting", "value", "source")], rows)


def _setting_object(one: Valued) -> dict[str, Any]:
    setting = one.setting
    masked = isinstance(one.value, str) and one.shown != one.value
    return {
        "key": setting.key,
        "value": one.shown if masked else one.value,
        "source": one.source,
        "where": one.where,
        "default": setting.default,
        "kind": setting.kind,
        "range": setting.range,
        "variable": setting.variable,
        "live": setting.live,
        "effect": setting.effect,
    }


def _secret_object(one: Standing) -> dict[str, Any]:
    return {
        "key": one.secret.name,
        "value": None if one.source is None else MASK,
        "source": one.source,
        "where": one.where,
        "kind": "secret",
    }


def _tell_problems(session: Session, found: Settings) -> int:
    """Tell everything that is wrong, on stderr; 78 if it keeps an engine from starting."""
    code = output.DONE
    for problem in (*found.problems, *found.warnings):
        session.failed(problem)
    if found.problems:
        code = found.problems[0].exit_code
    return code


@app.command("set")
def change(
    key: Annotated[str, typer.Argument(help="A setting, as `config show` lists it.")],
    value: Annotated[str | None, typer.Argument(help="The value.", show_default=False)] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Take the change back.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Change a setting without touching the file; it counts over the file, and under variables and options."""
    session = Session.of(data_dir, as_json, lang)
    if unset == (value is not None):
        raise typer.BadParameter("give a value, or --unset")

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.settings.change(key, None if unset else value)
        rows = await nexus.engine.settings.everyone()
        now = configuration(session.directory, live=rows).values.get(key)
        if now is None or outcome.refused:
            return session.result(outcome, "changed")
        counts = source(now.source, now.where, session.language)
        if as_json:
            output.emit({"done": outcome.done, **_setting_object(now)})
            return output.DONE
        output.line(f"{key} = {now.shown}  ({counts})")
        if not unset and now.source != "setting":
            output.complain(word("overruled", session.language).format(counts))
        elif now.setting.effect == "next start":
            output.complain(word("next_start", session.language))
        return output.DONE

    session.command(work)


@app.command("validate")
def validate(
    file: Annotated[
        Path | None,
        typer.Argument(help="Another file than the one that is read.", readable=False, show_default=False),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Check the configuration file and the variables without starting anything."""
    session = Session.of(data_dir, as_json, lang)

    async def work() -> int:
        found = configuration(session.directory, file=file)
        if as_json:
            output.emit(
                {
                    "status": "fail" if found.problems else "warn" if found.warnings else "pass",
                    "file": None if found.file is None else str(found.file),
                    "problems": [_problem_object(one, "fail") for one in found.problems]
                    + [_problem_object(one, "warn") for one in found.warnings],
                }
            )
            return found.problems[0].exit_code if found.problems else output.DONE
        code = _tell_problems(session, found)
        if not code:
            named = word("no_file", session.language) if found.file is None else str(found.file)
            output.line(f"{named}: {word('valid', session.language)}")
        return code

    session.run(work())


def _problem_object(problem: BadConfiguration | SecretFailure, status: str) -> dict[str, Any]:
    return {
        "status": status, "code": problem.code, "title": problem.title, "message": str(problem), "hint": problem.hint
    }  # fmt: skip


@app.command("path")
def path(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Say which configuration file is read, and where it is looked for."""
    session = Session.of(data_dir, as_json, lang)

    async def work() -> None:
        looked = places(session.directory)
        read = next((place for place in looked if place.named or is_there(place.path)), None)
        if as_json:
            output.emit(
                {
                    "file": None if read is None else str(read.path.absolute()),
                    "exists": read is not None and is_there(read.path),
                    "searched": [str(place.path.absolute()) for place in looked],
                }
            )
            return
        for place in looked:
            state = (
                "file_read"
                if place == read
                else "file_absent"
                if read is None or looked.index(place) < looked.index(read)
                else "file_passed"
            )
            output.line(f"{place.path.absolute()}: {word(state, session.language)}")

    session.run(work())
