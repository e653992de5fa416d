"""A canary: secrets of every consumer at once, telemetry and all exporters on, receivers that say the key back; it is found nowhere but in the header it belongs to."""

from __future__ import annotations

import base64
import os
import signal
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Ended, Nexus, environment, until
from tests.runbook.github import github
from tests.runbook.receiver import Receiver, receiving
from tests.runbook.test_l3_serve import serving

#: Each as its consumer wants it to look; the part that no other text has.
CANARIES = {
    "GITHUB_TOKEN": "ghp_Kolibri7Zaunkoenig42Feuersalamander9",
    "LOGFLARE_API_KEY": "Rotkehlchen5Wiedehopf77Nachtigall31Lerche",
    "GEMINI_API_KEY": "AIzaTurmfalke88Schleiereule12Waldkauz3",
    "CLOUDFLARE_API_TOKEN": "Grauspecht64Kleiber09Gartenrotschwanz5x",
}
DSN_KEY = "5e1f0a7bcafe4d2293b8d6e1aa00c4f7"


def disguises(secret: str) -> set[bytes]:
    """The secret, and what it looks like in the encodings it might be written in; halves too, for what is cut."""
    plain = secret.encode()
    half = len(secret) // 2
    return {
        plain, plain[:half], plain[half:], plain[::-1], plain.hex().encode(), base64.b64encode(plain), base64.urlsafe_b64encode(plain).rstrip(b"="),
        base64.b64encode(b"Bearer " + plain)[8:-4], quote(secret, safe="").encode(), secret.upper().encode(), secret.lower().encode(),
    }  # fmt: skip


SOUGHT = {disguise: name for name, secret in {**CANARIES, "SENTRY_DSN": DSN_KEY}.items() for disguise in disguises(secret)}


def found_in(content: bytes) -> set[str]:
    return {name for disguise, name in SOUGHT.items() if disguise in content}


def found_below(directory: Path) -> dict[str, set[str]]:
    return {str(path): told for path in directory.rglob("*") if path.is_file() and (told := found_in(path.read_bytes()))}


def from_files(tmp_path: Path, sentry: Receiver) -> dict[str, str]:
    """The secrets as a service has them: in files that variables name."""
    env = {}
    for name, secret in {**CANARIES, "SENTRY_DSN": f"http://{DSN_KEY}@127.0.0.1:{sentry.port}/42"}.items():
        (tmp_path / name).write_text(secret + "\n")
        env[f"{name}_FILE"] = str(tmp_path / name)
    return env


@pytest.mark.parametrize("status", [200, 401, 500])
def test_no_secret_is_anywhere_but_where_it_is_used(nexus: Nexus, data: Path, tmp_path: Path, status: int) -> None:
    everything = " ".join((*CANARIES.values(), DSN_KEY)).encode()
    with receiving() as otlp, receiving() as sentry, receiving() as logflare, github() as issues:
        for one in (otlp, sentry, logflare):
            one.status, one.answer = status, everything
        issues.answers(201 if status == 200 else status, None if status == 200 else b'{"message":"' + everything + b'"}')
        env = {
            **from_files(tmp_path, sentry), "OTEL_EXPORTER_URL": otlp.address, "LOGFLARE_API_URL": logflare.address, "GITHUB_API_URL": issues.address,
            "NEXUS_TELEMETRY_LOGFLARE_SOURCE": "source", "NEXUS_GITHUB_REPOSITORY": "acme/nexus",
        }  # fmt: skip
        told: list[Ended] = [nexus("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=5", env=env)]
        added = nexus.json("add", data / "nfe" / NOTE, env=env).object
        blob = next(path for path in (nexus.directory / "blobs").glob("??/*") if path.is_file())
        blob.write_bytes(blob.read_bytes()[:-1] + b"?")
        with serving(nexus, **env) as web:
            until(lambda: nexus.json("dlq", "ls", env=env).objects)
            letter = str(nexus.json("dlq", "ls", env=env).objects[0]["id"])
            told += [nexus("dlq", "issue", letter, env=env), nexus("dlq", "issue", letter, "--post", env=env, code=None), nexus("dlq", "show", letter, env=env)]
            until(lambda: otlp.asked and sentry.asked and logflare.asked, within_s=40)
            pages = [web.client.get(path).content for path in ("/metrics", "/readyz", "/healthz", "/api/reports/x")]
            pages += [web.client.get("/metrics", headers={"Authorization": f"Bearer {CANARIES['GITHUB_TOKEN']}"}).content]
            for process in {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}:
                try:
                    line = Path(f"/proc/{process}/cmdline").read_bytes()
                except OSError:
                    continue
                assert os.fsencode(nexus.directory) not in line or not found_in(line)
            told += [
                nexus(*command, env=env, code=None)
                for command in (
                    ("status",), ("doctor", "--bundle", str(tmp_path / "bundle.zip")), ("config", "show"), ("secrets", "ls"), ("trace", "logs"), ("trace", "metrics"),
                    ("trace", "show", added["jobId"]), ("docs", "show", added["docId"]), ("secrets", "test", "GITHUB_TOKEN"),
                )
            ]  # fmt: skip
            # As a crash would leave it.
            web.process.send_signal(signal.SIGABRT)
            out, err = web.process.communicate(timeout=20)
        assert not found_in(out + err)
        assert not any(found_in((one.out + one.err).encode()) for one in told), told
        assert not any(found_in(page) for page in pages)
        assert found_below(nexus.directory) == {}
        with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
            assert not any(found_in(bundle.read(name)) for name in bundle.namelist())
        bodies = [body for one in (otlp, sentry, logflare) for _, _, body in one.posts]
        assert bodies if status == 200 else not bodies
        assert not any(found_in(body) - {"SENTRY_DSN"} for body in bodies), "an envelope names its DSN, which is its address"
        assert issues.asked and not any(found_in(content) for _, _, content in issues.asked)
        # It is used where it belongs.
        assert any(CANARIES["GITHUB_TOKEN"] in headers["authorization"] for _, headers, _ in issues.asked)
    assert not any(found_in(f"{name}={value}".encode()) for name, value in environment(**env).items())
