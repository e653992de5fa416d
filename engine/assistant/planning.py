"""From a question to one plan, by span accounting: a plan is admissible only if every word that says something was used to make it.

Two plans are a question back. None is an answer, too: the words that could not be used, and the nearest questions that can be answered.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from engine.assistant import spans, tokens
from engine.assistant.answering.items import condition
from engine.assistant.cleaning import quoted, seen
from engine.assistant.grammar import readings
from engine.assistant.lexicon import EVERY_WORD
from engine.assistant.plans import ItemList, NoteFact, Passages, Plan, Sum, TaxStated
from engine.assistant.rules import RULES, Rule
from engine.assistant.spans import Correction, Lattice
from engine.fiscal.money import Language

#: Longer questions are not questions.
MOST_WORDS: Final = 60
#: Beyond so many words that say something, which of them are too many is not looked for.
MOST_TRIED: Final = 9
OFFERED: Final = 3


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a question: one plan; or several, of which the reader has to choose; or none, and the words that were in the way."""

    plans: tuple[Plan, ...] = ()
    #: Examples of the plans where there are several, else the nearest ones.
    offers: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    #: The unused words as the full-text index would look for them.
    sought: tuple[str, ...] = ()


def plan(question: str, reader: Language, note_number: str | None, codes: frozenset[str]) -> Planned:
    """Read a question about the note with this number. `codes` are the rule codes there are."""
    words = tokens.tokenize(seen(question))
    if not words or len(words) > MOST_WORDS:
        everything = tuple(dict.fromkeys(quoted(word.text, 40) for word in words))
        return Planned(unused=everything[:MOST_WORDS], offers=_examples(RULES[:OFFERED], reader))
    lattice = spans.read(words, reader, note_number, codes)
    found = dict(_admissible(lattice))
    if len(found) == 1:
        return Planned(plans=tuple(found), corrections=lattice.corrections)
    if found:
        return Planned(plans=tuple(found), offers=_described(found, reader), corrections=lattice.corrections)
    search = _search(lattice)
    if search is not None:
        return Planned(plans=(search,))
    unused, nearest = _unused(lattice)
    strange = [words[place].folded for place in unused if words[place].folded not in EVERY_WORD]
    sought = tuple(word for word in strange if word.isalnum() and len(word) > 2)
    told = tuple(dict.fromkeys(quoted(words[place].text, 40) for place in unused))
    return Planned(
        unused=told,
        offers=_examples(nearest or _alike(lattice), reader),
        corrections=lattice.corrections,
        sought=sought,
    )


def _admissible(lattice: Lattice) -> Iterator[tuple[Plan, Rule]]:
    """Every plan the whole question can be read as, with the rule that made it. Later readings of a plan are the same plan."""
    kinds = {span.kind for span in lattice.spans}
    for rule in RULES:
        if rule.pattern.needed <= kinds:
            for used in readings(rule.pattern, lattice):
                for made in rule.build(used):
                    yield made, rule


def _unused(lattice: Lattice) -> tuple[list[int], list[Rule]]:
    """The fewest words without which the question would have a plan, and the rules of those plans."""
    said = lattice.said
    known = {place for span in lattice.spans for place in range(span.start, span.end)}
    strange = [place for place in said if place not in known]
    base = lattice.without(frozenset(strange)) if strange else lattice
    rest = [place for place in said if place in known]
    if strange:
        nearest = list(dict(_admissible(base)).values())
        if nearest:
            return strange, nearest
    if len(rest) <= MOST_TRIED:
        for count in range(1, min(4, len(rest) + 1)):
            for places in itertools.combinations(reversed(rest), count):
                nearest = list(dict(_admissible(base.without(frozenset(places)))).values())
                if nearest:
                    return sorted((*strange, *places)), nearest
    return said or list(range(len(lattice.words))), []


def _search(lattice: Lattice) -> Passages | None:
    """A wish to search, in its own words: nothing but a search verb, and what is to be found."""
    words = lattice.words
    verbs = [span for span in lattice.spans if span.kind == "ASKSEARCH" and span.start in lattice.reach(0)]
    if not verbs:
        return None
    verb = max(verbs, key=lambda span: span.end)
    rest = range(verb.end, len(words))
    denied = {
        place for span in lattice.spans if span.kind in ("NOT", "OR", "ONLY") for place in range(span.start, span.end)
    }
    silent = set(range(len(words))) - set(lattice.said)
    sought = [words[place] for place in rest if place not in silent]
    if not sought or not denied.isdisjoint(rest) or any(not word.folded.isalnum() for word in sought):
        return None
    return Passages(words=tuple(tokens.fold(word.text) for word in sought))


def _alike(lattice: Lattice) -> list[Rule]:
    """Rules that look at the same things, the most first."""
    kinds = {span.kind for span in lattice.spans} - {"AND", "BY", "WITH", "TO", "RANGE", "filler"}
    scored = [(len(rule.pattern.needed & kinds), -place, rule) for place, rule in enumerate(RULES)]
    return [rule for score, _, rule in sorted(scored, key=lambda one: one[:2], reverse=True) if score] or list(
        RULES[:OFFERED]
    )


def _examples(rules: Sequence[Rule], reader: Language) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule.example[reader == "en"] for rule in rules))[:OFFERED]


def _described(found: dict[Plan, Rule], reader: Language) -> tuple[str, ...]:
    """How to ask for each of several plans."""
    questions = [question for question in (_exact(made, reader) for made in found) if question is not None]
    return tuple(dict.fromkeys(questions)) or _examples(list(found.values()), reader)


def _exact(made: Plan, reader: Language) -> str | None:
    """A question that means this plan and no other, for plans that questions are ambiguous between."""
    english = reader == "en"
    match made:
        case NoteFact(name=name):
            side, _, detail = name.partition("_")
            who = {"issuer": ("emitente", "issuer"), "recipient": ("destinatário", "recipient")}.get(side)
            what = {"id": "CNPJ", "uf": "UF", "name": "nome"}.get(detail)
            if who is None or what is None:
                return None
            return (
                f"what is the {'name' if what == 'nome' else what} of the {who[1]}?"
                if english
                else f"qual o {what} do {who[0]}?"
            )
        case TaxStated(tax=tax, part="base"):
            return f"what is the {tax} base?" if english else f"qual a base do {tax}?"
        case Sum(where=where):
            which = condition(where, reader)
            return (
                f"what is the total value of the items{which}?" if english else f"qual o valor total dos itens{which}?"
            )
        case ItemList(count=True, where=where):
            which = condition(where, reader)
            return f"how many items{which} are there?" if english else f"quantos itens{which} há?"
    return None
