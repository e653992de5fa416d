"""Two languages: whatever a person reads of the command line, errors and refusals included, is there in both."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engine.api.client
import engine.errors
import store.errors
from engine.facade.refusals import DECLINED
from nexus_tui.cli import words
from nexus_tui.cli.words import WORDS, language
from nexus_tui.i18n.errors import declined, sentence, worded
from nexus_tui.i18n.errors_pt import BY_CODE, SENTENCES
from tests.nexus_tui.cli.conftest import NOTE, Call
from tests.nexus_tui.cli.running import REPOSITORY, Nexus

#: Failures of a hop are told by the document and the dead letter, in the words they were stored with.
STORED = {"AgentError", "AgentTimeout", "AgentCrashed", "InvalidPayload", "Interrupted", "ExtractionCrashed"}


def classes() -> list[type[Any]]:
    """Every error of the house."""
    found = {
        value
        for module in (engine.errors, store.errors, engine.api.client)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, (engine.errors.EngineError, store.errors.StoreError))
    }
    return sorted(found, key=lambda one: str(one.code))


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for floor in ("engine", "store", "scheduler", "nexus_tui"):
        for path in sorted((REPOSITORY / floor).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def said() -> set[str]:
    """Every sentence that an error is raised with, its values as `{}`."""
    names = {one.__name__ for one in classes()} - STORED
    found = set()
    for _, tree in sources():
        for node in ast.walk(tree):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args
            ):
                continue
            text = node.args[0]
            if isinstance(text, ast.Constant):
                found.add(str(text.value))
            elif isinstance(text, ast.JoinedStr):
                found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values))
    return found


def test_every_error_has_a_title_and_a_hint_in_portuguese() -> None:
    codes = {one.code for one in classes()}
    assert len(codes) == len(classes())
    assert codes | set(DECLINED) == set(BY_CODE)
    assert all(title and hint for title, hint in BY_CODE.values())


def test_every_sentence_an_error_is_raised_with_is_there_in_portuguese() -> None:
    wanted = said() | {(one.__doc__ or "").strip() for one in classes()}
    wanted = {text for text in wanted if re.search("[a-z]", text.replace("{}", ""))}
    assert wanted - set(SENTENCES) == set()


def test_nothing_is_in_the_catalogue_that_nobody_says() -> None:
    wanted = said() | {(one.__doc__ or "").strip() for one in classes()}
    computed = {
        "The owner answered {}.", "{} is in use by process {}.", "{} is in use by another process.",
        "Reading {} ended as {}.", "{} made no progress within {} ms.",
    }  # fmt: skip
    assert set(SENTENCES) - wanted - computed == set()


@pytest.mark.parametrize("english", sorted(SENTENCES))
def test_a_sentence_keeps_its_values(english: str) -> None:
    places = english.count("{}")
    assert SENTENCES[english].count("{}") == places
    values = [f"<{number}>" for number in range(places)]
    portuguese = sentence(english.format(*values))
    assert portuguese == SENTENCES[english].format(*values)


def test_a_brace_in_a_value_is_text() -> None:
    assert sentence("There is no {0}{x}.") == "Não há {0}{x}."


def test_what_is_not_known_stays_as_it_is() -> None:
    assert worded("NX-X99", "Title", "Something odd", "Hint", "pt") == ("Title", "Something odd", "Hint")
    assert declined("NX-F99", "odd", "hint", "pt") == ("odd", "hint")
    assert worded("NX-E11", "No such file", "There is no x.", "Check the path.", "en") == (
        "No such file",
        "There is no x.",
        "Check the path.",
    )


def test_every_word_the_command_line_says_is_known_and_every_known_word_is_said() -> None:
    named: set[str] = set()
    for path in (Path(words.__file__).parent).glob("*.py"):
        if path.name != "words.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    named.add(node.value)
    # The engine's states and the names of checks are values, said as words.
    spoken = {name for name in WORDS if name in named or name.startswith(("check_", "decided_")) or name == "stopped"}
    assert set(WORDS) - spoken == set()
    asked = set()
    for path in (Path(words.__file__).parent).glob("*.py"):
        asked |= set(re.findall(r'\bword\("(\w+)"', path.read_text(encoding="utf-8")))
        asked |= set(re.findall(r'session\.(?:result\(.*|missing\()"(\w+)"', path.read_text(encoding="utf-8")))
    assert asked - set(WORDS) == set()
    assert all(portuguese and english for portuguese, english in WORDS.values())


@pytest.mark.parametrize(
    ("given", "environment", "spoken"),
    [
        ("pt", {"NEXUS_LANG": "en"}, "pt"),
        (None, {"NEXUS_LANG": "pt-BR", "LANG": "en_US.UTF-8"}, "pt"),
        (None, {"LC_ALL": "pt_BR.UTF-8"}, "pt"),
        (None, {"LC_MESSAGES": "pt_PT", "LANG": "C"}, "pt"),
        (None, {"LC_ALL": "C", "LANG": "pt_BR.UTF-8"}, "en"),
        (None, {}, "en"),
    ],
)
def test_the_language_is_the_flags_then_the_environments(
    monkeypatch: pytest.MonkeyPatch, given: str | None, environment: dict[str, str], spoken: str
) -> None:
    for name in ("NEXUS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language(given) == spoken


#: Commands that fail in one way each, and a word of what they say in Portuguese.
FAILURES: list[tuple[tuple[str, ...], int, str]] = [
    (("docs", "ls", "stat:x"), 2, "Filtro inválido (NX-E15): 'stat' não é palavra de filtro; seria state:?"),
    (("docs", "show", "x"), 1, "documento não encontrado"),
    (("docs", "report", "x"), 1, "ainda sem relatório"),
    (("docs", "cancel", "x"), 1, "`nexus docs ls` mostra os que há."),
    (("reprocess", "x"), 1, "documento não encontrado"),
    (("jobs", "show", "x"), 1, "lote não encontrado"),
    (("queues", "show", "x"), 2, "fila não encontrada"),
    (("queues", "pause", "x"), 2, "Nenhuma fila se chama 'x'."),
    (("queues", "set", "audit", "x=1"), 2, "x não é ajuste de uma fila; há"),
    (("dlq", "show", "1"), 1, "mensagem morta não encontrada"),
    (("dlq", "drop", "1"), 1, "mensagem morta não encontrada"),
    (("dlq", "undrop", "1"), 1, "não está na lixeira"),
    (("kv", "get", "x"), 1, "chave não encontrada"),
    (("kv", "ls", "--namespace", "x"), 2, "'x' não é espaço de nomes"),
    (("kv", "put", "..", "x"), 2, "não é uma chave válida"),
    (("locks", "release", "x"), 1, "trava livre"),
    (("companies", "add", "1"), 2, "'1' não é CNPJ nem CPF válido."),
    (("companies", "rm", "1"), 1, "não é empresa própria"),
    (("add", "/nonexistent/x"), 2, "Não há /nonexistent/x."),
    (("process", "/nonexistent/x"), 2, "Confira o caminho."),
]


def test_failures_are_told_in_portuguese(call: Call, nexus: Nexus) -> None:
    call(nexus, "init")
    for arguments, code, portuguese in FAILURES:
        ended = call(nexus, *arguments, "--lang", "pt", code=code)
        assert portuguese in ended.err, arguments
        assert not re.search(r"\b(no such|There is|Check|lists them|is no)\b", ended.err), (arguments, ended.err)
        english = call(nexus, *arguments, "--lang", "en", code=code)
        assert portuguese not in english.err
    absent = Nexus(nexus.directory.with_name("absent"))
    assert "Ainda sem dados (NX-E16): Não há dados em" in call(absent, "docs", "ls", "--lang", "pt", code=2).err


#: Free space changes by itself between two looks.
FREE = re.compile(r'"disk": \{"status": "pass", "observed": \d+')


def test_what_works_is_told_in_portuguese_and_json_in_neither(call: Call, nexus: Nexus, data: Path) -> None:
    out = call(nexus, "process", data / "nfe" / NOTE, "--lang", "pt").out
    assert "1 documentos, 0 erros, total 610,37, débitos 787,50, créditos 787,50 (débitos = créditos)" in out
    assert out.splitlines()[0].split()[:3] == ["arquivo", "família", "número"]
    assert "verificação" in call(nexus, "status", "--lang", "pt").out
    assert "alterada" in call(nexus, "queues", "pause", "audit", "--lang", "pt").out
    for arguments in (("status",), ("docs", "ls"), ("queues", "ls"), ("jobs", "ls"), ("kv", "ls")):
        told, also = (
            FREE.sub("", call(nexus, *arguments, "--json", "--lang", language).out) for language in ("pt", "en")
        )
        assert told == also
