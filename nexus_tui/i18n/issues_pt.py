"""O que se esperava num evento e o que veio, em português: as expressões com que engine/facade/issues.py descreve cada campo."""

from __future__ import annotations

#: English phrase -> Portuguese; `{}` stands for what is said in no language, such as a number or the values of an enumeration.
PHRASES: dict[str, str] = {
    "an object": "um objeto",
    "a list": "uma lista",
    "text": "texto",
    "text that is not empty": "texto não vazio",
    "a number": "um número",
    "a number from 0 to 1": "um número de 0 a 1",
    "a whole number": "um número inteiro",
    "a whole number of at least {}": "um número inteiro a partir de {}",
    "true or false": "true ou false",
    "a value": "um valor",
    "a moment such as {}": "um momento como {}",
    "an address such as {}": "um endereço como {}",
    "one of {}": "um de {}",
    "what docs/schema says": "o que docs/schema diz",
    "nothing": "nada",
    "a mark of the byte order in front": "uma marca de ordem de bytes na frente",
    "bytes that are no UTF-8": "bytes que não são UTF-8",
    "text that is no JSON from byte {} on": "texto que não é JSON a partir do byte {}",
    "JSON without its end": "JSON sem o seu fim",
    "what is nested too deep": "algo aninhado demais",
    "text in UTF-8": "texto em UTF-8",
    "text without control characters": "texto sem caracteres de controle",
    "at most {} characters": "no máximo {} caracteres",
    "at most {} bytes": "no máximo {} bytes",
    "at most {}": "no máximo {}",
    "a whole number of 64 bits": "um número inteiro de 64 bits",
    "a path without a zero byte": "um caminho sem byte zero",
    "one": "um",
    "more": "mais",
    "a tenant": "um cliente",
    "parts between lines of its boundary": "partes entre linhas do seu boundary",
    "text without space around it": "texto sem espaço em volta",
    "space": "espaço",
    "other text": "outro texto",
    "no end": "nenhum fim",
    "headers that cannot be read": "cabeçalhos que não se deixam ler",
    "a file": "um arquivo",
    "no file": "nenhum arquivo",
    "plain bytes": "bytes simples",
}
#: A field in a sentence, in the order field, expected, found.
REQUIRED = ("{}: required", "{}: obrigatório, falta")
EXPECTED = ("{}: expected {}, found {}", "{}: esperado {} e veio {}")
#: A name that no event has, with and without one that is like it.
NEAREST = ("{}: no event is called {}, the nearest is {}", "{}: nenhum evento se chama {}, o mais parecido é {}")
UNKNOWN = ("{}: no event is called {}", "{}: nenhum evento se chama {}")
#: A key that an object has not.
MISSPELT = ("{}: not known, the nearest is {}", "{}: não se conhece, o mais parecido é {}")
STRANGE = ("{}: not known", "{}: não se conhece")
TWICE = ("{}: given twice", "{}: veio duas vezes")
MORE = ("and {} more", "e mais {}")
