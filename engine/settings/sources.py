"""Where a value comes from: flag, then variable, then a live row of the database, then the configuration file, then the default.

The file is read, never written. Whatever is wrong in it or in a variable is found before anything starts; a row that this version does not know
is passed over, so that going back a version does not keep an engine from starting.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from engine.contract.keys import Lifetimes
from engine.errors import BadConfiguration, NoConfiguration, NotToml, UnknownSetting
from engine.settings import secret_names, values
from engine.settings.catalogue import OTHER_VARIABLES, Catalogue, Limits, Setting, Value

Source = Literal["flag", "env", "setting", "config.toml", "default"]

FILE = "config.toml"
#: Names the file instead of the places it is looked for; `--config` does the same.
VARIABLE = "NEXUS_CONFIG"
#: A configuration is a page of text.
LARGEST_FILE = 1024 * 1024


class Row(NamedTuple):
    """A live change: who made it, and when by the wall clock."""

    key: str
    value: str
    at_ms: int
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """A setting's value and where it comes from: `where` is the variable, the file, or who set it."""

    setting: Setting
    value: Value
    source: Source
    where: str | None = None
    at_ms: int | None = None

    @property
    def shown(self) -> str:
        """The value as it may be seen."""
        return values.shown(self.setting, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting's value. `problems` keep an engine from starting, `warnings` do not."""

    values: Mapping[str, Valued]
    file: Path | None = None
    problems: tuple[BadConfiguration, ...] = ()
    warnings: tuple[BadConfiguration, ...] = ()

    def number(self, key: str) -> int:
        """A number."""
        value = self.values[key].value
        assert isinstance(value, int)
        return value

    def text(self, key: str) -> str:
        """A text; empty where it is not set."""
        return str(self.values[key].value)

    def switch(self, key: str) -> bool:
        """Yes or no."""
        return self.values[key].value is True

    def checked(self) -> Settings:
        """Itself, if nothing is wrong. Raises the first problem."""
        if self.problems:
            raise self.problems[0]
        return self

    def limits(self) -> dict[str, Limits]:
        """What is configured for each agent, by id."""
        found = {}
        for key in self.values:
            if key.startswith("agents.") and key.endswith(".timeout_ms"):
                agent = key.split(".")[1]
                attempts = self.number(f"agents.{agent}.max_attempts")
                found[agent.upper()] = Limits(agent.upper(), "", self.number(key), attempts)
        return found

    def lifetimes(self) -> Lifetimes:
        """What is configured for the keys of each prefix."""
        return Lifetimes(**{prefix: self.number(f"kv.ttl_s.{prefix}") for prefix in Lifetimes._fields})


class Place(NamedTuple):
    """A file that is looked for. `named` is one that `--config` or the variable names: it must be there."""

    path: Path
    named: bool


def places(directory: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    """Where the configuration is looked for; the first that is there is read."""
    named = environ.get(VARIABLE)
    if named:
        yield Place(Path(named), True)
        return
    yield Place(directory / FILE, False)
    from platformdirs import user_config_path  # only where the data directory has none

    yield Place(user_config_path("nexus") / FILE, False)


def file_of(directory: Path, environ: Mapping[str, str]) -> Path | None:
    """The configuration that is read, `None` if there is none."""
    return next((place.path for place in places(directory, environ) if place.named or is_there(place.path)), None)


def is_there(path: Path) -> bool:
    """Whether this user sees a file there. A home that is closed to him, left in HOME by whoever became him, is none of his."""
    try:
        return path.exists()
    except PermissionError:
        return False


@dataclass(slots=True)
class _Gathering:
    catalogue: Catalogue
    found: dict[str, Valued] = field(default_factory=dict)
    problems: list[BadConfiguration] = field(default_factory=list)
    warnings: list[BadConfiguration] = field(default_factory=list)

    def take(
        self,
        key: str,
        given: object,
        source: Source,
        named: str,
        where: str | None,
        at_ms: int | None,
        problems: list[BadConfiguration],
    ) -> None:
        """A later source is the stronger one."""
        try:
            setting = self.catalogue.get(key)
            if setting is None:
                raise unknown(self.catalogue, key, named)
            value = values.read(setting, given, named)
        except BadConfiguration as error:
            problems.append(error)
        else:
            self.found[key] = Valued(setting=setting, value=value, source=source, where=where, at_ms=at_ms)


def gather(
    catalogue: Catalogue,
    directory: Path,
    environ: Mapping[str, str],
    *,
    rows: Iterable[Row] = (),
    flags: Mapping[str, str | None] | None = None,
) -> Settings:
    """Every setting's value, and all that is wrong."""
    gathering = _Gathering(catalogue)
    gathering.found.update(
        {key: Valued(setting=one, value=one.default, source="default") for key, one in catalogue.items()}
    )
    file = file_of(directory, environ)
    if file is not None:
        try:
            content = read_file(file)
        except BadConfiguration as error:
            gathering.problems.append(error)
        else:
            for key, given in _leaves(content):
                gathering.take(key, given, "config.toml", str(file), str(file), None, gathering.problems)
    for row in rows:
        if (setting := catalogue.get(row.key)) is None or setting.live:
            gathering.take(row.key, row.value, "setting", "setting", row.who, row.at_ms, gathering.warnings)
    for key, setting in catalogue.items():
        if given := environ.get(setting.variable):
            gathering.take(key, given, "env", setting.variable, setting.variable, None, gathering.problems)
    for key, flag in (flags or {}).items():
        if flag is not None:
            gathering.take(key, flag, "flag", "flag", None, None, gathering.problems)
    gathering.warnings += _strange(catalogue, environ)
    return Settings(
        values=gathering.found, file=file, problems=tuple(gathering.problems), warnings=tuple(gathering.warnings)
    )


def read_file(path: Path) -> dict[str, Any]:
    """The content of a configuration file. Raises `NoConfiguration` or `NotToml`."""
    import tomllib

    from store.files import open_regular

    try:
        with open_regular(path) as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise NoConfiguration(f"{path}: {error.strerror}.") from error
    if len(content) > LARGEST_FILE:
        raise NotToml(f"{path} is larger than {LARGEST_FILE} bytes.")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotToml(f"{path} is not UTF-8 text.") from error
    except tomllib.TOMLDecodeError as error:
        raise NotToml(f"{path}: {error}.") from error
    except RecursionError as error:
        raise NotToml(f"{path} is nested too deep.") from error


def unknown(catalogue: Catalogue, key: str, where: str) -> UnknownSetting:
    """The error for a key that is none, with the nearest that is one. A value is never repeated: it may be a secret in the wrong place."""
    name = key.rpartition(".")[2].upper()
    if name in secret_names.NAMES:
        return UnknownSetting(f"{where}: {key} is a secret and is kept elsewhere: `nexus secrets set {name}`.")
    near = difflib.get_close_matches(key.lower(), catalogue, 1, 0.5)
    if near:
        return UnknownSetting(f"{where}: there is no setting {key}, did you mean {near[0]}?")
    return UnknownSetting(f"{where}: there is no setting {key}.")


def _leaves(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and value:
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _strange(catalogue: Catalogue, environ: Mapping[str, str]) -> Iterator[UnknownSetting]:
    """Variables that look like settings and are none."""
    known = {setting.variable: key for key, setting in catalogue.items()}
    for variable in sorted(environ):
        if variable.startswith("NEXUS_") and variable not in known and variable not in OTHER_VARIABLES:
            near = difflib.get_close_matches(variable, known, 1, 0.8)
            if near:
                yield UnknownSetting(f"{variable} is no setting's variable, did you mean {near[0]}?")
