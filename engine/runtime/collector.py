"""How the interpreter's garbage collector is set in a process that runs the engine.

Every hop makes some hundred objects that reference counting frees at once; at the default threshold the collector looks for cycles among them
every 700, and now and then through all tables and classes, which holds the loop for 13 to 26 ms. What is there once the engine has started stays.
"""

from __future__ import annotations

import gc

#: Objects made between two looks at the young; looks at the young between two at the middle-aged, and at the old.
THRESHOLDS = (10_000, 20, 20)


def settle() -> None:
    """Called by a composition root when everything is up; process-wide."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
