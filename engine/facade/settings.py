"""Live settings: rows that count over the configuration file, and under variables and flags."""

from __future__ import annotations

from engine.errors import FixedSetting
from engine.facade.commands import ChangeSetting, CommandResult
from engine.facade.configuration import Row, every_setting, rows
from engine.facade.reading import Executing, Reading
from engine.settings import sources, values
from store import settings
from store.store import Store

#: What errors name as the place of a value.
CALL = "nexus config set"


class LiveSettings:
    """Queries and commands on live settings."""

    def __init__(self, reading: Reading, executing: Executing) -> None:
        self._reading = reading
        self._executing = executing

    async def everyone(self) -> list[Row]:
        """The rows there are, those of settings that this version does not know among them."""
        return await self._reading.read(rows)

    async def change(self, key: str, value: str | None) -> CommandResult:
        """Set a key, or with `None` take it back."""
        result: CommandResult = await self._executing.execute(ChangeSetting(key=key, value=value))
        return result


def validated(key: str, value: str | None) -> str | None:
    """What is to be stored. Raises `UnknownSetting`, `FixedSetting` or `BadSetting`; any key may be taken back."""
    if value is None:
        return None
    catalogue = every_setting()
    setting = catalogue.get(key)
    if setting is None:
        raise sources.unknown(catalogue, key, CALL)
    if not setting.live:
        raise FixedSetting(f"{key} is set in the configuration file or by {setting.variable} only.")
    read = values.read(setting, value, CALL)
    return str(read).lower() if isinstance(read, bool) else str(read)


async def change(store: Store, wall_ms: int, command: ChangeSetting, who: str) -> CommandResult:
    """Carry the command out for `who`."""
    value = validated(command.key, command.value)
    if value is None:
        removed = await store.write(lambda tx: settings.remove(tx, command.key))
        return CommandResult(done=int(removed), data={"key": command.key, "value": None})
    await store.write(lambda tx: settings.put(tx, wall_ms, command.key, value, who))
    return CommandResult(done=1, data={"key": command.key, "value": value})
