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
}
#: A field in a sentence, in the order field, expected, found.
REQUIRED = ("{}: required", "{}: obrigatório, falta")
EXPECTED = ("{}: expected {}, found {}", "{}: esperado {} e veio {}")
MORE = ("and {} more", "e mais {}")
