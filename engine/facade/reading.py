"""What queries stand on: somewhere to run a function of a read-only connection, and the time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Reading(Protocol):
    """The owner's store, or a viewer's read-only connections."""

    def read(self, query: Callable[[Any], T]) -> Awaitable[T]:
        """Run a short query; it sees what is committed."""
        ...

    def blob(self, sha: bytes) -> bytes:
        """A blob's content, checked."""
        ...

    def wall_ms(self) -> int:
        """Now, by the wall clock."""
        ...

    def steady_ms(self) -> int:
        """Now, by the clock that due times are counted in."""
        ...


class Executing(Protocol):
    """Carries commands out: in this process, or through the owner's socket."""

    async def execute(self, command: Any, who: str | None = None) -> Any:
        """Run a command to its result. `who` asks for it, the user and the face, if not whoever this was made for."""
        ...

    def take_in(self, job: str, tenant: str, paths: Sequence[Path]) -> AsyncIterator[dict[str, Any]]:
        """Take in every file below `paths`; one `{file, docId, jobId, state, already}` a file, as it is acknowledged, or with an `error`.

        Before one that has to wait for free space there is another with the state `waiting`.
        """
        ...
