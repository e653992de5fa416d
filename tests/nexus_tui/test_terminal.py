"""On a real (pseudo) terminal: the first frame is soon there, signals end it cleanly, copying reaches the terminal."""

from __future__ import annotations

import base64
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from first_frame import NEXUS, ROOT, Terminal, compare

#: Leaving the alternate screen: the terminal is as it was before.
RESTORED = b"\x1b[?1049l"
FORBIDDEN = ("apscheduler", "httpx", "typer", "keyring", "pydantic", "msgspec", "lxml", "engine", "store", "scheduler")


def test_the_way_to_the_first_frame_imports_nothing_heavy() -> None:
    code = "import sys, nexus_tui.app, nexus_tui.rooms.inbox; print(*{name.split('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) & set(FORBIDDEN) == set()


@pytest.mark.quiet
def test_the_first_frame_takes_at_most_twice_that_of_a_bare_application() -> None:
    bare, ours = compare(5)
    assert statistics.median(ours) <= 2 * statistics.median(bare)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: int, tmp_path: Path) -> None:
    left = tmp_path / "left"
    terminal = Terminal(NEXUS, NEXUS_LEFT=str(left))
    terminal.wait_for(b"extrato-out.csv")
    assert terminal.end(number) == 0
    assert left.read_text() == "left"
    assert RESTORED in terminal.output


def test_a_lost_connection_ends_it_cleanly(tmp_path: Path) -> None:
    left = tmp_path / "left"
    terminal = Terminal(NEXUS, NEXUS_LEFT=str(left))
    terminal.wait_for(b"extrato-out.csv")
    terminal.hang_up()
    assert left.read_text() == "left"


def test_copy_reaches_the_terminal_as_osc_52() -> None:
    terminal = Terminal(NEXUS)
    terminal.wait_for(b"extrato-out.csv")
    terminal.type(b"y")
    terminal.wait_for(b"\x1b]52;c;" + base64.b64encode(b"tr_000010"))
    assert terminal.end() == 0


def test_a_bare_console_sees_only_its_own_glyphs() -> None:
    terminal = Terminal(NEXUS, TERM="linux")
    terminal.wait_for(b"extrato-out.csv")
    terminal.wait_for(b"Enter")
    assert terminal.end() == 0
    for glyph in "●⏎…▁▂▃":
        assert glyph.encode() not in terminal.output


def test_a_bare_console_sees_no_part_of_a_block_at_the_ends_of_a_scrollbar() -> None:
    terminal = Terminal((*NEXUS[:2], "57", "en"), TERM="linux")
    terminal.wait_for(b"Enter")
    for _ in range(8):
        terminal.type(b"\x1b[6~")
        terminal.wait_for(b"nfe-")
        time.sleep(0.1)
        terminal._read(0.1)
    assert terminal.end() == 0
    for glyph in "▁▂▃▄▅▆▇":
        assert glyph.encode() not in terminal.output


def test_without_colours_the_signs_still_tell() -> None:
    terminal = Terminal(NEXUS, NO_COLOR="1")
    terminal.wait_for("►".encode())
    assert terminal.end() == 0
