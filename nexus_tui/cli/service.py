"""`nexus init`, `run`, `status`: the data directory, the headless engine, one screen of truth."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import NoData
from engine.facade.configuration import configuration
from engine.facade.disk import disk, storage
from engine.facade.views import IncidentView
from nexus_tui.appliance import Appliance, appliance, looking
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word
from nexus_tui.notify import READY, STOPPING, service_manager
from store.owner import read_owner

if TYPE_CHECKING:
    from engine.facade.watches import WatchView


#: Words for what lies on the disk.
STORAGE = {
    "database": "storage_database", "wal": "storage_wal", "blobs": "storage_blobs", "files": "files", "trash": "storage_trash",
}  # fmt: skip


def register(root: typer.Typer) -> None:
    """Commands at the root."""

    @root.command("init")
    def init(
        fresh: Annotated[
            bool, typer.Option("--fresh", help="Start empty where the database was moved aside as damaged.")
        ] = False,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Create the data directory; doing it again changes nothing."""
        session = Session.of(data_dir, as_json, lang)
        if fresh:
            session.run(_start_empty(session.directory))

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

    @root.command("serve")
    def serve(
        port: Annotated[
            int | None,
            typer.Option(
                "--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.", show_default="http.port"
            ),
        ] = None,
        data_dir: DataDir = None,
        as_json: AsJson = False,
        lang: Lang = None,
    ) -> None:
        """Run the engine without a screen and serve the HTTP API on loopback."""
        session = Session.of(data_dir, as_json, lang)
        session.run(_serve(session, port, http=True), word("draining", session.language), word("again", session.language))

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
            output.line()
            output.pairs(
                {
                    **{word(STORAGE[name], spoken): size for name, size in value["storage"].items()},
                    word("last_sweep", spoken): _swept(value["sweep"], session),
                    word("next_sweep", spoken): output.expiry(value["sweep"]["next_ms"], spoken),
                }
            )
            if (low := value["checks"]["disk"]["error"]) is not None:
                session.waits(low)
            return output.DONE

        session.run(session.interruption.breaks_off(work()))


async def _start_empty(directory: Path) -> None:
    from engine.facade.backup import start_empty

    await start_empty(directory)


async def _serve(session: Session, port: int | None = None, *, http: bool = False) -> int:
    settings = configuration(session.directory).checked()
    if port is None and (http or settings.switch("http.enabled")):
        port = settings.number("http.port")
    async with service_manager() as manager, appliance(session.directory, attach=False, port=port) as nexus:
        where = str(session.directory.absolute())
        if session.as_json:
            served = {} if nexus.http is None else {"http": nexus.http}
            output.emit({"state": nexus.engine.engine_state(), "pid": os.getpid(), "dataDir": where, **served})
        else:
            output.line(f"{where}: {word('serving', session.language)}")
            if nexus.http is not None:
                output.line(nexus.http)
        output.flush()
        manager.tell(READY)
        # To be told to stop is how a service ends well.
        with suppress(asyncio.CancelledError):
            await session.interruption.breaks_off(asyncio.Event().wait())
        manager.tell(STOPPING)
    return output.DONE


async def _status(session: Session) -> dict[str, Any]:
    from engine.facade.alarms import told

    directory = session.directory
    try:
        async with looking(directory) as nexus:
            state = nexus.engine.engine_state()
            owner = read_owner(directory) if state == "running" else None
            counters = await nexus.engine.state.counters()
            queues = await nexus.engine.queues.everyone()
            locks = await nexus.engine.state.locks()
            incidents = await nexus.engine.state.incidents()
            alarms = await nexus.engine.watches.alarms()
            standing = await nexus.engine.alarms.raised()
            sweep = await nexus.engine.state.sweeping()
    except NoData:
        return {"engine": {"state": "absent", "pid": None}, "counters": {}, "queues": [], "checks": {}}
    names = ("name", "ready", "leased", "delayed", "dead", "oldest_age", "paused")
    stale = [lock.name for lock in locks if not lock.alive]
    dead = sum(queue.dead for queue in queues)
    return {
        "engine": {"state": state, "pid": None if owner is None else owner["pid"]},
        "counters": counters,
        "queues": [{name: getattr(queue, name) for name in names} for queue in queues],
        "storage": asdict(storage(directory)),
        "sweep": asdict(sweep),
        "checks": {
            "disk": _disk(directory),
            "dead_letters": {"status": "warn" if dead else "pass", "observed": dead},
            "locks": {"status": "warn" if stale else "pass", "observed": len(stale)},
            "paused": {
                "status": "warn" if any(queue.paused for queue in queues) else "pass",
                "observed": sum(queue.paused for queue in queues),
            },
            "scheduler": _scheduler(incidents),
            "watches": _watches(alarms),
            "alarms": {"status": "warn" if standing else "pass", "observed": len(standing), "alarms": [told(one) for one in standing]},
        },
    }


def _swept(sweep: dict[str, Any], session: Session) -> str:
    """When expired keys were last removed, and how many."""
    if sweep["last_ms"] is None:
        return word("never", session.language)
    return f"{output.moment(sweep['last_ms'], session.language)}: {sweep['removed']}"


def _watches(alarms: Sequence[WatchView]) -> dict[str, Any]:
    """Watched folders that something stands in the way of."""
    from engine.facade.watches import alarm_object

    told = [{"directory": one.directory, **alarm_object(one.alarm)} for one in alarms if one.alarm is not None]
    return {"status": "warn" if told else "pass", "observed": len(told), "alarms": told}


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
