"""`:`: the places one can go to by name, and completion of them."""

from __future__ import annotations

from collections.abc import Sequence

from textual.suggester import Suggester

from nexus_tui.i18n import Translator
from nexus_tui.rooms import ROOMS

TENANT = "tenant"
#: Words that search the list for the rest of the line, and what the filter calls that.
SEARCHES = {"doc": "", "trace": "trace:", "job": "job:"}


def places(say: Translator) -> dict[str, str]:
    """What may be typed for each room, in lower case: its name on screen and its own name."""
    names = {say(room.label).casefold(): room.name for room in ROOMS}
    return names | {room.name: room.name for room in ROOMS}


class PlaceSuggester(Suggester):
    """Completes names of places and the two words that take more."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=False)
        self._words = words

    async def get_suggestion(self, value: str) -> str | None:
        """The first name that begins so."""
        return next((word for word in self._words if value and word.startswith(value) and word != value), None)
