"""The entry point: answers `--version` before anything is imported, opens the TUI without a command, else hands over to the command line."""

from __future__ import annotations

import os
import signal
import sys

from nexus_tui.version import VERSION


def main() -> None:
    """Run `nexus`."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        print(f"nexus {VERSION}")  # noqa: T201
        return
    # Ctrl-C before a command listens, or behind its end, ends the process without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _mend_streams()
    from nexus_tui.cli.main import run

    raise SystemExit(run(arguments))


def _mend_streams() -> None:
    """Output that can always be written: closed streams lead nowhere, and no character of a document or file name is an error."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        # A bare locale would turn every accent into an escape.
        bare = (stream.encoding or "").lower() in ("ascii", "us-ascii", "ansi_x3.4-1968")
        stream.reconfigure(encoding="utf-8" if bare else None, errors="backslashreplace")  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
