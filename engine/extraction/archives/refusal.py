"""The typed answer to a container, or a part of one, that is not taken in.

Codes are stable; texts are templates over `arguments`.
"""

from __future__ import annotations

import msgspec

from engine.extraction import problems

#: code -> (Portuguese, English)
MESSAGES: dict[str, tuple[str, str]] = {
    "absent": ("O arquivo não pôde ser aberto: {detail}.", "The file could not be opened: {detail}."),
    "columns": (
        "A lista tem {found} colunas; o limite é {limit}.",
        "The list has {found} columns; the limit is {limit}.",
    ),
    "damaged": ("O arquivo compactado está danificado: {detail}.", "The archive is damaged: {detail}."),
    "depth": (
        "Arquivos compactados dentro de outros além de {limit} níveis não são abertos.",
        "Archives inside archives deeper than {limit} levels are not opened.",
    ),
    "encrypted": ("O arquivo está protegido por senha.", "The file is protected by a password."),
    "entries": ("O arquivo compactado tem mais de {limit} entradas.", "The archive has more than {limit} entries."),
    "field_size": ("Um campo da lista passa de {limit} bytes.", "A field of the list exceeds {limit} bytes."),
    "line_size": ("Uma linha da lista passa de {limit} bytes.", "A row of the list exceeds {limit} bytes."),
    "member_size": (
        "O arquivo passa de {limit} bytes depois de descompactado.",
        "The file exceeds {limit} bytes once inflated.",
    ),
    "method": (
        "O método de compactação {found} não é aceito.",
        "Compression method {found} is not accepted.",
    ),
    "no_documents": ("O arquivo não traz nenhum documento.", "The file holds no document."),
    "not_a_list": (
        "A planilha não é uma lista de notas nem de itens conhecida. Colunas: {columns}.",
        "The sheet is no known list of notes or items. Columns: {columns}.",
    ),
    "ratio": (
        "O conteúdo cresce mais de {limit} vezes ao descompactar: recusado como bomba de compactação.",
        "The content grows more than {limit} times when inflated: refused as a compression bomb.",
    ),
    "symlink": (
        "A entrada é um atalho (link simbólico) e não é seguida.",
        "The entry is a symbolic link and is not followed.",
    ),
    "total_size": (
        "O conteúdo descompactado passa de {limit} bytes ao todo.",
        "The inflated content exceeds {limit} bytes in all.",
    ),
}


class Refusal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was refused and why. With `whole` the outermost container is refused and nothing follows; else only what
    `label` names.
    """

    label: str
    #: A key of `MESSAGES`, or of `problems.MESSAGES` where a reader of documents gave the reason.
    code: str
    #: The stored Portuguese text.
    message: str
    whole: bool = False
    #: What fills the message's template in another language.
    arguments: dict[str, str] = {}


def refuse(label: str, code: str, *, whole: bool = False, **arguments: object) -> Refusal:
    """A refusal with its Portuguese text."""
    written = {name: str(value) for name, value in arguments.items()}
    message = MESSAGES[code][0].format(**written)
    return Refusal(label=label, code=code, message=message, whole=whole, arguments=written)


def english(refusal: Refusal) -> str:
    """The English text of a refusal."""
    template = MESSAGES.get(refusal.code) or problems.MESSAGES[refusal.code]
    return template[1].format(**refusal.arguments)
