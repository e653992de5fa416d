"""`nexus init`, `run`, `status`: the data directory, the headless engine, one screen of truth."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from engine.errors import NoData
from engine.facade.disk import disk
from engine.facade.views import IncidentView
from nexus_tui.appliance import Appliance, appliance, looking
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word
from store.owner import read_owner


def register(root: typer.Typer) -> None:
    """Commands at the root."""

    @root.command("init")
    def init(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
        """Create the data directory; doing it again changes nothing."""
        session = Session.of(data_dir, as_json, lang)

        async def work(nexus: Appliance) -> None:
            if as_json:
                output.emit({"dataDir": str(session.directory.absolute())})
            else:
                output.line(f"{session.directory.absolute()}: {word('created', session.language)}")

        session.command(work)

    @root.command("run")
    def run(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
        """Run the engine without a screen until it is told to stop."""
        session = Session.of(data_dir, as_json, lang)
        session.run(_serve(session), word("draining", session.language), word("again", session.language))

    @root.command("status")
    def status(data_dir: DataDir = None, as_json: AsJson = False, lang: Lang = None) -> None:
        """One screen of truth."""
        session = Session.of(data_dir, as_json, lang)

        async def work() -> int:
            value = await _status(session)
            if as_json:
                output.emit(value)
                return output.DONE
            spoken = session.language
            engine = f"{word(value['engine']['state'], spoken)} {value['engine']['pid'] or ''}"
            output.pairs({word("engine", spoken): engine, **value["counters"]})
            if not value["queues"]:
                return output.DONE
            output.line()
            names = ("queue", "ready", "leased", "delayed", "dead")
            output.table(
                [word(name, spoken) for name in names],
                [[one["name"], *(one[name] for name in names[1:])] for one in value["queues"]],
                right=range(1, 5),
            )
            output.line()
            output.table(
                [word(name, spoken) for name in ("check", "status", "observed")],
                [
                    (word(f"check_{name}", spoken), word(check["status"], spoken), check["observed"])
                    for name, check in value["checks"].items()
                ],
                right=(2,),
            )
            if (low := value["checks"]["disk"]["error"]) is not None:
                session.waits(low)
            return output.DONE

        session.run(session.interruption.breaks_off(work()))


async def _serve(session: Session) -> int:
    async with appliance(session.directory, attach=False) as nexus:
        if session.as_json:
            output.emit(
                {"state": nexus.engine.engine_state(), "pid": os.getpid(), "dataDir": str(session.directory.absolute())}
            )
        else:
            output.line(f"{session.directory.absolute()}: {word('serving', session.language)}")
        # To be told to stop is how a service ends well.
        with suppress(asyncio.CancelledError):
            await session.interruption.breaks_off(asyncio.Event().wait())
    return output.DONE


async def _status(session: Session) -> dict[str, Any]:
    directory = session.directory
    try:
        async with looking(directory) as nexus:
            state = nexus.engine.engine_state()
            owner = read_owner(directory) if state == "running" else None
            counters = await nexus.engine.state.counters()
            queues = await nexus.engine.queues.everyone()
            locks = await nexus.engine.state.locks()
            incidents = await nexus.engine.state.incidents()
    except NoData:
        return {"engine": {"state": "absent", "pid": None}, "counters": {}, "queues": [], "checks": {}}
    names = ("name", "ready", "leased", "delayed", "dead", "oldest_age", "paused")
    stale = [lock.name for lock in locks if not lock.alive]
    dead = sum(queue.dead for queue in queues)
    return {
        "engine": {"state": state, "pid": None if owner is None else owner["pid"]},
        "counters": counters,
        "queues": [{name: getattr(queue, name) for name in names} for queue in queues],
        "checks": {
            "disk": _disk(directory),
            "dead_letters": {"status": "warn" if dead else "pass", "observed": dead},
            "locks": {"status": "warn" if stale else "pass", "observed": len(stale)},
            "paused": {
                "status": "warn" if any(queue.paused for queue in queues) else "pass",
                "observed": sum(queue.paused for queue in queues),
            },
            "scheduler": _scheduler(incidents),
        },
    }


def _disk(directory: Path) -> dict[str, Any]:
    """MB free, how many intake needs, and why it waits if it does."""
    view = disk(directory)
    error = (
        None if view.error is None else {"code": view.error.code, "message": str(view.error), "hint": view.error.hint}
    )
    return {
        "status": "pass" if error is None else "warn",
        "observed": view.free_mb,
        "needed": view.needed_mb,
        "error": error,
    }


def _scheduler(incidents: Sequence[IncidentView]) -> dict[str, Any]:
    """Timers' runs that did not go as planned in the last week, and the newest of them."""
    newest = asdict(incidents[-1]) if incidents else None
    return {"status": "warn" if incidents else "pass", "observed": len(incidents), "newest": newest}
