"""A viewer's way to the owner: commands through its Unix socket, one file at a time for intake."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec

from engine.api.address import address
from engine.contract import codec
from engine.errors import BadInput, EngineError, NoSpace, OwnerGone, Unanswered, VersionMismatch
from engine.facade.commands import Command, CommandResult, TakeIn, Wire
from engine.intake.intake import WAITING
from engine.intake.paths import files, told
from store.owner import is_owned, read_owner

#: Seconds until an owner that does not take the connection counts as hung.
PATIENCE_S = 5.0
#: Seconds a command may take once the owner works on it.
COMMAND_S = 300.0
#: Seconds between two tries with a file that waits for free space.
AGAIN_S = 2.0
#: How often, and how many seconds apart, it is looked whether an owner that broke a connection off has ended.
LOOKS, PAUSE_S = 10, 0.05

_result = msgspec.json.Decoder(CommandResult).decode


class Failed(EngineError):
    """The owner could not carry the command out."""

    code = "NX-E23"
    title = "Command failed"

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(answer.get("message"))
        self.code = answer.get("code", self.code)  # type: ignore[misc]
        self.title = answer.get("title", self.title)  # type: ignore[misc]
        self.hint = answer.get("hint", self.hint)  # type: ignore[misc]
        self.exit_code = answer.get("exitCode", self.exit_code)  # type: ignore[misc]


class RemoteExecutor:
    """Executes commands in the process that owns the data directory, for `who`: the user and the face. Raises `VersionMismatch` if that runs another schema."""

    def __init__(self, directory: Path, owner: dict[str, Any], schema: int, new_id: Callable[[], str], who: str = "") -> None:
        if owner.get("schema") != schema:
            raise VersionMismatch(
                f"Process {owner.get('pid')} runs schema {owner.get('schema')}, this Nexus has {schema}."
            )
        self._pid = owner.get("pid")
        self._owner = (self._pid, owner.get("boot"))
        self._directory = directory
        self._new_id = new_id
        self._who = who
        # Valid until `close`: httpx opens connections when it needs them.
        self._address = ExitStack()
        transport = httpx.AsyncHTTPTransport(uds=self._address.enter_context(address(directory)))
        timeout = httpx.Timeout(COMMAND_S, connect=PATIENCE_S)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://nexus", timeout=timeout)

    async def check(self) -> None:
        """Raise `Unanswered` unless the owner answers, `OwnerGone` if it is none any more."""
        try:
            await self._client.get("/healthz", timeout=PATIENCE_S)
        except httpx.HTTPError as error:
            raise await self._unanswered(error) from error

    async def execute(self, command: Command, who: str | None = None) -> CommandResult:
        """Send a command. Raises `Unanswered` if nobody answers, `OwnerGone` if the owner ended, `Failed` with its own error."""
        wire = codec.encode(Wire(command_id=self._new_id(), command=command, who=who or self._who))
        try:
            response = await self._client.post("/api/local/commands", content=wire)
        except httpx.HTTPError as error:
            raise await self._unanswered(error) from error
        if response.status_code != httpx.codes.OK:
            raise Failed(_answer(response))
        return _result(response.content)

    async def take_in(self, job: str, tenant: str, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]:
        """Take in files one by one, each acknowledged by the owner; while that waits for free space it is asked again."""
        for found in files(paths):
            if found.error is not None:
                yield _told(found.path, job, "refused", found.error)
                continue
            command = TakeIn(job=job, tenant=tenant, path=os.fsencode(found.path.absolute()))
            waited = False
            while True:
                try:
                    result = await self.execute(command)
                except Failed as error:
                    if error.code != NoSpace.code:
                        raise
                    if not waited:
                        yield _told(found.path, job, WAITING, error)
                    waited = True
                    await asyncio.sleep(AGAIN_S)
                else:
                    if result.refused:
                        raise BadInput(result.refused[0].reason)
                    yield {**result.data, "file": told(found.path)}
                    break

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
        self._address.close()

    async def _unanswered(self, error: httpx.HTTPError) -> Unanswered:
        if not isinstance(error, httpx.TimeoutException):
            for _ in range(LOOKS):
                if not self._serves():
                    return OwnerGone(f"Process {self._pid}, which owned the data directory, has ended.")
                # A killed process loses its connections an instant before its lock.
                await asyncio.sleep(PAUSE_S)
        return Unanswered(f"Process {self._pid} owns the data directory and does not answer.")

    def _serves(self) -> bool:
        owner = read_owner(self._directory)
        return (
            owner is not None
            and (owner["pid"], owner.get("boot")) == self._owner
            and owner.get("socket") is not None
            and is_owned(self._directory)
        )


def _told(path: Path, job: str, state: str, error: EngineError) -> dict[str, Any]:
    return {
        "file": told(path), "docId": None, "jobId": job, "state": state, "error": {"code": error.code, "message": str(error), "hint": error.hint},
    }  # fmt: skip


def _answer(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.MsgspecError:
        answer = {"message": f"The owner answered {response.status_code}."}
    return answer
