"""D2: a secret set by any source is found and used, and its value appears nowhere else."""

from __future__ import annotations

import subprocess
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import REPOSITORY, Nexus, environment, until

NAME = "GEMINI_API_KEY"
CANARY = "canary-7f3a9b21c0de"
KEYRINGS = '''
import json, os, time
from keyring.backend import KeyringBackend

class Kept(KeyringBackend):
    """Keeps what it is given beside the test, where a real one keeps it in the session."""
    priority = 1
    path = os.environ.get("KEPT_IN", "")
    def _all(self):
        return json.load(open(self.path)) if os.path.exists(self.path) else {}
    def get_password(self, service, name):
        return self._all().get(name)
    def set_password(self, service, name, value):
        json.dump({**self._all(), name: value}, open(self.path, "w"))
    def delete_password(self, service, name):
        held = self._all()
        del held[name]
        json.dump(held, open(self.path, "w"))

class Asleep(KeyringBackend):
    priority = 1
    def get_password(self, *called):
        time.sleep(600)
    set_password = delete_password = get_password

class Locked(KeyringBackend):
    priority = 1
    def get_password(self, *called):
        raise RuntimeError("the collection is locked")
    set_password = delete_password = get_password
'''


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A user's folder of his own, and a module with keyrings."""
    (tmp_path / "keyrings").mkdir()
    (tmp_path / "keyrings" / "test_keyrings.py").write_text(KEYRINGS)
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "user"),
        "KEPT_IN": str(tmp_path / "session.json"),
        "PYTHONPATH": f"{REPOSITORY}:{tmp_path / 'keyrings'}",
    }


def keep(nexus: Nexus, env: dict[str, str], *options: str) -> tuple[str, set[bytes]]:
    """`nexus secrets set` with the value on stdin; what it printed, and every command line that was seen while it ran."""
    line = nexus.line(("secrets", "set", NAME, *options))
    process = subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**env)
    )
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    seen = set()
    time.sleep(0.3)
    process.stdin.write(f"{CANARY}\n".encode())
    process.stdin.close()
    while process.poll() is None:
        seen.add(Path(f"/proc/{process.pid}/cmdline").read_bytes())
        time.sleep(0.02)
    out, err = process.stdout.read().decode(), process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    assert process.returncode == 0, err
    return out + err, seen


def by_file(nexus: Nexus, env: dict[str, str], tmp_path: Path) -> tuple[str, str]:
    told, seen = keep(nexus, env, "--to", "file")
    assert all(CANARY.encode() not in line for line in seen) and CANARY not in told
    return "encrypted file", str(nexus.directory / "secrets.enc")


def by_keyring(nexus: Nexus, env: dict[str, str], tmp_path: Path) -> tuple[str, str]:
    env["NEXUS_SECRETS_KEYRING"] = "test_keyrings.Kept"
    told, seen = keep(nexus, env)
    assert all(CANARY.encode() not in line for line in seen) and CANARY not in told
    return "keyring", "test_keyrings.Kept"


def by_variable(nexus: Nexus, env: dict[str, str], tmp_path: Path) -> tuple[str, str]:
    env[NAME] = CANARY
    return "env", NAME


def by_file_of_variable(nexus: Nexus, env: dict[str, str], tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "token").write_text(f"{CANARY}\n")
    env[f"{NAME}_FILE"] = str(tmp_path / "token")
    return "env file", f"{NAME}_FILE"


def by_credential(nexus: Nexus, env: dict[str, str], tmp_path: Path) -> tuple[str, str]:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / NAME).write_text(CANARY)
    env["CREDENTIALS_DIRECTORY"] = str(folder)
    return "credential", str(folder / NAME)


