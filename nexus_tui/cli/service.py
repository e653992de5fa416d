"""`nexus init`, `run`, `status`: the data directory, the headless engine, one screen of truth."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import typer

from nexus_tui.appliance import Appliance, appliance, looking
from nexus_tui.cli import output
from nexus_tui.cli.session import AsJson, DataDir, Lang, Session
from nexus_tui.cli.words import word
from store.errors import NotFound

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


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
        session.run(_serve(session))

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
            output.pairs({word("engine", spoken): f"{value['engine']['state']} {value['engine']['pid'] or ''}", **value["counters"]})
            output.line()
            names = ("queue", "ready", "leased", "delayed", "dead")
            output.table([word(name, spoken) for name in names], [[one["name"], *(one[name] for name in names[1:])] for one in value["queues"]], right=range(1, 5))
            return output.DONE

        session.run(work())


async def _serve(session: Session) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(number: int) -> None:
        if stop.is_set() and number == signal.SIGINT:
            # The second Ctrl-C: everything acknowledged is on the disk already.
            os._exit(130)
        stop.set()
        output.complain(word("draining", session.language), word("again", session.language))

    for number in SIGNALS:
        loop.add_signal_handler(number, asked, number)
    async with appliance(session.directory, attach=False) as nexus:
        if session.as_json:
            output.emit({"state": nexus.engine.engine_state(), "pid": os.getpid(), "dataDir": str(session.directory.absolute())})
        else:
            output.line(f"{session.directory.absolute()}: {word('running', session.language)}")
        await stop.wait()
    return output.DONE


async def _status(session: Session) -> dict[str, Any]:
    from store.owner import read_owner

    directory = session.directory
    try:
        async with looking(directory) as nexus:
            state = nexus.engine.engine_state()
            owner = read_owner(directory) if state == "running" else None
            counters = await nexus.engine.state.counters()
            queues = await nexus.engine.queues.everyone()
            locks = await nexus.engine.state.locks()
    except NotFound:
        return {"engine": {"state": "absent", "pid": None}, "counters": {}, "queues": [], "checks": {}}
    names = ("name", "ready", "leased", "delayed", "dead", "oldest_age", "paused")
    stale = [lock.name for lock in locks if not lock.alive]
    dead = sum(queue.dead for queue in queues)
    return {
        "engine": {"state": state, "pid": None if owner is None else owner["pid"]},
        "counters": counters,
        "queues": [{name: getattr(queue, name) for name in names} for queue in queues],
        "checks": {
            "dead_letters": {"status": "warn" if dead else "pass", "observed": dead},
            "locks": {"status": "warn" if stale else "pass", "observed": len(stale)},
            "paused": {"status": "warn" if any(queue.paused for queue in queues) else "pass", "observed": sum(queue.paused for queue in queues)},
        },
    }
