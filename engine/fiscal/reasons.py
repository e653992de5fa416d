"""Why classification, ledger, taxes and reconciliation decided as they did: a code with arguments, worded for reading.

Owns the sentences of these four modules in both languages; what is stored and sent is the Portuguese one.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.fiscal.money import Language


class Reason(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One statement; `arguments` fill the sentence of its code."""

    code: str
    arguments: dict[str, str] = {}


_SENTENCES: Final[dict[str, tuple[str, str]]] = {
    # Classification.
    "correction": ("Corrigido por uma pessoa para {operation}", "Corrected by a person to {operation}"),
    "return_purpose": ("finNFe 4: devolução de mercadoria", "finNFe 4: return of goods"),
    "cfop": ("CFOP {cfop}: {operation}", "CFOP {cfop}: {operation}"),
    "issqn": ("Item com ISSQN: serviço", "Item under ISSQN: service"),
    "unknown_cfop": ("CFOP desconhecido: {cfop}", "Unknown CFOP: {cfop}"),
    "direction_conflict": ("CFOP {cfop} contradiz tpNF {type}", "CFOP {cfop} contradicts tpNF {type}"),
    "nature": ("Sem itens: natureza da operação “{nature}”", "No items: nature of the operation “{nature}”"),
    "no_evidence": ("Sem itens e sem natureza da operação", "Neither items nor a nature of the operation"),
    "mixed": (
        "Operações mistas: {operation} tem {share} % do valor",
        "Mixed operations: {operation} holds {share} % of the value",
    ),
    "issued": ("Emitida por {company}", "Issued by {company}"),
    "received": ("Recebida por {company}", "Received by {company}"),
    "both": ("Emitente e destinatário são empresas próprias", "Issuer and recipient are own companies"),
    "different_roots": (
        "Empresas próprias de raízes diferentes: confira se é venda de uma à outra",
        "Own companies of different roots: check whether one sold to the other",
    ),
    "third": (
        "Nenhuma empresa própria entre as partes: vista pelo emitente",
        "No own company among the parties: seen as its issuer",
    ),
    "outside": (
        "Nenhuma empresa própria entre as partes: documento de terceiros, só auditado",
        "No own company among the parties: a document of third parties, audited only",
    ),
    # Not booked.
    "no_protocol": ("Sem protocolo de autorização", "No authorisation protocol"),
    "not_authorised": ("Protocolo com cStat {status}: não autorizada", "Protocol with cStat {status}: not authorised"),
    "cancelled": ("Cancelada (cStat {status})", "Cancelled (cStat {status})"),
    "denied": ("Uso denegado (cStat {status})", "Use denied (cStat {status})"),
    "homologation": ("Ambiente de homologação, sem valor fiscal", "Test environment, without fiscal value"),
    "template": (
        "Modelo preenchido com exemplos, não é um documento",
        "A template filled with placeholders, not a document",
    ),
    "repeated": (
        "A mesma chave já está escriturada por um documento recebido antes",
        "The same key is booked already, by a document that came before",
    ),
    "no_tax_leaves": ("A lista não traz os tributos dos itens", "The list does not carry the taxes of its items"),
    # Reconciliation.
    "LED-00": ("Não escriturada: {reason}", "Not booked: {reason}"),
    "LED-01": ("Débitos {debits} diferem dos créditos {credits}", "Debits {debits} differ from credits {credits}"),
    "LED-02": (
        "Lançado {booked} contra o parceiro, mas vNF é {total}",
        "Booked {booked} against the counterparty, but vNF is {total}",
    ),
    "LED-03": (
        "vNF difere da soma dos componentes em {difference}, lançado em conta transitória",
        "vNF differs from the sum of its components by {difference}, booked on a suspense account",
    ),
    "TAX-00": ("Tributos não apurados: {reason}", "Taxes not apportioned: {reason}"),
    "TAX-01": (
        "{tax}: itens somam {items}, o total do documento é {total}",
        "{tax}: the items sum to {items}, the document's total is {total}",
    ),
    "clean": ("Lançamentos e tributos conferem com o documento", "Entries and taxes agree with the document"),
    "issues": (
        "{count} divergência(s) entre lançamentos, tributos e documento",
        "{count} divergence(s) between entries, taxes and document",
    ),
}


def render(reason: Reason, language: Language = "pt") -> str:
    """The sentence of a reason, its arguments filled in."""
    portuguese, english = _SENTENCES[reason.code]
    return (portuguese if language == "pt" else english).format_map(reason.arguments)
