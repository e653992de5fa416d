"""What the terminal UI asks of the engine, and no more: the members of `engine.facade` it uses, as types.

The appliance hands over the real facade, tests a fake; both fit by shape. Nothing here is imported by the engine.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from engine.facade.alarms import Alarm
    from engine.facade.commands import CommandResult
    from engine.facade.views import Changes, DocumentDetail, InboxCounts, Page


#: The operator's scope, and the tenant of those who have no others.
EVERY_TENANT, DEFAULT_TENANT = "*", "default"


class Documents(Protocol):
    """Documents: queries over the read-only database, commands to the owner."""

    async def page(self, filter: str, tenant: str, after: int | None, limit: int, newest_first: bool) -> Page: ...

    async def count(self, filter: str, tenant: str) -> int: ...

    async def anchors(self, filter: str, tenant: str, every: int, newest_first: bool) -> tuple[int, ...]: ...

    async def ids(self, filter: str, tenant: str, limit: int) -> tuple[str, ...]: ...

    async def detail(self, doc_id: str, language: Literal["pt", "en"]) -> DocumentDetail | None: ...

    async def counts(self, tenant: str) -> InboxCounts: ...

    async def requeue(self, doc_ids: Sequence[str]) -> CommandResult: ...

    async def reprocess(self, doc_ids: Sequence[str]) -> CommandResult: ...

    async def cancel(self, doc_ids: Sequence[str]) -> CommandResult: ...


class Jobs(Protocol):
    """Intake: a job is opened, files are acknowledged one by one, the job is closed."""

    async def open(self, tenant: str) -> str: ...

    def add(self, job: str, tenant: str, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]: ...

    async def close(self, job: str) -> None: ...


class Alarms(Protocol):
    """What somebody should look at."""

    async def raised(self) -> tuple[Alarm, ...]: ...


class EnginePort(Protocol):
    """A running engine, or a viewer of one."""

    @property
    def documents(self) -> Documents: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def alarms(self) -> Alarms: ...

    def changes(self, since: int) -> Changes: ...

    def live(self) -> Mapping[str, int]: ...

    def engine_state(self) -> str: ...
