"""Secrets: which source counts, what the encrypted file withstands, and keyrings that sleep, refuse or are not there."""

from __future__ import annotations

import json
import os
import resource
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.errors import (
    BadSecret,
    KeyringLocked,
    NoKeyring,
    NoSecret,
    SecretFailure,
    UnknownSecret,
    UnreadableSecret,
    VaultDamaged,
    VaultLocked,
)
from engine.settings.resolver import Resolver
from engine.settings.ring import Ring
from engine.settings.vault import Vault

NAME = "GITHUB_TOKEN"
BACKEND = """
import time
from keyring.backend import KeyringBackend

HELD = {}

class Good(KeyringBackend):
    priority = 1
    def get_password(self, service, name):
        return HELD.get((service, name))
    def set_password(self, service, name, value):
        HELD[service, name] = value
    def delete_password(self, service, name):
        del HELD[service, name]

class Asleep(Good):
    def get_password(self, *called):
        time.sleep(600)
    set_password = delete_password = get_password

class Refusing(Good):
    def get_password(self, service, name):
        raise RuntimeError("locked, and the value is canary")
    def set_password(self, service, name, value):
        raise RuntimeError(f"locked, and the value is {value}")
"""


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module with keyrings of the real library's own kind."""
    (tmp_path / "some_keyring.py").write_text(BACKEND)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("some_keyring", None)
    return "some_keyring"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"NEXUS_SECRETS_KEY_FILE": str(tmp_path / "elsewhere" / "secrets.key")}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def test_the_sources_in_their_order(data: Path, tmp_path: Path, environ: dict[str, str], backend: str) -> None:
    def source() -> str:
        found = Resolver(data, environ, Ring(f"{backend}.Good")).resolve(NAME)
        assert found.reveal() == f"value of {found.source}"
        return found.source

    with pytest.raises(NoSecret):
        Resolver(data, environ, Ring(f"{backend}.Good")).resolve(NAME)
    Vault(data, None, Path(environ["NEXUS_SECRETS_KEY_FILE"])).put(NAME, "value of encrypted file")
    assert source() == "encrypted file"
    Ring(f"{backend}.Good").put(NAME, "value of keyring")
    assert source() == "keyring"
    (tmp_path / "token").write_text("value of env file\n")
    environ[f"{NAME}_FILE"] = str(tmp_path / "token")
    assert source() == "env file"
    environ[NAME] = "value of env"
    assert source() == "env"
    (tmp_path / NAME).write_text("value of credential\n")
    environ["CREDENTIALS_DIRECTORY"] = str(tmp_path)
    assert source() == "credential"


def test_a_value_is_in_no_representation(data: Path, environ: dict[str, str]) -> None:
    found = Resolver(data, environ | {NAME: "canary-0815"}).resolve(NAME)
    assert "canary" not in repr(found) and "canary" not in f"{found}"


def test_a_process_that_reveals_a_value_leaves_no_core_file(data: Path, environ: dict[str, str]) -> None:
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    Resolver(data, environ | {NAME: "canary-0815"}).resolve(NAME).reveal()
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


def test_a_variable_that_names_no_readable_file_is_an_error_and_not_passed_over(
    data: Path, environ: dict[str, str]
) -> None:
    Resolver(data, environ).put(NAME, "kept-in-the-file")
    environ[f"{NAME}_FILE"] = "/nonexistent/token"
    with pytest.raises(UnreadableSecret, match="/nonexistent/token"):
        Resolver(data, environ).resolve(NAME)


@pytest.mark.parametrize("name", ["../../etc/passwd", "PATH", "gemini_api_key", ""])
def test_only_known_names_are_looked_for(data: Path, environ: dict[str, str], name: str) -> None:
    with pytest.raises(UnknownSecret):
        Resolver(data, environ).resolve(name)


@pytest.mark.parametrize(
    "value", ["", "  ", "two\nlines-of-it", "nul\0nul-nul", "short", "with blanks within", "x" * 20_000]
)
def test_what_cannot_be_a_secret_is_refused_and_not_repeated(data: Path, environ: dict[str, str], value: str) -> None:
    with pytest.raises(BadSecret) as told:
        Resolver(data, environ).put(NAME, value)
    assert not value.strip() or value not in str(told.value)
    assert not (data / "secrets.enc").exists()


