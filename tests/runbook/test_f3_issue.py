"""F3: a dead letter becomes an issue of the configured repository, once a fault, with nothing of the document and the token in one header."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.notes import write
from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus, environment, first_line, until
from tests.runbook.github import BREAKS_OFF, TOKEN, GitHub, github

PRIVATE = re.compile(r"<(?:xNome|xFant|CNPJ|CPF|vNF|vProd|chNFe|xProd|email)>([^<]{5,})<")


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A data directory with two dead letters of one fault, and what stands in their documents. Only for copying."""
    folder = tmp_path_factory.mktemp("poisoned")
    nexus = Nexus(folder / "data")
    nexus.json("queues", "set", "parse", "backoff_ms=1", "backoff_max_ms=2")
    write(folder / "in", 2)
    private: set[str] = set()
    for told in nexus.json("add", folder / "in").objects:
        sha = nexus.json("docs", "show", told["docId"]).object["sha256"]
        blob = nexus.directory / "blobs" / sha[:2] / sha[2:]
        content = blob.read_bytes()
        private |= set(PRIVATE.findall(content.decode())) | {Path(told["file"]).name}
        blob.write_bytes(content[:-1] + b"?")
    with nexus.running() as service:
        until(lambda: len(nexus.json("dlq", "ls").objects) == 2)
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    assert len(private) > 10
    return nexus.directory, private


