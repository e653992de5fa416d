"""Visible text in two languages. Code names a message by id; the words live in the two catalogues, which must be complete.

An unknown id is a programming error and raises KeyError; a test reads every id used in the code and checks both catalogues.
"""

from __future__ import annotations

from typing import Literal

from nexus_tui.i18n.en import MESSAGES as EN
from nexus_tui.i18n.pt_br import MESSAGES as PT_BR

Language = Literal["pt-BR", "en"]

CATALOGUES: dict[Language, dict[str, str]] = {"pt-BR": PT_BR, "en": EN}

#: The order `L` walks.
LANGUAGES: tuple[Language, ...] = tuple(CATALOGUES)


class Translator:
    """Says messages in one language."""

    __slots__ = ("_messages", "language")

    def __init__(self, language: Language) -> None:
        self.language = language
        self._messages = CATALOGUES[language]

    def __call__(self, message: str, **values: object) -> str:
        """The text of `message` with `values` in its places.

        Values are inserted as they are and never parsed again, so a brace in a file name does no harm.
        """
        text = self._messages[message]
        return text.format(**values) if values else text

    def count(self, message: str, number: int, shown: str, **values: object) -> str:
        """The singular (`<message>.one`) or plural (`<message>.other`), with `shown` in the place of `{count}`."""
        return self._messages[f"{message}.{'one' if number == 1 else 'other'}"].format(count=shown, **values)

    def knows(self, message: str) -> bool:
        """Whether there is such a message; for ids that carry a value of the engine, such as an action's name."""
        return message in self._messages
