"""`python -m nexus_tui.cli.reference` writes docs/cli.md from the commands themselves; with `--check` it says whether that is up to date."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from nexus_tui.cli.main import app

TARGET = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
HEADING = """\
# Commands

Written by `python -m nexus_tui.cli.reference`; a test compares it with the commands.

Every command but `demo` takes `--data-dir` (NEXUS_DATA_DIR); every one `--config` (NEXUS_CONFIG, at any place), `--json` (one object a line on stdout, diagnostics on stderr), `--lang`
(NEXUS_LANG) and `--help`. Exit codes: 0 done, 1 some documents failed or nothing was found to act on, 2 usage, 69 service unavailable, 75 the data
directory is owned by a process that does not answer, 78 bad configuration or another version, 128 and the number of the signal that broke the
command off (130 for Ctrl-C); `nexus run` ends with 0 when it is told to stop.

One thing has one name in every object (`docId`, `traceId`, `jobId`, `tenantId`, `file`), amounts are text with a point, and no language changes them;
`docs items` and `docs report` speak the wire's names and numbers. Tables, help and errors are in Portuguese with `--lang pt`, with amounts as `1.234,56`. A wrong call is told on stderr, with `--json` as one object
`{"error": {code, title, message, hint}}`.
"""
#: Said once, above.
COMMON = frozenset({"data_dir", "as_json", "lang", "help"})


def render() -> str:
    """The whole document."""
    root = typer.main.get_command(app)
    return HEADING + "".join(_section(path, command) for path, command in commands(root))


def commands(command: Any, path: tuple[str, ...] = ("nexus",)) -> list[tuple[tuple[str, ...], Any]]:
    """Every command below, by the words that call it."""
    below = getattr(command, "commands", None)
    if not below:
        return [(path, command)]
    return [found for name in sorted(below) for found in commands(below[name], (*path, name))]


def _section(path: tuple[str, ...], command: Any) -> str:
    """One command: how it is called, what it does, its own arguments and options."""
    parameters = [one for one in command.params if one.name not in COMMON]
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    options = [one for one in parameters if one.param_type_name == "option"]
    call = " ".join((*path, *(_argument(one) for one in arguments)))
    lines = [
        f"\n## `{' '.join(path)}`\n",
        f"    {call}{' [OPTIONS]' if options else ''}\n",
        (command.help or "").strip(),
    ]
    told = [(_argument(one), one.help) for one in arguments if one.help] + [
        (", ".join(one.opts), one.help) for one in options
    ]
    if told:
        lines += ["", *(f"- `{name}`: {text or ''}" for name, text in told)]
    return "\n".join(lines) + "\n"


def _argument(argument: Any) -> str:
    name = argument.name.upper() + ("…" if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def main(arguments: list[str]) -> int:
    """Write the document, or compare it."""
    text = render()
    if "--check" in arguments:
        current = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        if not current:
            sys.stderr.write(f"{TARGET.name} is out of date: python -m nexus_tui.cli.reference\n")
        return 0 if current else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
