"""The reasons why a file cannot be read, in both languages. Codes are stable; texts are templates over
`Problem.arguments`.
"""

from __future__ import annotations

from engine.extraction.result import Problem

#: code -> (Portuguese, English)
MESSAGES: dict[str, tuple[str, str]] = {
    "empty": ("Arquivo vazio.", "Empty file."),
    "not_xml": (
        "O conteúdo não é XML, embora o nome do arquivo diga que é.",
        "The content is not XML although the file's name says so.",
    ),
    "doctype": (
        "O XML declara um DOCTYPE; documentos fiscais não usam DTD nem entidades, e nada foi lido delas.",
        "The XML declares a DOCTYPE; fiscal documents use neither DTD nor entities, and nothing of them was read.",
    ),
    "too_deep": (
        "XML aninhado além de {limit} níveis.",
        "XML nested deeper than {limit} levels.",
    ),
    "encoding": (
        "O texto não está na codificação declarada ({encoding}) e não há leitura sem dúvida.",
        "The text is not in the declared encoding ({encoding}) and no reading of it is beyond doubt.",
    ),
    "truncated": (
        "XML incompleto: o arquivo termina com o elemento {element} aberto.",
        "Incomplete XML: the file ends while element {element} is open.",
    ),
    "unfinished": (
        "XML incompleto: o arquivo termina no meio de uma marca.",
        "Incomplete XML: the file ends in the middle of a tag.",
    ),
    "tag_mismatch": (
        "XML malformado: o elemento {opened} é fechado como {closed}.",
        "Malformed XML: element {opened} is closed as {closed}.",
    ),
    "prefix_mismatch": (
        "XML malformado: o elemento {element} é aberto com um prefixo e fechado com outro ou sem ele.",
        "Malformed XML: element {element} is opened with one prefix and closed with another or none.",
    ),
    "raw_ampersand": (
        "XML malformado: '&' solto ou entidade desconhecida; deve ser escrito '&amp;'.",
        "Malformed XML: a bare '&' or an unknown entity; it must be written '&amp;'.",
    ),
    "invalid_character": (
        "XML malformado: caractere que o XML não admite.",
        "Malformed XML: a character that XML does not allow.",
    ),
    "prefix": (
        "XML malformado: prefixo de namespace não declarado.",
        "Malformed XML: a namespace prefix that is not declared.",
    ),
    "declaration": (
        "XML malformado: há algo antes da declaração <?xml … ?>.",
        "Malformed XML: something stands before the declaration <?xml … ?>.",
    ),
    "trailing_content": (
        "XML malformado: há conteúdo depois do elemento raiz.",
        "Malformed XML: there is content after the root element.",
    ),
    "too_large": (
        "XML com um valor ou tamanho além do que o leitor aceita.",
        "XML with a value or size beyond what the reader accepts.",
    ),
    "malformed": ("XML malformado.", "Malformed XML."),
    "incomplete": (
        "O elemento {element} não contém um documento ({missing} ausente).",
        "Element {element} holds no document ({missing} is missing).",
    ),
    "several_documents": (
        "O arquivo reúne {count} documentos e é lido como lote.",
        "The file holds {count} documents and is read as a batch.",
    ),
}


def problem(code: str, *, line: int | None = None, **arguments: str) -> Problem:
    """A problem with its Portuguese text; `line` counts from 1."""
    return Problem(code=code, message=MESSAGES[code][0].format(**arguments), line=line, arguments=arguments)


def english(found: Problem) -> str:
    """The English text of a problem."""
    return MESSAGES[found.code][1].format(**found.arguments)