# The encrypted file --------------------------------------------------------------------------------


def test_the_encrypted_file_holds_no_value_and_is_for_its_owner_only(data: Path, environ: dict[str, str]) -> None:
    resolver = Resolver(data, environ)
    resolver.put(NAME, "canary-0815")
    resolver.put("SENTRY_DSN", "https://canary@sentry.example/1")
    content = (data / "secrets.enc").read_bytes()
    assert b"canary" not in content and NAME.encode() not in content
    key = Path(environ["NEXUS_SECRETS_KEY_FILE"])
    assert {stat.S_IMODE(path.stat().st_mode) for path in (data / "secrets.enc", key)} == {0o600}
    assert resolver.resolve(NAME).reveal() == "canary-0815"
    assert resolver.remove(NAME) == ("encrypted file",)
    with pytest.raises(NoSecret):
        resolver.resolve(NAME)
    assert resolver.resolve("SENTRY_DSN").source == "encrypted file"


def test_the_same_value_is_sealed_anew_each_time(data: Path, environ: dict[str, str]) -> None:
    seen = set()
    for _ in range(2):
        Resolver(data, environ).put(NAME, "the-same-value")
        sealed = json.loads((data / "secrets.enc").read_bytes())
        seen |= {sealed["salt"], sealed["nonce"], sealed["body"]}
    assert len(seen) == 6


def test_another_passphrase_opens_nothing(data: Path, environ: dict[str, str]) -> None:
    Resolver(data, {"NEXUS_SECRETS_PASSPHRASE": "right"}).put(NAME, "some-value")
    assert Resolver(data, {"NEXUS_SECRETS_PASSPHRASE": "right"}).resolve(NAME).reveal() == "some-value"
    for wrong in ({"NEXUS_SECRETS_PASSPHRASE": "wrong"}, environ):
        with pytest.raises(VaultLocked):
            Resolver(data, wrong).resolve(NAME)
        with pytest.raises(VaultLocked):
            Resolver(data, wrong).put(NAME, "other-value")
    assert Resolver(data, {"NEXUS_SECRETS_PASSPHRASE": "right"}).resolve(NAME).reveal() == "some-value"


def test_the_passphrase_may_be_a_credential(data: Path, tmp_path: Path) -> None:
    (tmp_path / "NEXUS_SECRETS_PASSPHRASE").write_text("right\n")
    Resolver(data, {"CREDENTIALS_DIRECTORY": str(tmp_path)}).put(NAME, "some-value")
    assert Resolver(data, {"NEXUS_SECRETS_PASSPHRASE": "right"}).resolve(NAME).reveal() == "some-value"


def test_every_changed_byte_is_noticed(data: Path, environ: dict[str, str]) -> None:
    Resolver(data, environ).put(NAME, "some-value")
    path = data / "secrets.enc"
    whole = path.read_bytes()
    sealed = json.loads(whole)
    changes = [{**sealed, name: sealed[name][:-4] + "AAA="} for name in ("salt", "nonce", "body")]
    changes += [{**sealed, "format": 2}, {"format": 1}, [], "x"]
    for content in [*(json.dumps(one).encode() for one in changes), whole[:-9], b"", b"\xff\xfe", b"[" * 100_000]:
        path.write_bytes(content)
        with pytest.raises((VaultLocked, VaultDamaged)):
            Resolver(data, environ).resolve(NAME)


def test_a_key_that_others_may_read_is_refused(data: Path, environ: dict[str, str]) -> None:
    Resolver(data, environ).put(NAME, "some-value")
    Path(environ["NEXUS_SECRETS_KEY_FILE"]).chmod(0o640)
    with pytest.raises(VaultLocked, match="chmod 600"):
        Resolver(data, environ).resolve(NAME)