@pytest.fixture
def nexus(poisoned: tuple[Path, set[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Nexus:
    """A copy of it, as a user has it who has configured nothing."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    monkeypatch.delenv("GITHUB_API_URL", raising=False)
    shutil.copytree(poisoned[0], tmp_path / "data", ignore=shutil.ignore_patterns("*.sock"))
    return Nexus(tmp_path / "data")


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """GitHub, where commands and services of this test look for it."""
    with github() as found:
        monkeypatch.setenv("GITHUB_API_URL", found.address)
        yield found


@pytest.fixture
def configured(nexus: Nexus) -> Nexus:
    nexus("config", "set", "github.repository", "acme/nexus")
    kept = subprocess.run(
        nexus.line(("secrets", "set", "GITHUB_TOKEN", "--to", "file")),
        input=TOKEN.encode(),
        env=environment(),
        capture_output=True,
        check=True,
    )
    assert TOKEN.encode() not in kept.stdout + kept.stderr
    return nexus


@contextmanager
def serving(nexus: Nexus) -> Iterator[Callable[[str, int], httpx.Response]]:
    """A service, and a way to have a letter filed over its local API."""
    process = subprocess.Popen(
        nexus.line(("serve", "--port", "0", "--json")),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        address = first_line(process)["http"]
        headers = {"Authorization": f"Bearer {(nexus.directory / 'api.token').read_text()}"}

        def ask(command: str, letter: int) -> httpx.Response:
            wire = {"command_id": command, "command": {"type": "FileIssue", "message": letter}}
            return httpx.post(f"{address}/api/local/commands", json=wire, headers=headers, timeout=20, trust_env=False)

        yield ask
    finally:
        process.kill()
        process.communicate()


def letters(nexus: Nexus) -> list[Any]:
    found = nexus.json("dlq", "ls").objects
    assert len({one["fingerprint"] for one in found}) == 1 and len(found) == 2
    return found


def remembered(nexus: Nexus) -> list[Any]:
    return nexus.json("kv", "ls", "issue:", "--namespace", "local").objects


def test_two_letters_of_one_fault_are_one_issue(
    configured: Nexus, there: GitHub, poisoned: tuple[Path, set[str]]
) -> None:
    nexus = configured
    first, second = letters(nexus)
    said = []
    with nexus.running() as service:
        filed = nexus.json("dlq", "issue", str(first["id"]), "--post")
        assert filed.object["already"] is False and filed.object["url"] == "https://github.com/acme/nexus/issues/1"
        again = nexus.json("dlq", "issue", str(second["id"]), "--post")
        assert again.object["already"] is True and again.object["url"] == filed.object["url"]
        said += [filed, again]
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
    # It is remembered by the data directory, not by the process.
    alone = nexus("dlq", "issue", str(second["id"]), "--post")
    assert alone.out == "already filed: https://github.com/acme/nexus/issues/1\n"
    assert "já registrada: https" in nexus("dlq", "issue", str(second["id"]), "--post", "--lang", "pt").out
    [key] = remembered(nexus)
    assert key["expires_ms"] is None and first["fingerprint"] in key["key"]

    [(path, headers, content)] = there.asked
    assert path == "/repos/acme/nexus/issues"
    assert headers.pop("authorization") == f"Bearer {TOKEN}"
    assert headers["accept"] == "application/vnd.github+json"
    issue = json.loads(content)
    assert set(issue) == {"title", "body"}
    assert f"<!-- nexus-fingerprint: {first['fingerprint']} -->" in issue["body"]
    assert first["traceId"] in issue["body"] and first["error"]["code"] in issue["title"]
    assert "| Nexus | `0.1.0` |" in issue["body"]
    # When it was created is told by the clock of whoever looks, to the millisecond.
    printed, filed_text = (
        re.sub(r"\| Created .*", "", text)
        for text in (nexus("dlq", "issue", str(first["id"])).out, f"# {issue['title']}\n\n{issue['body']}")
    )
    assert printed == filed_text
    sent = path + json.dumps(headers) + content.decode()
    assert [private for private in poisoned[1] if private in sent] == []
    assert TOKEN not in sent
    for ended in (*said, alone):
        assert TOKEN not in ended.out + ended.err
    for file in nexus.directory.rglob("*"):
        if file.is_file():
            assert TOKEN.encode() not in file.read_bytes(), file


REFUSALS: list[tuple[int, dict[str, str], bytes | None, str, int]] = [
    (401, {}, None, "NX-G05", 78),
    (403, {}, None, "NX-G05", 78),
    (403, {"x_ratelimit_remaining": "0"}, None, "NX-G08", 69),
    (429, {"retry_after": "60"}, None, "NX-G08", 69),
    (404, {}, None, "NX-G06", 78),
    (301, {"location": "http://127.0.0.1:1/elsewhere"}, None, "NX-G06", 78),
    (410, {}, None, "NX-G07", 69),
    (422, {}, f'{{"message":"{TOKEN}"}}'.encode(), "NX-G07", 69),
    (500, {}, b"<html>", "NX-G01", 69),
    (BREAKS_OFF, {}, None, "NX-G09", 69),
    (201, {}, b"[1]", "NX-G01", 69),
    (201, {}, b'{"number":1,"html_url":"javascript:x"}', "NX-G01", 69),
]


def test_what_github_refuses_is_told_and_not_remembered(configured: Nexus, there: GitHub) -> None:
    nexus, letter = configured, letters(configured)[0]["id"]
    with serving(nexus) as ask:
        for number, (status, headers, body, code, exit_code) in enumerate(REFUSALS):
            there.answers(status, body, **headers)
            answer = ask(f"refused-{number}", letter)
            told = answer.json()
            assert (answer.status_code, told["code"], told["exitCode"]) == (503, code, exit_code), told
            assert told["title"] and told["message"] and told["hint"] and TOKEN not in answer.text
        assert len(there.asked) == len(REFUSALS)
        there.answers(401)
        error = nexus.json("dlq", "issue", str(letter), "--post", code=78)
        assert error.out == "" and json.loads(error.err)["error"]["code"] == "NX-G05"
        told = nexus("dlq", "issue", str(letter), "--post", "--lang", "pt", code=78).err
        assert (
            "Token recusado (NX-G05): O GitHub não conhece o token" in told and "nexus secrets set GITHUB_TOKEN" in told
        )
        assert remembered(nexus) == []
        there.answers(201)
        assert nexus.json("dlq", "issue", str(letter), "--post").object["already"] is False


def test_a_github_that_hangs_holds_up_no_document(configured: Nexus, there: GitHub, data: Path) -> None:
    nexus, letter = configured, str(letters(configured)[0]["id"])
    there.hold.clear()
    with nexus.running():
        began = time.monotonic()
        posting = subprocess.Popen(
            nexus.line(("dlq", "issue", letter, "--post", "--json")),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        until(lambda: there.asked)
        assert nexus.json("process", data / "nfe" / NOTE).object["state"] == "done"
        assert posting.poll() is None
        out, err = posting.communicate(timeout=20)
        assert 9 < time.monotonic() - began < 16
        assert (posting.returncode, out) == (69, b"") and json.loads(err)["error"]["code"] == "NX-G09"
        assert remembered(nexus) == [] and len(there.asked) == 1


def test_where_nothing_listens_and_where_no_token_may_go(configured: Nexus, monkeypatch: pytest.MonkeyPatch) -> None:
    nexus, letter = configured, str(letters(configured)[0]["id"])
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")
        assert "NX-G10" in nexus("dlq", "issue", letter, "--post", code=69).err
    for address in (
        "http://github.example",
        "http://127.0.0.1.example:1",
        "https://user:canary@github.example",
        "ftp://x",
        "nonsense",
        "https://x:y",
    ):
        monkeypatch.setenv("GITHUB_API_URL", address)
        told = nexus("dlq", "issue", letter, "--post", code=78).err
        assert "NX-G04" in told and "canary" not in told, address
    assert remembered(nexus) == []


def test_what_is_not_configured_is_named_and_the_text_is_printed_all_the_same(nexus: Nexus, there: GitHub) -> None:
    letter = str(letters(nexus)[0]["id"])
    told = nexus("dlq", "issue", letter, "--post", code=78)
    assert "NX-G02" in told.err and "nexus config set github.repository" in told.err and told.out == ""
    nexus("config", "set", "github.repository", "acme/nexus")
    told = nexus("dlq", "issue", letter, "--post", code=78)
    assert "NX-G03" in told.err and "nexus secrets set GITHUB_TOKEN" in told.err and told.out == ""
    assert nexus("dlq", "issue", letter).out.startswith("# NX-A02 ")
    assert "NX-F07" in json.dumps(nexus.json("dlq", "issue", "999999", "--post", code=1).object)
    assert there.asked == []


def test_two_at_once_over_the_local_api_are_one_issue(configured: Nexus, there: GitHub) -> None:
    found = letters(configured)
    with serving(configured) as ask, ThreadPoolExecutor(2) as pool:
        results = [one.json() for one in pool.map(lambda letter: ask(f"at-once-{letter['id']}", letter["id"]), found)]
        assert sorted(one["data"]["already"] for one in results) == [False, True]
        assert len({one["data"]["url"] for one in results}) == len(there.asked) == 1
