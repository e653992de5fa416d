"""Where words are mentioned: items, findings, parties. A search, never a statement about what is found."""

from __future__ import annotations

from engine.assistant.answering.audit import line
from engine.assistant.answering.items import described
from engine.assistant.answering.note import of_finding
from engine.assistant.cleaning import quoted
from engine.assistant.material import Material
from engine.assistant.plans import Passages
from engine.assistant.replies import Citation, Reply, cite, either, listed, some
from engine.assistant.tokens import fold
from engine.contract.calls import Scope
from engine.fiscal.money import Language
from engine.fiscal.rules import render


def mentions(plan: Passages, material: Material, scope: Scope, language: Language) -> Reply:
    """The passages of one document that mention every word; in the scope of the summary only findings are looked at."""
    doc = material.document.doc
    words = tuple(fold(word) for word in plan.words)
    told = " ".join(f"«{quoted(word, 40)}»" for word in plan.words)
    lines, citations = passages(material, words, scope, language)
    if not lines:
        text = either(
            language, f"Nenhum trecho deste documento menciona {told}.", f"No passage of this document mentions {told}."
        )
        return Reply(text=text, citations=(cite(doc),))
    heading = either(language, f"Trechos que mencionam {told}:", f"Passages that mention {told}:")
    return Reply(text=listed(heading, lines, language), citations=some(citations))


def passages(
    material: Material, words: tuple[str, ...], scope: Scope, language: Language
) -> tuple[list[str], list[Citation]]:
    """Lines and citations of what holds every word (or one that begins with it)."""
    doc, document = material.document.doc, material.document
    lines: list[str] = []
    citations: list[Citation] = []
    if scope == "full":
        for label, name in (
            (("emitente", "issuer"), document.issuer_name),
            (("destinatário", "recipient"), document.recipient_name),
            (("arquivo", "file"), document.name),
        ):
            if name and _holds(name, words):
                lines.append(f"{either(language, *label)}: {quoted(name)}")
                citations.append(cite(doc, path=label[1], text=name))
        for item in material.items:
            if _holds(
                " ".join(
                    (
                        item.text("produto_nome"),
                        item.text("produto_ncm"),
                        item.text("produto_cfop"),
                        item.text("produto_codigo"),
                    )
                ),
                words,
            ):
                lines.append(described(item))
                citations.append(
                    cite(
                        doc, item=item.number, path=f"lines[{item.place}].produto_nome", text=item.text("produto_nome")
                    )
                )
    for found in material.findings:
        if _holds(f"{found.code} {render(found, language)}", words):
            lines.append(line(found, language))
            citations.append(of_finding(doc, found, language))
    return lines, citations


def _holds(text: str, words: tuple[str, ...]) -> bool:
    """Whether every word begins some word of the text, as the full-text index has it."""
    parts = "".join(letter if letter.isalnum() else " " for letter in fold(text)).split()
    return all(any(part.startswith(word) for part in parts) for word in words)