def test_two_who_keep_secrets_at_once_lose_none(data: Path, environ: dict[str, str]) -> None:
    names = ["GITHUB_TOKEN", "GEMINI_API_KEY", "LOGFLARE_API_KEY", "CLOUDFLARE_API_TOKEN"]
    Resolver(data, environ).put("REPORT_BUCKET_ACCESS_KEY_ID", "made-the-key")
    threads = [threading.Thread(target=Resolver(data, environ).put, args=(name, f"value-{name}")) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.secret.name for one in Resolver(data, environ).everyone() if one.source} == {
        *names,
        "REPORT_BUCKET_ACCESS_KEY_ID",
    }
    assert not (data / "secrets.tmp").exists()


# Keyrings ------------------------------------------------------------------------------------------


def test_where_a_keyring_is_secrets_go_into_it_and_stay_nowhere_else(
    data: Path, environ: dict[str, str], backend: str
) -> None:
    Resolver(data, environ).put(NAME, "older-value")
    resolver = Resolver(data, environ, Ring(f"{backend}.Good"))
    kept = resolver.put(NAME, "newer-value")
    assert (kept.source, kept.where) == ("keyring", f"{backend}.Good")
    assert Vault(data, None, Path(environ["NEXUS_SECRETS_KEY_FILE"])).read() == {}
    assert resolver.remove(NAME) == ("keyring",)
    with pytest.raises(NoSecret):
        resolver.resolve(NAME)


@pytest.mark.quiet
def test_a_keyring_that_sleeps_costs_two_seconds_once(data: Path, environ: dict[str, str], backend: str) -> None:
    resolver = Resolver(data, environ, Ring(f"{backend}.Asleep"))
    began = time.monotonic()
    with pytest.raises(KeyringLocked, match="within 2 seconds"):
        resolver.resolve(NAME)
    with pytest.raises(KeyringLocked):
        resolver.put(NAME, "some-value")
    assert {one.problem.code for one in resolver.everyone() if one.problem} == {"NX-C25"}
    assert time.monotonic() - began < 3
    assert not (data / "secrets.enc").exists()
    assert resolver.put(NAME, "some-value", "file").source == "encrypted file"


def test_a_keyring_that_refuses_is_told_without_its_own_words(
    data: Path, environ: dict[str, str], backend: str
) -> None:
    with pytest.raises(KeyringLocked) as told:
        Resolver(data, environ, Ring(f"{backend}.Refusing")).put(NAME, "canary-0815")
    assert str(told.value) == "The keyring refused: RuntimeError."
    assert told.value.__cause__ is None and told.value.__suppress_context__


def test_a_locked_keyring_does_not_hide_what_the_file_holds(data: Path, environ: dict[str, str], backend: str) -> None:
    Resolver(data, environ).put(NAME, "some-value")
    assert Resolver(data, environ, Ring(f"{backend}.Refusing")).resolve(NAME).source == "encrypted file"


@pytest.mark.parametrize(
    ("choice", "said"),
    [("off", "turned off"), ("no_such.Keyring", "cannot be loaded"), ("auto", "not one of those that are allowed")],
)
def test_a_keyring_that_is_not_there_or_not_allowed(
    data: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, backend: str, choice: str, said: str
) -> None:
    import keyring.core

    monkeypatch.setattr(keyring.core, "_keyring_backend", keyring.core.load_keyring(f"{backend}.Good"))
    resolver = Resolver(data, environ, Ring(choice))
    with pytest.raises(NoKeyring, match=said):
        resolver.put(NAME, "some-value", "keyring")
    assert resolver.put(NAME, "some-value").source == "encrypted file"
    assert all(one.problem is None for one in resolver.everyone())


@pytest.mark.quiet
def test_an_engine_that_starts_asks_no_keyring(
    data: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    from engine.facade.secrets import secrets_of

    monkeypatch.setenv("NEXUS_SECRETS_KEYRING", f"{backend}.Asleep")
    began = time.monotonic()
    with pytest.raises(SecretFailure):
        secrets_of(data, environ={**os.environ, **environ}, keyring=False).resolve(NAME)
    assert time.monotonic() - began < 1
