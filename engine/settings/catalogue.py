"""The settings there are, as data: name, kind, range, default, variable, and what each is for in both languages.

What a setting means to an agent or a queue is not known here: the agents' own limits are handed in by whoever knows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

Value = str | int | bool
#: How a value is read: see engine/settings/values.py.
Kind = Literal["text", "number", "switch", "language", "zone", "origin", "url", "repository"]
#: When a change counts: with the next command or window, or when an engine starts.
Effect = Literal["next command", "next start"]

#: Variables of the operating system that say where things lie or belong to a development tool; no settings.
OTHER_VARIABLES = frozenset(
    {
        "NEXUS_CONFIG", "NEXUS_DATA_DIR", "NEXUS_KILLS", "NEXUS_LEFT", "NEXUS_SAMPLES", "NEXUS_SECRETS_KEY_FILE",
        "NEXUS_SECRETS_PASSPHRASE", "NEXUS_SECRETS_PASSPHRASE_FILE", "NEXUS_SEEDS", "NEXUS_SLOW", "NEXUS_WHEELHOUSE",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `least` and `most` bound numbers; an empty text is "not set"."""

    key: str
    kind: Kind
    default: Value
    variable: str
    pt: str
    en: str
    least: int | None = None
    most: int | None = None
    effect: Effect = "next start"
    #: Whether it may be changed by a row in the database; what decides which code is loaded may not.
    live: bool = True

    @property
    def range(self) -> str | None:
        """What a number may be, `least..most`."""
        return None if self.least is None else f"{self.least}..{self.most}"


class Limits(NamedTuple):
    """An agent's own limits: `id` is A0 to A10, the timeout is in milliseconds without progress."""

    id: str
    name: str
    timeout_ms: int
    max_attempts: int


class Catalogue(Mapping[str, Setting]):
    """Settings by key, in the order they are shown."""

    def __init__(self, settings: Iterable[Setting]) -> None:
        self._settings = {one.key: one for one in settings}

    def __getitem__(self, key: str) -> Setting:
        return self._settings[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._settings)

    def __len__(self) -> int:
        return len(self._settings)


def catalogue(agents: Iterable[Limits]) -> Catalogue:
    """All settings; those of the agents from their own limits."""
    return Catalogue([*GENERAL, *(setting for agent in agents for setting in _of_agent(agent))])


def _variable(key: str) -> str:
    return "NEXUS_" + key.upper().replace(".", "_")


def _setting(key: str, kind: Kind, default: Value, pt: str, en: str, *, variable: str | None = None, least: int | None = None, most: int | None = None, effect: Effect = "next start", live: bool = True) -> Setting:  # fmt: skip
    return Setting(
        key=key, kind=kind, default=default, variable=variable or _variable(key), pt=pt, en=en, least=least, most=most, effect=effect, live=live
    )  # fmt: skip


def _of_agent(agent: Limits) -> tuple[Setting, Setting]:
    key = f"agents.{agent.id.lower()}"
    return (
        _setting(
            f"{key}.timeout_ms", "number", agent.timeout_ms, f"{agent.id}: milissegundos sem avanço até desistir da tentativa",
            f"{agent.id}: milliseconds without progress until the attempt is given up", least=100, most=3_600_000,
        ),
        _setting(
            f"{key}.max_attempts", "number", agent.max_attempts, f"{agent.id}: tentativas até virar mensagem morta",
            f"{agent.id}: attempts until it is a dead letter", least=1, most=100,
        ),
    )  # fmt: skip


_WEEK_S = 7 * 24 * 3600
_CENTURY_S = 100 * 365 * 24 * 3600

GENERAL: tuple[Setting, ...] = (
    _setting("language", "language", "", "idioma: pt ou en; vazio segue o sistema", "language: pt or en; empty follows the locale", variable="NEXUS_LANG", effect="next command"),
    _setting("tenant", "text", "default", "cliente de quem não diz outro", "tenant of a call that names none", effect="next command"),
    _setting("display.zone", "zone", "", "fuso das horas mostradas, como America/Sao_Paulo; vazio é o da máquina", "zone of times shown, such as America/Sao_Paulo; empty is the machine's", effect="next command"),
    _setting("http.enabled", "switch", False, "serve a API HTTP também em `nexus run`", "serve the HTTP API from `nexus run` too"),
    _setting("http.port", "number", 8787, "porta da API HTTP; 0 deixa o sistema escolher", "port of the HTTP API; 0 lets the system choose", least=0, most=65535),
    _setting("http.web_ui_origin", "origin", "", "origem que chama as três rotas /api sem senha", "origin that may call the three /api routes without a token"),
    _setting("telemetry.spans", "switch", True, "guarda um rastro de cada passo dos agentes", "keep a span of every hop"),
    _setting("telemetry.retention_days", "number", 7, "dias que rastros e medidas ficam", "days that spans and metrics are kept", least=1, most=3650),
    _setting("telemetry.otlp_url", "url", "", "para onde vão os rastros por OTLP/HTTP; vazio não envia", "where spans go by OTLP/HTTP; empty sends nothing", variable="OTEL_EXPORTER_URL"),
    _setting("telemetry.logflare_source", "text", "", "fonte do Logflare que recebe o log; vazio não envia", "Logflare source that takes the log; empty sends nothing"),
    _setting("github.repository", "repository", "", "dono/nome do repositório que recebe as falhas; vazio só copia o texto", "owner/name of the repository that takes failures; empty only copies the text", effect="next command"),
    _setting("kv.ttl_s.job", "number", _WEEK_S, "segundos de vida de job:", "seconds that job: lives", least=60, most=_CENTURY_S),
    _setting("kv.ttl_s.ingest", "number", 3600, "segundos de vida de ingest:", "seconds that ingest: lives", least=60, most=_CENTURY_S),
    _setting("kv.ttl_s.report", "number", _WEEK_S, "segundos de vida de report:", "seconds that report: lives", least=60, most=_CENTURY_S),
    _setting("kv.ttl_s.assistant", "number", _WEEK_S, "segundos de vida de assistant:", "seconds that assistant: lives", least=60, most=_CENTURY_S),
    _setting("alarms.queue_age_s", "number", 900, "alarme: segundos que o mais antigo de uma fila espera; 0 desliga", "alarm: seconds that the oldest of a queue waits; 0 is off", least=0, most=31_536_000),
    _setting("alarms.dead_letters", "number", 1, "alarme: a partir de quantas mensagens mortas; 0 desliga", "alarm: from how many dead letters on; 0 is off", least=0, most=1_000_000),
    _setting("alarms.disk_mb", "number", 500, "alarme: abaixo de quantos MB livres; 0 desliga", "alarm: below how many MB free; 0 is off", least=0, most=1_000_000_000),
    _setting("secrets.keyring", "text", "auto", "chaveiro: auto, off, ou a classe de um em que você confia", "keyring: auto, off, or the class of one you trust", effect="next command", live=False),
)  # fmt: skip
