"""`nexus kv` and `nexus sweep`: looking into keys, writing them, and sweeping what has expired."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from engine.facade.views import KeyView
from nexus_tui.appliance import Appliance
from nexus_tui.cli import output
from nexus_tui.cli.session import EVERYTHING, AsJson, DataDir, Lang, Limit, Session
from nexus_tui.cli.words import word

app = typer.Typer(help="KV keys.", no_args_is_help=True)
sweeping = typer.Typer(help="Sweeping expired keys.", no_args_is_help=True)
Space = Annotated[str, typer.Option("--namespace", help="KV_STATE, KV_LOCKS or local.")]
PAGE = 1000
#: A century.
LONGEST_TTL_S = 100 * 365 * 24 * 3600


@app.command("ls")
def listing(
    prefix: Annotated[str, typer.Argument(help="Only keys that begin so.")] = "",
    space: Space = "KV_STATE",
    limit: Limit = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """List live keys in byte order."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> None:
        left = limit or EVERYTHING
        cursor: str | None = None
        rows: list[KeyView] = []
        while left > 0:
            found, cursor = await nexus.engine.state.keys(space, prefix, cursor, min(left, PAGE))
            rows += found
            left -= len(found)
            if cursor is None:
                break
        if as_json:
            for key in rows:
                output.emit(key)
            return
        spoken = session.language
        output.table(
            [word("key", spoken), word("size", spoken), word("expires", spoken)],
            [(one.key, one.size, output.expiry(one.expires_ms, spoken)) for one in rows],
            right=(1,),
        )

    session.query(work)


@app.command("get")
def get(
    key: str, space: Space = "KV_STATE", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """Print a value."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        found = await nexus.engine.state.value(key, space)
        if found is None:
            return session.missing("no_key", key, "nexus kv ls")
        view, content = found
        if as_json:
            output.emit(
                {
                    "key": view.key,
                    "version": view.version,
                    "expires_ms": view.expires_ms,
                    "metadata": view.metadata,
                    "value": content,
                }
            )
        else:
            output.write(content + b"\n")
        return output.DONE

    session.query(work)


@app.command("put")
def put(
    key: str,
    value: Annotated[str, typer.Argument(help="The value; @FILE reads a file.")],
    ttl: Annotated[int | None, typer.Option(min=1, max=LONGEST_TTL_S, help="Seconds to live.")] = None,
    metadata: Annotated[str | None, typer.Option(help="JSON, up to 1024 bytes.")] = None,
    space: Space = "KV_STATE",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Write a key."""
    session = Session.of(data_dir, as_json, lang)
    content = _content(value)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.put(key, content, space=space, ttl_s=ttl, metadata=metadata)
        return session.result(outcome, "written")

    session.command(work)


@app.command("del")
def delete(
    keys: list[str], space: Space = "KV_STATE", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None
) -> None:
    """Delete keys."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.delete(keys, space)
        return session.result(outcome, "deleted")

    session.command(work)


@app.command("ttl")
def ttl(
    key: str,
    seconds: Annotated[int, typer.Argument(min=0, max=LONGEST_TTL_S, help="Seconds to live from now; 0 is for ever.")],
    prefix: Annotated[bool, typer.Option("--prefix", help="All keys that begin so.")] = False,
    space: Space = "KV_STATE",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Change when a key expires."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        state = nexus.engine.state
        outcome = await (state.expire_all if prefix else state.expire)(key, seconds or None, space)
        return session.result(outcome, "changed")

    session.command(work)


@sweeping.command("now")
def sweep(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Remove what has expired."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.sweep()
        return session.result(outcome, "swept")

    session.command(work)


@sweeping.callback()
def _group() -> None:
    """Sweeping expired keys."""


def _content(value: str) -> bytes:
    if not value.startswith("@"):
        return os.fsencode(value)
    try:
        return Path(value[1:]).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{value[1:]}: {error.strerror}") from error
