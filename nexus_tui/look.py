"""What a widget needs to turn a value into visible text: language, formats, glyphs. One object, replaced as a whole by `L`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import TYPE_CHECKING, Literal, cast

from nexus_tui.formats import Formats
from nexus_tui.i18n import LANGUAGES, Language, Translator
from nexus_tui.theme import Glyphs

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from nexus_tui.app import NexusApp


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Language, formats and glyphs of one screenful."""

    say: Translator
    formats: Formats
    glyphs: Glyphs

    @property
    def spoken(self) -> Literal["pt", "en"]:
        """The language as the engine calls it."""
        return "pt" if self.say.language == "pt-BR" else "en"

    @classmethod
    def of(cls, language: Language, zone: tzinfo, glyphs: Glyphs) -> Look:
        """The look of `language` in `zone`."""
        return cls(say=Translator(language), formats=Formats(language=language, zone=zone), glyphs=glyphs)

    def next_language(self) -> Look:
        """The same in the following language."""
        language = LANGUAGES[(LANGUAGES.index(self.say.language) + 1) % len(LANGUAGES)]
        formats = replace(self.formats, language=language)
        return replace(self, say=Translator(language), formats=formats)


def nexus(node: DOMNode) -> NexusApp:
    """The app a node is mounted in."""
    return cast("NexusApp", node.app)


def look(node: DOMNode) -> Look:
    """The look in force for a mounted node."""
    return nexus(node).look
