"""What the terminal UI asks of the engine, and no more: the members of `engine.facade` it uses, as types.

The appliance hands over the real facade, tests a fake; both fit by shape. Nothing here is imported by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from engine.facade.views import Changes, CommandResult, DocumentDetail, InboxCounts, Page


class Documents(Protocol):
    """Documents: queries over the read-only database, commands to the owner."""

    async def page(self, filter: str, tenant: str, after: int | None, limit: int, newest_first: bool) -> Page: ...

    async def count(self, filter: str, tenant: str) -> int: ...

    async def anchors(self, filter: str, tenant: str, every: int) -> tuple[int, ...]: ...

    async def detail(self, doc_id: str, language: str) -> DocumentDetail: ...

    async def counts(self, tenant: str) -> InboxCounts: ...

    async def add(self, paths: Sequence[Path]) -> CommandResult: ...

    async def requeue(self, doc_ids: Sequence[str]) -> CommandResult: ...

    async def reprocess(self, doc_ids: Sequence[str]) -> CommandResult: ...

    async def cancel(self, doc_ids: Sequence[str]) -> CommandResult: ...


class EnginePort(Protocol):
    """A running engine, or a viewer of one."""

    @property
    def documents(self) -> Documents: ...

    def changes(self, since: int) -> Changes: ...

    def live(self) -> Mapping[str, int]: ...

    def engine_state(self) -> str: ...
