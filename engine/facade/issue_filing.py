"""Filing a dead letter as an issue of the configured repository, in the process that owns the data directory.

A fault, told by its fingerprint, is filed once: the address of its issue is remembered in the store, without end, and answers every later
call. Nothing is remembered of a call that failed. The token goes into one header and nowhere else.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from engine.contract import codec
from engine.destination import destination
from engine.errors import (
    BadGitHubAddress,
    BadSecret,
    GitHubFailure,
    GitHubSilent,
    GitHubUnreachable,
    IssueRefused,
    NoRepository,
    NoSecret,
    NoToken,
    RateLimited,
    RepositoryMissing,
    TokenRefused,
)
from engine.facade import refusals
from engine.facade.commands import CommandResult, FileIssue
from engine.facade.configuration import configuration, rows
from engine.facade.folders import data_directory
from engine.facade.issue_text import IssueText, issue_text
from engine.facade.queues import letter_of
from engine.facade.secrets import checked, secret, secrets_of
from engine.outside import Clock, iso
from store import kv
from store.kv import Namespace
from store.store import Store

if TYPE_CHECKING:
    import httpx

TOKEN = "GITHUB_TOKEN"  # noqa: S105
REPOSITORY = "github.repository"
#: GitHub's own variable for the address of its API.
ADDRESS = "GITHUB_API_URL"
DEFAULT_ADDRESS = "https://api.github.com"
#: Seconds until a connection, and until the whole answer.
CONNECT_S, ANSWER_S = 5.0, 10.0
#: Bytes of an answer that are read at most; an issue is a few KiB.
LARGEST_ANSWER = 1024 * 1024
LONGEST_ADDRESS = 500


class Target(NamedTuple):
    """Where an issue goes. `base` ends without a slash."""

    base: str
    host: str
    loopback: bool
    repository: str
    token: str

    def __repr__(self) -> str:
        return f"Target({self.repository} at {self.host})"


def handlers(
    store: Store, clock: Clock, version: str, environ: Mapping[str, str] = os.environ
) -> dict[type[Any], Callable[[Any], Awaitable[CommandResult]]]:
    """A handler by the command's type."""
    return {FileIssue: _Filing(store, clock, version, environ).file}


def remembered_as(repository: str, fingerprint: str) -> str:
    """The local key of a fault's issue."""
    return f"issue:{repository.lower()}:{fingerprint}"


class _Filing:
    def __init__(self, store: Store, clock: Clock, version: str, environ: Mapping[str, str]) -> None:
        self._store = store
        self._clock = clock
        self._version = version
        self._environ = environ
        # Two letters of one fault must not pass each other between the look and the note.
        self._turn = asyncio.Lock()

    async def file(self, command: FileIssue) -> CommandResult:
        offset = self._clock.wall_ms() - self._clock.steady_ms()
        letter = await self._store.read(lambda connection: letter_of(connection, command.message, offset))
        if letter is None:
            return CommandResult(refused=(refusals.NO_SUCH_DEAD_LETTER.of(str(command.message)),))
        text = issue_text(letter, self._version)
        live = await self._store.read(rows)
        # The configuration, the keyring and the encrypted file may keep a thread waiting, never the loop.
        target = await asyncio.to_thread(_target, data_directory(self._store.blobs), live, self._environ)
        key = remembered_as(target.repository, text.fingerprint)
        async with self._turn:
            known = await self._known(key)
            if known is None:
                filed = await _post(target, text, self._version)
                note = codec.encode({**filed, "filedAt": iso(self._clock.wall_ms())})
                await self._store.write(lambda tx: kv.put(tx, Namespace.LOCAL, key, note))
        told = {"fingerprint": text.fingerprint, "repository": target.repository}
        if known is not None:
            return CommandResult(done=0, data={**told, **known, "already": True})
        return CommandResult(done=1, data={**told, **filed, "already": False})

    async def _known(self, key: str) -> dict[str, Any] | None:
        wall = self._clock.wall_ms()
        entry = await self._store.read(lambda connection: kv.get(connection, wall, Namespace.LOCAL, key))
        if entry is None or entry.value is None:
            return None
        try:
            kept = msgspec.json.decode(entry.value, type=dict[str, Any])
        except msgspec.DecodeError:
            return None
        return {name: kept[name] for name in ("url", "number") if name in kept} if "url" in kept else None


