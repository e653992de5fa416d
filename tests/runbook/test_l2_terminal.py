"""L2: `nexus` in a terminal: the screen is there at once, shows what is in the data directory, alone and attached, and ends cleanly."""

from __future__ import annotations

import signal
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.nexus_tui.cli.conftest import NOTE
from tests.nexus_tui.cli.running import Nexus
from tests.nexus_tui.first_frame import Terminal

#: Seconds from exec to the first painted line, on a machine that also runs the rest of the suite; measured alone: docs/performance.md.
MOST_S = 2.0


@contextmanager
def terminal(nexus: Nexus) -> Iterator[Terminal]:
    """The real `nexus` on a pseudo terminal, told to end when the block does."""
    shown = Terminal((sys.executable, "-m", "nexus_tui", "--data-dir", str(nexus.directory)), NEXUS_LANG="en")
    try:
        yield shown
    finally:
        assert shown.end(signal.SIGTERM) in (0, 128 + signal.SIGTERM)


def test_the_first_screen_is_there_soon(nexus: Nexus) -> None:
    took = []
    for _ in range(3):
        with terminal(nexus) as shown:
            took.append(shown.wait_for(b"Inbox"))
            shown.wait_for(b"running")
    assert statistics.median(took) < MOST_S


def test_it_works_the_same_alone_and_attached(nexus: Nexus, data: Path) -> None:
    nexus("process", data / "nfe" / NOTE)
    name = NOTE[:20].encode()
    with terminal(nexus) as alone:
        alone.wait_for(b"running")
        alone.wait_for(name)
    with nexus.running() as service, terminal(nexus) as attached:
        attached.wait_for(b"viewer")
        attached.wait_for(name)
        # The owner leaves under it: it says so.
        service.signal(signal.SIGTERM)
        assert service.ended() == 0
        attached.wait_for(b"has ended")