@pytest.mark.parametrize("source", [by_file, by_keyring, by_variable, by_file_of_variable, by_credential])
def test_the_source_is_shown_and_the_value_is_nowhere(
    nexus: Nexus, env: dict[str, str], tmp_path: Path, data: Path, source: Callable[..., tuple[str, str]]
) -> None:
    nexus.json("init", env=env)
    kind, where = source(nexus, env, tmp_path)
    printed = [nexus.json("secrets", "test", NAME, env=env)]
    assert (printed[0].object["source"], printed[0].object["where"]) == (kind, where)
    printed.append(nexus.json("secrets", "ls", env=env))
    [listed] = [one for one in printed[-1].objects if one["name"] == NAME]
    assert (listed["set"], listed["source"], listed["where"]) == (True, kind, where)
    printed.append(nexus.json("config", "show", NAME, env=env))
    assert (printed[-1].object["value"], printed[-1].object["source"]) == ("********", kind)
    note = data / "nfe" / NOTE
    bundle = tmp_path / "bundle.zip"
    for call in (("secrets", "ls"), ("config", "show"), ("process", note), ("status",), ("doctor", "--bundle", bundle)):
        printed.append(nexus(*call, env=env))
    assert all(CANARY not in ended.out + ended.err for ended in printed)
    for path in nexus.directory.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
    with zipfile.ZipFile(bundle) as archive:
        assert all(CANARY.encode() not in archive.read(name) for name in archive.namelist())
        assert kind.encode() in archive.read("doctor.json")


def test_a_running_engine_shows_it_to_nobody(nexus: Nexus, env: dict[str, str], tmp_path: Path) -> None:
    by_file(nexus, env, tmp_path)
    with nexus.running() as service:
        process = Path(f"/proc/{service.told['pid']}")
        until(lambda: (process / "cmdline").read_bytes())
        for name in ("cmdline", "environ"):
            assert CANARY.encode() not in (process / name).read_bytes()
        assert nexus.json("secrets", "test", NAME, env=env).object["source"] == "encrypted file"


def test_a_value_as_an_argument_is_refused_and_not_repeated(nexus: Nexus, env: dict[str, str]) -> None:
    ended = nexus("secrets", "set", NAME, CANARY, env=env, code=2)
    assert CANARY not in ended.out + ended.err and "pipe it in" in ended.err
    assert not (nexus.directory / "secrets.enc").exists()


@pytest.mark.quiet
@pytest.mark.parametrize(("keyring", "said"), [("Asleep", "within 2 seconds"), ("Locked", "refused: RuntimeError")])
def test_a_keyring_that_hangs_or_is_locked_is_told_soon_with_the_next_step(
    nexus: Nexus, env: dict[str, str], keyring: str, said: str
) -> None:
    env["NEXUS_SECRETS_KEYRING"] = f"test_keyrings.{keyring}"
    line = nexus.line(("secrets", "set", NAME))
    began = time.monotonic()
    ran = subprocess.run(
        line, input=CANARY, capture_output=True, text=True, env=environment(**env), timeout=30, check=False
    )
    assert ran.returncode == 69 and time.monotonic() - began < 5
    assert "NX-C25" in ran.stderr and said in ran.stderr and "--to file" in ran.stderr and CANARY not in ran.stderr
    told = nexus.json("secrets", "test", NAME, env=env, code=69)
    assert '"NX-C25"' in told.err
    began = time.monotonic()
    nexus.json("init", env=env)
    assert time.monotonic() - began < 5
    assert keep(nexus, env, "--to", "file")[0]
    assert nexus.json("secrets", "test", NAME, env=env).object["source"] == "encrypted file"


def test_without_a_keyring_the_encrypted_file_takes_over_and_a_wish_for_one_is_declined(
    nexus: Nexus, env: dict[str, str]
) -> None:
    env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    declined = subprocess.run(
        nexus.line(("secrets", "set", NAME, "--to", "keyring")),
        input=CANARY,
        capture_output=True,
        text=True,
        env=environment(**env),
        timeout=30,
        check=False,
    )
    assert declined.returncode == 69 and "NX-C24" in declined.stderr and "--to file" in declined.stderr
    assert "encrypted file" in keep(nexus, env)[0]
    removed = nexus.json("secrets", "rm", NAME, env=env).object
    assert removed == {"name": NAME, "removed": ["encrypted file"], "still": None}
    gone = nexus("secrets", "test", NAME, env=env, code=1)
    assert "NX-C22" in gone.err and "nexus secrets set" in gone.err


def test_what_a_variable_still_says_after_a_removal_is_told(nexus: Nexus, env: dict[str, str]) -> None:
    keep(nexus, env, "--to", "file")
    env[NAME] = CANARY
    told = nexus.json("secrets", "rm", NAME, env=env).object
    assert told["removed"] == ["encrypted file"] and told["still"] == "env"
