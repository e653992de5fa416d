"""Workers of the terminal UI: their error becomes a problem on the screen, never the end of the application."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.dom import DOMNode


def start(
    node: DOMNode, work: Callable[[], Coroutine[Any, Any, object]], group: str, *, exclusive: bool = False
) -> None:
    """Run `work` for `node`; an exclusive one cancels those of its `group`, so that a stale answer is dropped.

    Takes a function, not a coroutine: what is cancelled before it began must not have been made.
    """
    function: Any = work  # textual's type of a worker's function infers Never from every coroutine
    node.run_worker(function, group=group, exclusive=exclusive, exit_on_error=False)
