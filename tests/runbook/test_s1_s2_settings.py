"""S1 and S2: without a key and without addresses everything works; what is configured says where it comes from, and counts."""

from __future__ import annotations

import re
import signal
import sqlite3
from datetime import datetime
from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, until


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A user's folder of his own."""
    return {"XDG_CONFIG_HOME": str(tmp_path / "user")}


def test_without_a_key_the_source_is_none_and_a_document_is_processed(
    nexus: Nexus, env: dict[str, str], data: Path
) -> None:
    shown = nexus.json("config", "show", "GEMINI_API_KEY", env=env).object
    assert (shown["value"], shown["source"]) == (None, None)
    ended = nexus("secrets", "test", "GEMINI_API_KEY", env=env, code=1)
    assert "NX-C22" in ended.err and "the feature stays off" in ended.err
    [note] = nexus.json("process", data / "nfe" / NOTE, env=env).objects
    assert note["state"] in ("done", "needs_review")


def test_addresses_are_off_by_default_and_say_where_they_come_from(nexus: Nexus, env: dict[str, str]) -> None:
    def shown(key: str, **changes: str) -> tuple[object, object, object]:
        value = nexus.json("config", "show", key, env=env | changes).object
        return value["value"], value["source"], value["where"]

    nexus.json("init", env=env)
    assert shown("telemetry.otlp_url") == ("", "default", None)
    assert shown("SENTRY_DSN") == (None, None, None)
    file = nexus.directory / "config.toml"
    file.write_text('[telemetry]\notlp_url = "http://127.0.0.1:4318"\n')
    assert shown("telemetry.otlp_url") == ("http://127.0.0.1:4318", "config.toml", str(file))
    nexus.json("config", "set", "telemetry.otlp_url", "http://127.0.0.1:9", env=env)
    value, source, where = shown("telemetry.otlp_url")
    assert (value, source) == ("http://127.0.0.1:9", "setting") and str(where).endswith(", cli")
    secret = {"OTEL_EXPORTER_URL": "https://user:canary@otlp.example", "SENTRY_DSN": "https://canary@sentry.example/1"}
    assert shown("telemetry.otlp_url", **secret) == ("https://********@otlp.example", "env", "OTEL_EXPORTER_URL")
    assert shown("SENTRY_DSN", **secret) == ("********", "env", "SENTRY_DSN")
    assert file.read_text() == '[telemetry]\notlp_url = "http://127.0.0.1:4318"\n'
    nexus.json("config", "set", "telemetry.otlp_url", "--unset", env=env)
    assert shown("telemetry.otlp_url")[1] == "config.toml"


@pytest.mark.parametrize("command", [("run",), ("process", "."), ("docs", "ls"), ("queues", "pause", "audit")])
def test_nothing_starts_on_a_bad_configuration(nexus: Nexus, env: dict[str, str], command: tuple[str, ...]) -> None:
    nexus.json("init", env=env)
    file = nexus.directory / "config.toml"
    file.write_text("[agents.a4]\ntimeout = 5\n")
    ended = nexus(*command, env=env, code=78)
    assert f"{file}: there is no setting agents.a4.timeout, did you mean agents.a4.timeout_ms?" in ended.err
    named = nexus(*command, "--config", "/nonexistent.toml", env=env, code=78)
    assert "NX-C02" in named.err and "/nonexistent.toml" in named.err
    assert nexus("status", env=env).code == 0


def test_validate_lists_everything_and_path_says_what_is_read(
    nexus: Nexus, env: dict[str, str], tmp_path: Path
) -> None:
    assert nexus.json("config", "validate", env=env).object == {"status": "pass", "file": None, "problems": []}
    other = tmp_path / "other.toml"
    other.write_text("a = 1\n[http]\nport = -1\n")
    told = nexus.json("config", "validate", other, env=env, code=78).object
    assert told["status"] == "fail" and [one["code"] for one in told["problems"]] == ["NX-C04", "NX-C05"]
    where = nexus.json("config", "path", env=env).object
    assert where["file"] is None and where["searched"][0] == str(nexus.directory / "config.toml")
    assert nexus.json("config", "path", "--config", other, env=env).object["file"] == str(other)


def test_a_wrong_key_or_value_of_a_live_change_is_78_and_stores_nothing(nexus: Nexus, env: dict[str, str]) -> None:
    with nexus.running():
        for arguments, said in (
            (("agents.a4.timeout", "5"), "did you mean agents.a4.timeout_ms?"),
            (("http.port", "x"), "http.port is a whole number, not x."),
            (("secrets.keyring", "evil.Keyring"), "NEXUS_SECRETS_KEYRING"),
        ):
            assert said in nexus("config", "set", *arguments, env=env, code=78).err
    connection = sqlite3.connect(nexus.directory / "nexus.db")
    assert connection.execute("SELECT count(*) FROM setting").fetchone() == (0,)
    connection.close()


def test_language_tenant_and_zone_count_for_the_next_command(nexus: Nexus, env: dict[str, str], data: Path) -> None:
    env |= {"NEXUS_LANG": "", "TZ": "UTC"}
    nexus.json("kv", "put", "canary", "x", "--ttl", "86400", env=env)
    nexus.json("add", data / "nfe" / NOTE, env=env)

    def keys(**changes: str) -> str:
        return nexus("kv", "ls", env=env | changes).out

    english = keys()
    assert english.startswith("key")
    for key, value in (("language", "pt"), ("tenant", "acme"), ("display.zone", "Asia/Tokyo")):
        nexus.json("config", "set", key, value, env=env)
    assert keys().startswith("chave") and keys(NEXUS_LANG="en").startswith("key")
    [utc, tokyo] = [moment(text) for text in (english, keys(NEXUS_LANG="en"))]
    assert (tokyo - utc).total_seconds() == 9 * 3600
    # Known to another tenant only, until something is added to this one; a variable counts over what is configured.
    assert nexus.json("docs", "ls", env=env).objects == []
    assert nexus.json("docs", "ls", env=env | {"NEXUS_TENANT": "default"}).object["tenantId"] == "default"
    nexus.json("add", data / "nfe" / NOTE, env=env)
    assert nexus.json("docs", "ls", env=env).object["tenantId"] == "acme"
    assert len(nexus.json("docs", "ls", "--tenant", "*", env=env).objects) == 2


def moment(table: str) -> datetime:
    """When the key expires, as the table says it."""
    [line] = [line for line in table.splitlines() if line.startswith("canary")]
    [found] = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line)
    return datetime.fromisoformat(found)


def test_an_agents_attempts_count_from_the_next_start(nexus: Nexus, env: dict[str, str], data: Path) -> None:
    note = data / "nfe" / NOTE
    nexus.json("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5", env=env)
    [acknowledged] = nexus.json("add", note, env=env).objects
    sha = nexus.json("docs", "show", acknowledged["docId"], env=env).object["sha256"]
    blob = nexus.directory / "blobs" / sha[:2] / sha[2:]
    blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    told = nexus.json("config", "set", "agents.a1.max_attempts", "2", env=env).object
    assert (told["value"], told["source"], told["effect"]) == (2, "setting", "next start")
    with nexus.running() as service:
        [letter] = until(lambda: nexus.json("dlq", "ls", env=env).objects)
        assert letter["attempts"] == 2 == len(letter["history"])
        service.signal(signal.SIGTERM)
        service.ended()
