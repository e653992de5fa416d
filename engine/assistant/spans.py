"""Tokens to spans: every reading of every place of the question, as a lattice that the grammar walks.

Nothing is decided here but what cannot be two things: the language (`no` is "in the" in Portuguese and a negation in English), a number that names the
note, and typing errors.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from engine.assistant import lexicon, spelling, tokens
from engine.assistant.lexicon import FILLER, NOTE
from engine.assistant.tokens import Token
from engine.fiscal.money import Language

#: A comma that separates nothing.
_SOFT: Final = frozenset(",:")
_MULTIPLES: Final = {"mil": 1_000, "thousand": 1_000, "milhao": 1_000_000, "milhoes": 1_000_000, "million": 1_000_000}
_CURRENCY: Final = frozenset(("reais", "real", "brl"))
#: After these, in an unaccented hand, `e` is "is" and not "and".
_BEFORE_IS: Final = frozenset(("qual", "quem", "quando", "quanto", "onde", "que"))

#: States whose letters are words, too, unless they are capitals.
_WORDS_TOO: Final = frozenset(("to", "se", "am", "go", "es", "ma", "pa", "al", "ap", "pe", "ex"))


class Span(NamedTuple):
    """Tokens `start` to `end` read as one thing. `value` is what it names; a number has its digits there and `amount` its value."""

    start: int
    end: int
    kind: str
    value: str = ""
    amount: Decimal | None = None


class Correction(NamedTuple):
    """A typing error and what it was taken for."""

    typed: str
    taken: str


class Lattice:
    """All readings of a question."""

    def __init__(
        self, words: list[Token], spans: list[Span], corrections: tuple[Correction, ...], language: Language
    ) -> None:
        self.words = words
        self.spans = spans
        self.corrections = corrections
        self.language = language
        self._from: list[list[Span]] = [[] for _ in range(len(words) + 1)]
        for span in spans:
            self._from[span.start].append(span)
        self._reach = self._reached()

    def starting(self, place: int) -> list[Span]:
        """The spans that begin at a place."""
        return self._from[place]

    def reach(self, place: int) -> tuple[int, ...]:
        """The places that can be got to from here by passing over what says nothing."""
        return self._reach[place]

    def _reached(self) -> list[tuple[int, ...]]:
        found: list[tuple[int, ...]] = [()] * (len(self.words) + 1)
        for place in range(len(self.words), -1, -1):
            beyond = {place}
            for span in self._from[place]:
                if span.kind in (FILLER, NOTE):
                    beyond.update(found[span.end])
            found[place] = tuple(sorted(beyond))
        return found

    @property
    def said(self) -> list[int]:
        """Places of the words that say something."""
        silent = {place for span in self.spans if span.kind in (FILLER, NOTE) for place in range(span.start, span.end)}
        return [place for place in range(len(self.words)) if place not in silent]

    def without(self, places: frozenset[int]) -> Lattice:
        """The lattice in which some words say nothing."""
        kept = [span for span in self.spans if places.isdisjoint(range(span.start, span.end))]
        dropped = [Span(place, place + 1, FILLER) for place in places]
        return Lattice(self.words, kept + dropped, self.corrections, self.language)


def spoken(words: list[Token], reader: Language) -> Language:
    """The language of a question: that of most of its function words, else the reader's."""
    balance = _portuguese(words)
    if not balance:
        return reader
    return "pt" if balance > 0 else "en"


def _portuguese(words: list[Token]) -> int:
    """By how many words a question is rather Portuguese than English; negative the other way."""
    return sum((word.folded in lexicon.PORTUGUESE) - (word.folded in lexicon.ENGLISH) for word in words)


def read(words: list[Token], reader: Language, note_number: str | None, codes: frozenset[str]) -> Lattice:
    """The lattice of a question about one note. `codes` are the rule codes there are."""
    language = spoken(words, reader)
    corrected, corrections = _spelled(words, codes)
    spans: list[Span] = []
    for place, word in enumerate(corrected):
        spans += _phrases(corrected, place)
        spans += _special(corrected, place, codes)
        if word.is_number:
            spans += _number(corrected, place, language)
    spans = _named_note(corrected, spans, note_number)
    spans += _commas(corrected, spans)
    return Lattice(words, spans, corrections, language)


