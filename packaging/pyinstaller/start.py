"""Where the frozen program starts: as `nexus`, or as the worker that the engine starts by its interpreter, which is this program."""

from __future__ import annotations

import sys

from engine.extraction.sandbox.launching import COMMAND


def main() -> None:
    if tuple(sys.argv[1:]) == COMMAND[1:]:
        from engine.extraction.sandbox.tasks import TASKS, preload
        from engine.extraction.sandbox.zygote import run

        run(TASKS, preload)
    else:
        from nexus_tui.__main__ import main as nexus

        nexus()


main()
