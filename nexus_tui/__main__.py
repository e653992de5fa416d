"""The entry point: answers `--version` before anything is imported, opens the TUI without a command, else hands over to the command line."""

from __future__ import annotations

import os
import sys

from nexus_tui.version import VERSION


def main() -> None:
    """Run `nexus`."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        print(f"nexus {VERSION}")  # noqa: T201
        return
    if sys.flags.utf8_mode == 0 and os.environ.get("LC_ALL", os.environ.get("LANG", "C")) in ("C", "POSIX", ""):
        # A bare locale would turn every accent into an escape.
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    if not arguments:
        # The way to the first frame does not pay for the command tree.
        from nexus_tui.directories import data_directory
        from nexus_tui.opening import open_terminal

        raise SystemExit(open_terminal(data_directory(None), None))
    from nexus_tui.cli.main import run

    raise SystemExit(run(arguments))


if __name__ == "__main__":
    main()