def _spelled(words: list[Token], codes: frozenset[str]) -> tuple[list[Token], tuple[Correction, ...]]:
    corrected, corrections = [], []
    for word in words:
        known = (
            word.folded in lexicon.EVERY_WORD
            or word.folded in _MULTIPLES
            or word.folded in _CURRENCY
            or word.text.upper() in codes
        )
        taken = None if known else spelling.nearest(word.folded, lexicon.CONTENT)
        if taken is None:
            corrected.append(word)
        else:
            corrected.append(Token(word.text, taken))
            corrections.append(Correction(word.text, taken))
    return corrected, tuple(corrections)


def _phrases(words: list[Token], place: int) -> list[Span]:
    found = []
    for length in range(1, min(lexicon.LONGEST_PHRASE, len(words) - place) + 1):
        phrase = tuple(word.folded for word in words[place : place + length])
        for kind, value in lexicon.VOCABULARY.get(phrase, ()):
            if kind != "PLACE" or phrase[0] not in _WORDS_TOO or words[place].text.isupper():
                found.append(Span(place, place + length, kind, value))
    return found


def _special(words: list[Token], place: int, codes: frozenset[str]) -> list[Span]:
    word = words[place]
    if word.folded == "no":
        # "na nota" and "no note" differ by a language.
        if _portuguese(words) > 0:
            return [Span(place, place + 1, FILLER)]
        return [Span(place, place + 1, "NOT")]
    if word.folded == "e":
        is_verb = word.text in ("é", "É") or (place > 0 and words[place - 1].folded in _BEFORE_IS)
        return [Span(place, place + 1, FILLER if is_verb else "AND")]
    if word.text.upper() in codes:
        return [Span(place, place + 1, "CODE", word.text.upper())]
    if word.text.count(".") == 3 and word.text.replace(".", "").isdigit():
        return [Span(place, place + 1, "ACCOUNTNAME", word.text)]
    return []


def _number(words: list[Token], place: int, language: Language) -> list[Span]:
    text = words[place].text
    digits = "".join(letter for letter in text if letter.isdigit())
    amount = tokens.number(text, language)
    if amount is None:
        return [Span(place, place + 1, "DIGITS", digits)]
    end = place + 1
    if end < len(words) and words[end].folded in _MULTIPLES:
        amount *= _MULTIPLES[words[end].folded]
        end += 1
        digits = ""
        if end < len(words) and words[end].folded == "de":
            end += 1
    start = place
    money = False
    if end < len(words) and words[end].folded in _CURRENCY:
        end, money = end + 1, True
    if start > 0 and words[start - 1].text.upper() == "R$":
        start, money = start - 1, True
    spans = [Span(start, end, "NUM", digits, amount)]
    if not money and digits and end == place + 1:
        spans.append(Span(start, end, "DIGITS", digits, amount))
    return spans


def _named_note(words: list[Token], spans: list[Span], note_number: str | None) -> list[Span]:
    """A number right behind the note names it: this note by its own number, or another one, which no plan reads."""
    kept = list(spans)
    for note in spans:
        if note.kind != NOTE:
            continue
        place = note.end
        while place < len(words) and words[place].folded in ("numero", "n", "nro", "number", "no", "de", "#"):
            place += 1
        if place >= len(words) or not words[place].is_number:
            continue
        kept = [span for span in kept if not (span.start <= place < span.end)]
        digits = "".join(letter for letter in words[place].text if letter.isdigit())
        if note_number is not None and digits.lstrip("0") == note_number.lstrip("0"):
            kept.append(Span(note.start, place + 1, NOTE))
    return kept


def _commas(words: list[Token], spans: list[Span]) -> list[Span]:
    """A comma with nothing but silence on one side of it parts nothing."""
    silent = {place for span in spans if span.kind in (FILLER, NOTE) for place in range(span.start, span.end)}
    silent |= {place for place, word in enumerate(words) if word.text in _SOFT}
    found = []
    for place, word in enumerate(words):
        if word.text in _SOFT and (
            all(before in silent for before in range(place))
            or all(after in silent for after in range(place + 1, len(words)))
        ):
            found.append(Span(place, place + 1, FILLER))
    return found
