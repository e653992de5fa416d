"""`python -m engine.extraction.sandbox.worker`: the zygote with the project's own tasks.

Started by the engine, not by people.
"""

from __future__ import annotations

from engine.extraction.sandbox.tasks import TASKS, preload
from engine.extraction.sandbox.zygote import run

if __name__ == "__main__":
    run(TASKS, preload)
