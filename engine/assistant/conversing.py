"""One question to one document: planned, held to its scope, carried out, and said with what was understood."""

from __future__ import annotations

from dataclasses import dataclass

from engine.assistant.answering import carry_out
from engine.assistant.answering.passages import passages
from engine.assistant.cleaning import quoted
from engine.assistant.material import Material
from engine.assistant.planning import Planned, plan
from engine.assistant.plans import scopes
from engine.assistant.replies import Citation, either, some
from engine.assistant.spans import Correction
from engine.contract.calls import Scope
from engine.fiscal.money import Language
from engine.fiscal.rules import BY_CODE

ALL_CODES = frozenset(BY_CODE)
#: Passages shown beside an abstention.
MOST_PASSAGES = 5
AT_WORK = frozenset(("queued", "processing", "retrying", "waiting_lock"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the assistant says. `answered` is False where it abstains, asks back, or names another scope."""

    text: str
    answered: bool
    citations: tuple[Citation, ...] = ()
    unused: tuple[str, ...] = ()
    understood: tuple[Correction, ...] = ()
    offers: tuple[str, ...] = ()


def converse(question: str, material: Material, scope: Scope, language: Language) -> Said:
    """Answer, or say why not."""
    codes = ALL_CODES | {issue.code for issue in material.issues} | {found.code for found in material.findings}
    planned = plan(question, language, material.document.number, frozenset(codes))
    corrections = planned.corrections
    heading = "".join(
        either(
            language,
            f"Entendi «{quoted(one.typed, 40)}» como «{one.taken}».\n",
            f"I took «{quoted(one.typed, 40)}» for «{one.taken}».\n",
        )
        for one in corrections
    )
    if len(planned.plans) != 1:
        text, citations = (
            _asked_back(planned, language) if planned.plans else _abstained(planned, material, scope, language)
        )
        return Said(
            text=heading + text,
            answered=False,
            citations=citations,
            unused=planned.unused,
            understood=corrections,
            offers=planned.offers,
        )
    [chosen] = planned.plans
    able = scopes(chosen)
    if scope not in able:
        return Said(text=heading + _elsewhere(scope, able, language), answered=False, understood=corrections)
    reply = carry_out(chosen, material, scope, language)
    closing = ""
    if material.document.state in AT_WORK:
        closing = either(
            language,
            "\nO documento está sendo processado de novo; a resposta é do que está guardado agora.",
            "\nThe document is being processed again; the answer is of what is kept now.",
        )
    return Said(text=heading + reply.text + closing, answered=True, citations=reply.citations, understood=corrections)


def _elsewhere(scope: Scope, able: tuple[Scope, ...], language: Language) -> str:
    names = [f"«{one}»" for one in able]
    joined = either(language, " ou ", " or ").join(names)
    return either(
        language,
        f"O escopo «{scope}» não responde a isso; quem responde é {joined}.",
        f"The scope «{scope}» does not answer this; {joined} does.",
    )


def _asked_back(planned: Planned, language: Language) -> tuple[str, tuple[Citation, ...]]:
    asked = either(
        language,
        "A pergunta pode ser mais de uma coisa. Qual delas?",
        "The question can be more than one thing. Which?",
    )
    return "\n".join([asked, *(f"- {offer}" for offer in planned.offers)]), ()


def _abstained(
    planned: Planned, material: Material, scope: Scope, language: Language
) -> tuple[str, tuple[Citation, ...]]:
    """The words that could not be used, what mentions them, and the nearest questions that can be answered."""
    words = ", ".join(f"«{word}»" for word in planned.unused)
    lines = [either(language, "Ainda não sei responder a isso.", "I cannot answer this yet.")]
    if words:
        lines[0] = either(
            language,
            f"Ainda não sei responder a isso: não pude usar {words}.",
            f"I cannot answer this yet: I could not use {words}.",
        )
    citations: tuple[Citation, ...] = ()
    if planned.sought and len(planned.sought) == len(planned.unused) and scope == "full":
        found, cited = passages(material, planned.sought, scope, language)
        if found:
            lines.append(either(language, f"Trechos que mencionam {words}:", f"Passages that mention {words}:"))
            lines += [f"- {one}" for one in found[:MOST_PASSAGES]]
            citations = some(cited[:MOST_PASSAGES])
    if planned.offers:
        lines.append(either(language, "Perguntas próximas que sei responder:", "Near questions I can answer:"))
        lines += [f"- {offer}" for offer in planned.offers]
    return "\n".join(lines), citations
