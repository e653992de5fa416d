"""Documentation that cannot rot: what it names exists, what is generated is current, and nothing of a workplace is in it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer

from nexus_tui.cli import reference
from nexus_tui.cli.main import app, run

REPOSITORY = Path(__file__).resolve().parents[2]
README = REPOSITORY / "README.md"
GUIDE = REPOSITORY / "docs" / "pt" / "guia.md"
DECISIONS = REPOSITORY / "docs" / "decisions"
COMMANDS = {path[1:]: command for path, command in reference.commands(typer.main.get_command(app))}
#: Places and hosts of whoever built this, in pieces, so that this file does not hold them.
FORBIDDEN = re.compile("|".join(("/wor" + "k/", "/tm" + "p/w/", "/roo" + "t/", "index" + "-url", "artifac" + "tory", "r-se" + "ed-", r"\bissue #?[0-9]+\b")))


def calls(path: Path) -> list[str]:
    """The lines of a document's code blocks that call `nexus`, and calls within its sentences."""
    text = path.read_text(encoding="utf-8")
    blocks = [line.strip() for line in text.splitlines() if line.startswith("    nexus")]
    inline = re.findall(r"`(nexus [^`]+)`", text)
    found = [part.split("#")[0].strip() for line in blocks + inline for part in line.split("&&")]
    return sorted({line for line in found if line.startswith("nexus ") and line != "nexus"})


def command_of(line: str) -> tuple[tuple[str, ...], list[str]]:
    """The words that name the command, and its arguments."""
    words = shlex.split(line)[1:]
    for length in (2, 1):
        if tuple(words[:length]) in COMMANDS:
            return tuple(words[:length]), words[length:]
    raise AssertionError(f"{line}: no such command")


def check(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    path, arguments = command_of(line)
    known = {option for parameter in COMMANDS[path].params for option in parameter.opts}
    assert {word for word in arguments if word.startswith("--")} <= known, line
    assert run([*path, "--help"]) == 0
    assert capfd.readouterr().out.startswith("Usage:")


@pytest.mark.parametrize("line", calls(README))
def test_the_readmes_commands_exist(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    check(line, capfd)


@pytest.mark.parametrize("line", calls(GUIDE))
def test_the_guides_commands_exist(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    check(line, capfd)


def test_hints_name_commands_that_exist_or_are_announced(capfd: pytest.CaptureFixture[str]) -> None:
    from nexus_tui.i18n.errors_pt import BY_CODE

    announced = {"nexus doctor"}
    for _, hint in BY_CODE.values():
        for line in set(re.findall(r"`(nexus [^`]+)`", hint)) - announced:
            check(line, capfd)


def test_the_make_targets_the_readme_names_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", README.read_text(encoding="utf-8"))) <= targets


def test_the_reference_of_commands_is_current() -> None:
    assert reference.main(["--check"]) == 0, "python -m nexus_tui.cli.reference"


def test_every_command_is_in_the_reference() -> None:
    text = reference.TARGET.read_text(encoding="utf-8")
    for path, command in COMMANDS.items():
        assert f"## `nexus {' '.join(path)}`\n" in text
        assert command.help
        own = [one for one in command.params if one.param_type_name == "option" and one.name not in reference.COMMON]
        assert all(one.help for one in own), path


def test_the_guide_explains_every_state_of_a_document() -> None:
    from engine.facade.filters import STATES

    text = GUIDE.read_text(encoding="utf-8")
    assert {state for state in STATES if not re.search(rf"\b{state}\b", text)} == set()


def test_decisions_are_numbered_in_a_row_and_indexed() -> None:
    notes = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [int(path.name[:4]) for path in notes] == list(range(1, len(notes) + 1))
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    for path in notes:
        heading = path.read_text(encoding="utf-8").splitlines()[0]
        number, _, title = heading.removeprefix("# ").partition(" ")
        assert number == path.name[:4]
        assert f"- [{number}]({path.name}) {title}" in index
    assert len(re.findall(r"^- \[", index, re.MULTILINE)) == len(notes)


def test_links_lead_somewhere() -> None:
    for path in (README, REPOSITORY / "CHANGELOG.md", *(REPOSITORY / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert target.startswith("http") or (path.parent / target).exists(), f"{path.name}: {target}"
    named = re.findall(r"`((?:docs|tests|nexus_tui|engine|store|scheduler)/[^`*]*)`", README.read_text(encoding="utf-8"))
    assert all((REPOSITORY / target).exists() for target in named), named


def test_the_readme_shows_what_the_demonstration_prints(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXUS_LANG", "en")
    [shown] = re.findall(r"```text\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    before = os.umask(0o022)
    try:
        assert run(["demo"]) == 0
    finally:
        os.umask(before)
    printed = capfd.readouterr().out.splitlines()
    first, last = (part.strip().splitlines() for part in shown.split("…"))
    assert printed[: len(first)] == first
    assert printed[-len(last) :] == last


def tracked() -> list[Path]:
    """The project's own files: what git knows, or everything where there is no git."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True, timeout=30).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(REPOSITORY)) for floor in FLOORS for path in (REPOSITORY / floor).rglob("*.py")]
    return [REPOSITORY / name for name in listed if name and (REPOSITORY / name).is_file()]


def test_nothing_of_a_workplace_is_in_the_project() -> None:
    found: dict[str, Any] = {}
    for path in tracked():
        if path.suffix not in (".py", ".md", ".toml", ".txt", ".in", ".yaml", ".json", ".sql", ".tcss", "") or path.stat().st_size > 2_000_000:
            continue
        matches = FORBIDDEN.findall(path.read_text(encoding="utf-8", errors="replace"))
        if matches:
            found[str(path.relative_to(REPOSITORY))] = sorted(set(matches))
    assert found == {}


FLOORS = ("nexus_tui", "scheduler", "engine", "store")
MODULES = sorted(path for floor in (*FLOORS, "tests", "benchmarks", "packaging") for path in (REPOSITORY / floor).rglob("*.py"))


def test_every_module_says_what_it_is_and_a_long_one_why_it_is_long() -> None:
    import ast

    silent, long = [], []
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        doc = ast.get_docstring(ast.parse(text)) or ""
        name = str(path.relative_to(REPOSITORY))
        # A numbered migration is plain SQL; its package marker holds nothing.
        if not doc and text:
            silent.append(name)
        if len(text.splitlines()) > 400 and "lines" not in doc:
            long.append(name)
    assert (silent, long) == ([], [])


def test_nothing_is_left_to_be_filled_in() -> None:
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X{3}|LO" + r"REM)\b")
    found = [str(path.relative_to(REPOSITORY)) for path in (*MODULES, README, GUIDE, reference.TARGET) if words.search(path.read_text(encoding="utf-8"))]
    assert found == []
