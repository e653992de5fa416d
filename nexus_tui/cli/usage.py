"""Help and usage errors in the reader's language: Typer speaks English, and what it says is looked up sentence by sentence.

What is not in the catalogues stays English; tests read every command's help and make every kind of usage error.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from engine.errors import BadInput, EngineError, InvalidEvent
from nexus_tui.clean import plain
from nexus_tui.cli.words import Language, language, word
from nexus_tui.directories import CONFIGURATION_VARIABLE, data_directory
from nexus_tui.i18n.errors import filled
from nexus_tui.i18n.help_pt import ARGUMENTS, HELP, KINDS, PARTS
from nexus_tui.i18n.usage_pt import SENTENCES, SYSTEM, VALUES

_KIND = re.compile(r"<([^<>]+)>")


def spoken_in(arguments: Sequence[str]) -> Language:
    """The language of a call, before it is parsed: a usage error must be told in it too."""
    return language(_given(arguments, "--lang"), directory_in(arguments))


def directory_in(arguments: Sequence[str]) -> Path:
    """The data directory of a call, before it is parsed."""
    given = _given(arguments, "--data-dir")
    return data_directory(None if given is None else Path(given))


def take_configuration(arguments: Sequence[str]) -> list[str]:
    """The call without `--config`, which any command takes at any place; what it names counts from here on."""
    given = _given(arguments, "--config")
    if given is None:
        return list(arguments)
    os.environ[CONFIGURATION_VARIABLE] = given
    left: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument == "--":
            return [*left, argument, *rest]
        if argument == "--config":
            next(rest, None)
        elif not argument.startswith("--config="):
            left.append(argument)
    return left


def _given(arguments: Sequence[str], option: str) -> str | None:
    """The value of an option that any command takes; the last one counts."""
    given = None
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        if argument == option:
            given = next(iter(arguments[place + 1 :]), given)
        elif argument.startswith(f"{option}="):
            given = argument.removeprefix(f"{option}=")
    return given


def put_into_portuguese(command: Any) -> None:
    """Change a tree of commands, freshly built, so that its help is Portuguese."""
    command.context_class = _Context
    command.help = HELP.get(command.help, command.help)
    command.options_metavar = PARTS["[OPTIONS]"]
    for parameter in command.params:
        parameter.help = HELP.get(parameter.help, parameter.help)
        if parameter.param_type_name == "argument":
            parameter.metavar = ARGUMENTS.get(parameter.name)
    if (below := getattr(command, "commands", None)) is not None:
        command.subcommand_metavar = PARTS["COMMAND [ARGS]..."]
        for one in below.values():
            put_into_portuguese(one)


class _Formatter(typer.Context.formatter_class):  # type: ignore[misc, valid-type]
    """Writes what Typer itself adds to a help page in Portuguese."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, PARTS["Usage: "])

    def write_heading(self, heading: str) -> None:
        super().write_heading(PARTS.get(heading, heading))

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(_kinds(name), _explained(text)) for name, text in rows], col_max, col_spacing)


class _Context(typer.Context):
    formatter_class = _Formatter


def _kinds(name: str) -> str:
    return _KIND.sub(lambda found: f"<{KINDS.get(found[1], found[1])}>", name)


def _explained(text: str) -> str:
    """A help sentence with what Typer adds behind it: `[env var: X; default: Y; required]`."""
    said, bracket, added = text.rpartition("[")
    if not (bracket and added.endswith("]") and (not said or said.endswith("  "))):
        return HELP.get(text, text)
    parts = [part.partition(": ") for part in added[:-1].split("; ")]
    return f"{said}[{'; '.join(PARTS.get(name, name) + colon + value for name, colon, value in parts)}]"


def tell(error: typer.TyperException, command: Any, arguments: Sequence[str], spoken: Language) -> int:
    """Tell a usage error on stderr: how the command is called, where its help is, what is wrong. Returns the exit code."""
    as_json = "--json" in arguments
    context: Any = getattr(error, "ctx", None)
    kind = _because(error, spoken if not as_json else "en")
    message = error.format_message()
    usage = "" if context is None else context.get_usage()
    if usage and message.startswith(usage):
        # A group without a command: its help is the answer.
        sys.stderr.write(f"{message}\n")
        return error.exit_code
    call = _help_of(command, arguments)
    if as_json:
        hint = kind.hint if kind is InvalidEvent else f"Try '{call}' for help."
        body = {"code": kind.code, "title": kind.title, "message": message, "hint": hint}
        sys.stderr.write(json.dumps({"error": body}) + "\n")
        return error.exit_code
    if spoken == "pt":
        message = _sentence(message)
    lines = [
        *usage.splitlines(),
        word("try_help", spoken).format(call),
        "",
        f"{word('wrong_call', spoken)} ({kind.code}): {message}",
    ]
    if kind is InvalidEvent:
        lines.append(word("compare_schema", spoken))
    sys.stderr.write("".join(f"{plain(line) if line.strip() else ''}\n" for line in lines))
    return error.exit_code


def _help_of(command: Any, arguments: Sequence[str]) -> str:
    """The call that shows the help of the command that was meant: an error that Typer finds early names none."""
    words = ["nexus"]
    for argument in arguments:
        if (below := getattr(command, "commands", {}).get(argument)) is not None:
            command = below
            words.append(argument)
    return " ".join([*words, "-h"])


def _because(error: Any, spoken: Language) -> type[EngineError]:
    """Say what a value that could not be read or written ran into, instead of the raw error; returns what kind of error it is."""
    cause, kind, said = error.__cause__, BadInput, ""
    if isinstance(cause, OSError):
        said = cause.strerror or ""
        if spoken == "pt":
            said = SYSTEM.get(errno.errorcode.get(cause.errno or 0, ""), said)
    elif isinstance(cause, json.JSONDecodeError):
        kind, said = InvalidEvent, f"is not JSON (line {cause.lineno}, column {cause.colno})"
    elif isinstance(cause, UnicodeDecodeError):
        kind, said = InvalidEvent, "is not UTF-8 text"
    elif isinstance(cause, RecursionError):
        kind, said = InvalidEvent, "is nested too deep"
    elif isinstance(cause, ArithmeticError):
        kind, said = InvalidEvent, "holds a number beyond any amount"
    if said:
        raw = [str(cause), getattr(cause, "strerror", None) or ""]
        subject = error.message
        for one in raw:
            subject = subject.removesuffix(one)
        error.message = subject + said
    return kind


_value = filled(VALUES)
_sentence = filled(SENTENCES, _value)
