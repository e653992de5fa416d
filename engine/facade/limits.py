"""How many attempts the engine allows its agents, for whoever looks on from another process.

What is configured may have changed since the engine began, or differ in the onlooker's surroundings: what counts is what the engine was given.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.contract.events import SPECS
from engine.settings.catalogue import Limits
from store import kv
from store.driver import Connection
from store.kv import Namespace
from store.store import Store
from store.transaction import Transaction

#: Local, without end: attempts by the agent's id, of those agents only that are allowed other than the wire says.
KEY = "engine:max_attempts"
WIRE: dict[str, int] = {spec.id: spec.max_attempts for spec in SPECS}

_decode = msgspec.json.Decoder(dict[str, int]).decode


async def announce(store: Store, limits: Mapping[str, Limits]) -> None:
    """Say what the engine that starts now allows; nothing is written where that stands there already."""
    wanted = {agent: one.max_attempts for agent, one in limits.items() if one.max_attempts != WIRE.get(agent)}
    if await store.read(_other) == wanted:
        return

    def operation(tx: Transaction) -> None:
        if wanted:
            kv.put(tx, Namespace.LOCAL, KEY, msgspec.json.encode(wanted))
        else:
            kv.delete(tx, Namespace.LOCAL, KEY)

    await store.write(operation)


def attempts(connection: Connection) -> dict[str, int]:
    """Attempts by the agent's id, as the engine that runs or ran last allows them."""
    return WIRE | _other(connection)


def _other(connection: Connection) -> dict[str, int]:
    entry = kv.get(connection, 0, Namespace.LOCAL, KEY)
    try:
        return {} if entry is None else _decode(entry.value or b"{}")
    except msgspec.DecodeError:
        return {}