def _target(directory: Path, live: list[Any], environ: Mapping[str, str]) -> Target:
    """What is configured. Raises what is missing, the repository first."""
    settings = configuration(directory, environ=environ, live=live).checked()
    repository = settings.text(REPOSITORY)
    if not repository:
        raise NoRepository
    where = destination(environ.get(ADDRESS) or DEFAULT_ADDRESS)
    if where is None:
        raise BadGitHubAddress
    try:
        found = secrets_of(directory, settings, environ=environ).resolve(TOKEN)
    except NoSecret:
        raise NoToken from None
    token = checked(secret(TOKEN), found.reveal())
    if not token.isascii():
        raise BadSecret(f"{TOKEN}: it does not look like one.")
    return Target(where.address, where.host, where.loopback, repository, token)


async def _post(target: Target, text: IssueText, version: str) -> dict[str, Any]:
    """File the issue: `{url, number}`. Raises a `GitHubFailure`; errors of the client are not told on, a header stands in some of them."""
    import httpx

    client = await asyncio.to_thread(_client, target)
    headers = {
        "Authorization": f"Bearer {target.token}",
        "Accept": "application/vnd.github+json",
        "Accept-Encoding": "identity",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": f"nexus-tui/{version}",
    }
    address = f"{target.base}/repos/{target.repository}/issues"
    try:
        async with client, asyncio.timeout(ANSWER_S):
            call = partial(
                client.stream, "POST", address, json={"title": text.title, "body": text.body}, headers=headers
            )
            async with call() as answer:
                content = bytearray()
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > LARGEST_ANSWER:
                        break
                return _filed(target, answer, bytes(content))
    except httpx.ConnectTimeout:
        raise GitHubUnreachable(f"{target.host} takes no connection within {CONNECT_S:.0f} seconds.") from None
    except httpx.ConnectError as error:
        raise GitHubUnreachable(f"{target.host} cannot be reached: {error}.") from None
    except (httpx.TimeoutException, TimeoutError):
        raise GitHubSilent(f"{target.host} did not answer within {ANSWER_S:.0f} seconds.") from None
    except (httpx.ReadError, httpx.RemoteProtocolError) as error:
        # The request was sent: it may have been carried out.
        raise GitHubSilent(f"Talking to {target.host} failed: {type(error).__name__}.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise GitHubFailure(f"Talking to {target.host} failed: {type(error).__name__}.") from None


def _client(target: Target) -> httpx.AsyncClient:
    """On a thread: the certificates take 30 ms to read. A proxy of the machine's is used, except towards the machine itself."""
    import httpx

    try:
        return httpx.AsyncClient(
            timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S), trust_env=not target.loopback, follow_redirects=False
        )
    except (ValueError, ImportError, OSError) as error:
        raise GitHubUnreachable(
            f"The proxy or the certificates of this machine cannot be used: {type(error).__name__}."
        ) from None


def _filed(target: Target, answer: httpx.Response, content: bytes) -> dict[str, Any]:
    """What GitHub answered, as `{url, number}` or as an error. What it wrote is not repeated."""
    status, repository = answer.status_code, target.repository
    match status:
        case 201:
            return _issue(target, content)
        case 429:
            raise RateLimited(f"GitHub takes nothing more with this token for now ({status}).")
        case 403 if answer.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in answer.headers:
            raise RateLimited(f"GitHub takes nothing more with this token for now ({status}).")
        case 401:
            raise TokenRefused("GitHub does not know the token, or it has expired (401).")
        case 403:
            raise TokenRefused(f"The token may not file issues in {repository} (403).")
        case 404:
            raise RepositoryMissing(f"GitHub shows no repository {repository} to this token (404).")
        case 301 | 302 | 307 | 308:
            raise RepositoryMissing(f"{repository} has moved ({status}).")
        case 410:
            raise IssueRefused(f"{repository} has its issues turned off (410).")
        case 422:
            raise IssueRefused(f"GitHub does not accept the issue for {repository} (422).")
    raise GitHubFailure(f"{target.host} answered {status}.")


def _issue(target: Target, content: bytes) -> dict[str, Any]:
    try:
        issue = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError):
        issue = {}
    url, number = issue.get("html_url"), issue.get("number")
    if (
        not isinstance(url, str)
        or not url.startswith(("https://", "http://"))
        or not (url.isprintable() and len(url) <= LONGEST_ADDRESS)
        or target.token in url
        or not isinstance(number, int)
    ):
        raise GitHubFailure(f"{target.host} answered 201, but with nothing that names the issue.")
    return {"url": url, "number": number}
