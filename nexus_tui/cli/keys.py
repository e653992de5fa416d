"""`nexus kv` and `nexus sweep`: looking into keys, writing them, and sweeping what has expired."""

from __future__ import annotations

import sys
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
        output.table([word("key", spoken), word("size", spoken), word("expires", spoken)], [(one.key, one.size, one.expires_ms) for one in rows], right=(1, 2))

    session.query(work)


@app.command("get")
def get(key: str, space: Space = "KV_STATE", data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print a value."""
    session = Session.of(data_dir, as_json)

    async def work(nexus: Appliance) -> int:
        found = await nexus.engine.state.value(key, space)
        if found is None:
            output.complain(f"{key}: no such key")
            return output.SOME_FAILED
        view, content = found
        if as_json:
            output.emit({"key": view.key, "version": view.version, "expires": view.expires_ms, "metadata": view.metadata, "value": content})
        else:
            sys.stdout.buffer.write(content + b"\n")
        return output.DONE

    session.query(work)


@app.command("put")
def put(
    key: str,
    value: Annotated[str, typer.Argument(help="The value; @FILE reads a file.")],
    ttl: Annotated[int | None, typer.Option(min=1, help="Seconds to live.")] = None,
    metadata: Annotated[str | None, typer.Option(help="JSON, up to 1024 bytes.")] = None,
    space: Space = "KV_STATE",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Write a key."""
    session = Session.of(data_dir, as_json, lang)
    content = Path(value[1:]).read_bytes() if value.startswith("@") else value.encode()

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.put(key, content, space=space, ttl_s=ttl, metadata=metadata)
        return output.result(outcome, as_json=as_json, verb=word("written", session.language))

    session.command(work)


@app.command("del")
def delete(keys: list[str], space: Space = "KV_STATE", data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Delete keys."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.delete(keys, space)
        return output.result(outcome, as_json=as_json, verb=word("deleted", session.language))

    session.command(work)


@app.command("ttl")
def ttl(
    key: str,
    seconds: Annotated[int, typer.Argument(help="Seconds to live from now; 0 is for ever.")],
    space: Space = "KV_STATE",
    data_dir: DataDir = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Change when a key expires."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.expire(key, seconds or None, space)
        return output.result(outcome, as_json=as_json, verb=word("changed", session.language))

    session.command(work)


@sweeping.command("now")
def sweep(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
    """Remove what has expired."""
    session = Session.of(data_dir, as_json, lang)

    async def work(nexus: Appliance) -> int:
        outcome = await nexus.engine.state.sweep()
        return output.result(outcome, as_json=as_json, verb=word("swept", session.language))

    session.command(work)


@sweeping.callback()
def _group() -> None:
    """Sweeping expired keys."""
