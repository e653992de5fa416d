"""Help and usage errors in both languages: nothing a person reads of a wrong call is left in the other one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import InvalidOperation
from typing import Any

import pytest
import typer

from nexus_tui.cli import usage
from nexus_tui.cli.main import app
from nexus_tui.cli.reference import commands
from nexus_tui.i18n.help_pt import ARGUMENTS, HELP, KINDS
from nexus_tui.i18n.usage_pt import SENTENCES, VALUES
from tests.nexus_tui.cli.conftest import Call
from tests.nexus_tui.cli.running import Nexus

HELP_OPTION = "Show this message and exit."


def every(command: Any) -> Iterator[Any]:
    """A command and all below it."""
    yield command
    for below in getattr(command, "commands", {}).values():
        yield from every(below)


def test_every_help_sentence_is_there_in_portuguese_and_none_is_left_over() -> None:
    tree = list(every(typer.main.get_command(app)))
    said = {command.help for command in tree}
    said |= {parameter.help for command in tree for parameter in command.params if parameter.help}
    assert said | {HELP_OPTION} == set(HELP)
    arguments = {one.name for command in tree for one in command.params if one.param_type_name == "argument"}
    assert arguments == set(ARGUMENTS)
    assert all(HELP.values())


#: What Typer writes of its own on a page in English.
ENGLISH = re.compile(
    r"\b(Usage|Options|Arguments|Commands|OPTIONS|COMMAND|ARGS|default:|env var|required|Show|int|str|path|list)(?!\w)"
)
PATHS = [path[1:] for path, _ in commands(typer.main.get_command(app))]


@pytest.mark.parametrize("path", [(), ("docs",), ("kv",), *PATHS], ids=" ".join)
def test_a_help_page_is_in_one_language(call: Call, path: tuple[str, ...]) -> None:
    portuguese = call(None, "--lang", "pt", *path, "--help").out
    assert portuguese.startswith(f"Uso: {' '.join(('nexus', *path))} ")
    # The names of options are the same in both.
    words = re.sub(r"--[a-z-]+|_PATH", "", portuguese.replace(" ".join(("nexus", *path)), ""))
    assert not ENGLISH.search(words), portuguese
    english = call(None, "--lang", "en", *path, "--help").out
    assert english.startswith(f"Usage: {' '.join(('nexus', *path))} ")
    assert "Mostra esta ajuda." in portuguese and HELP_OPTION in english


def test_the_language_of_a_help_page_is_the_environments_too(nexus: Nexus) -> None:
    ran = nexus("docs", "ls", "--help", env={"NEXUS_LANG": "pt_BR"})
    assert ran.out.startswith("Uso: nexus docs ls [OPÇÕES] [filtro]...")
    assert "[variável: NEXUS_TENANT; padrão: *]" in " ".join(ran.out.split())
    assert nexus("docs", "ls", "--help", "--lang=en", env={"NEXUS_LANG": "pt_BR"}).out.startswith("Usage:")


@pytest.mark.parametrize(
    ("arguments", "spoken"),
    [
        (["--lang", "pt", "docs"], "pt"),
        (["docs", "--lang=pt"], "pt"),
        (["x", "--", "--lang", "pt"], "en"),
        (["--lang"], "en"),
        (["--lang", "pt", "--lang", "en"], "en"),
    ],
)
def test_the_language_is_known_before_the_call_is_parsed(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], spoken: str
) -> None:
    monkeypatch.setenv("NEXUS_LANG", "en")
    assert usage.spoken_in(arguments) == spoken


#: Wrong calls, what is said of each in Portuguese and in English, and the next step.
WRONG: list[tuple[tuple[str, ...], str, str, str]] = [
    (("companeis",), "Comando desconhecido: 'companeis'. Seria 'companies'?", "No such command 'companeis'. Did you mean 'companies'?", "nexus -h"),
    (("kv", "zzz"), "Comando desconhecido: 'zzz'.", "No such command 'zzz'.", "nexus kv -h"),
    (("docs", "ls", "--nope"), "Opção desconhecida: --nope", "No such option: --nope", "nexus docs ls -h"),
    (("docs", "ls", "--limi"), "Opção desconhecida: --limi (opções parecidas: --limit)", "(Possible options: --limit)", "nexus docs ls -h"),
    (("docs", "ls", "--limit"), "A opção '--limit' precisa de um valor.", "requires an argument", "nexus docs ls -h"),
    (("docs", "ls", "--json=1"), "A opção '--json' não leva valor.", "does not take a value", "nexus docs ls -h"),
    (("docs", "ls", "--limit", "x"), "Valor inválido para '--limit': deve ser um número inteiro", "should be a valid integer", "nexus docs ls -h"),
    (("docs", "ls", "--limit", "0"), "Valor inválido para '--limit': deve ser no mínimo 1", "greater than or equal to 1", "nexus docs ls -h"),
    (("docs", "ls", "--limit", "1000001"), "deve ser no máximo 1000000", "less than or equal to 1000000", "nexus docs ls -h"),
    (("dlq", "show", "9" * 5000), "o número tem dígitos demais", "exceeded maximum size", "nexus dlq show -h"),
    (("kv", "ttl"), "Falta o argumento 'chave'.", "Missing argument 'key'.", "nexus kv ttl -h"),
    (("enqueue", "evt.doc.ingested"), "Falta a opção '--file'.", "Missing option '--file'.", "nexus enqueue -h"),
    (("docs", "show", "a", "b"), "Argumentos a mais: b", "unexpected extra argument(s) (b)", "nexus docs show -h"),
    (("dlq", "drop"), "indique os ids, ou --all", "name ids, or --all", "nexus dlq drop -h"),
    (("dlq", "requeue", "1", "--from", "A3"), "--from aceita A0", "--from takes A0", "nexus dlq requeue -h"),
    (("reprocess",), "indique documentos, --job ou --filter", "name documents", "nexus reprocess -h"),
    (("queues", "set", "audit", "x"), "x: NOME=NÚMERO", "x: NAME=NUMBER", "nexus queues set -h"),
    (("queues", "purge", "audit"), "digite --confirm audit para esvaziá-la", "type --confirm audit to purge it", "nexus queues purge -h"),
    (("process", "x", "--formats", "doc"), "doc: os formatos são json, csv", "doc: formats are json, csv", "nexus process -h"),
    (("kv", "put", "k", "@/nonexistent"), "/nonexistent: não existe", "/nonexistent: No such file", "nexus kv put -h"),
    (("kv", "put", "k", "@/"), "/: é uma pasta", "/: Is a directory", "nexus kv put -h"),
    (("process", "x", "--out", "/dev/null"), "/dev/null: já existe e não é uma pasta", "File exists", "nexus process -h"),
    (("enqueue", "evt.doc.ingested", "--file", "/nonexistent"), "/nonexistent: não existe", "/nonexistent: No such file", "nexus enqueue -h"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "portuguese", "english", "help"), WRONG, ids=[" ".join(one[0])[:40] for one in WRONG]
)
def test_a_wrong_call_is_told_with_a_code_and_the_next_step(
    call: Call, nexus: Nexus, arguments: tuple[str, ...], portuguese: str, english: str, help: str
) -> None:
    call(nexus, "init")
    told = call(None, "--data-dir", nexus.directory, "--lang", "pt", *arguments, code=2)
    assert told.out == ""
    assert f"Veja '{help}'." in told.err
    assert "Erro (NX-E10): " in told.err and portuguese in told.err
    assert not re.search(r"\b(Input|Missing|No such|Invalid|Error|Option|Got|Try|Usage)\b", told.err), told.err
    also = call(None, "--data-dir", nexus.directory, "--lang", "en", *arguments, code=2)
    assert f"Try '{help}' for help." in also.err
    assert "Error (NX-E10): " in also.err and english in also.err


def test_a_wrong_call_of_a_program_is_told_in_json(call: Call) -> None:
    told = call(None, "jobs", "ls", "--limit", "0", "--json", "--lang", "pt", code=2)
    assert told.out == ""
    error = json.loads(told.err)["error"]
    assert (error["code"], error["title"]) == ("NX-E10", "Bad input")
    assert error["message"] == "Invalid value for '--limit': Input should be greater than or equal to 1"
    assert error["hint"] == "Try 'nexus jobs ls -h' for help."


def test_a_group_alone_answers_with_its_help(call: Call) -> None:
    told = call(None, "--lang", "pt", "kv", code=2)
    assert told.out == ""
    assert told.err.startswith("Uso: nexus kv [OPÇÕES] COMANDO [ARGUMENTOS]...")
    assert "Erro" not in told.err


def test_a_hostile_name_in_a_wrong_call_moves_no_cursor(call: Call) -> None:
    for arguments in (
        ("kv", "put", "k", "@/\x1b[2J\n"),
        ("process", "x", "--formats", "\x1b[2Jx"),
        ("\x1b[2J",),
        ("docs", "ls", "--\x1b[2J"),
    ):
        assert "\x1b" not in call(None, *arguments, code=2).err


def test_catalogues_keep_the_places_of_values() -> None:
    for english, portuguese in (SENTENCES | VALUES).items():
        assert english.count("{}") == portuguese.count("{}"), english
    assert all(KINDS.values())


def test_a_number_that_is_none_is_told_as_such(capfd: pytest.CaptureFixture[str]) -> None:
    error = typer.BadParameter("event.json: [<class 'decimal.InvalidOperation'>]")
    error.__cause__ = InvalidOperation([InvalidOperation])
    assert usage.tell(error, typer.main.get_command(app), ["enqueue"], "pt") == 2
    assert "Erro (NX-E14): Valor inválido: event.json: tem um número além de qualquer valor\n" in capfd.readouterr().err
