"""Both catalogues have every message the code names, with the same places for values, and none that nothing names."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import nexus_tui
from nexus_tui.i18n import CATALOGUES, Language, Translator
from nexus_tui.i18n.en import MESSAGES as EN
from nexus_tui.i18n.pt_br import MESSAGES as PT
from nexus_tui.keys import KEYS
from nexus_tui.rooms import ROOMS
from nexus_tui.rooms.explain import SHARED
from nexus_tui.rooms.filter_words import STATES
from nexus_tui.theme import THEME_NAMES

#: Modules of this floor's terminal application; the command line has words of its own.
PACKAGE = Path(nexus_tui.__file__).parent
SOURCES = [
    path for path in PACKAGE.rglob("*.py")
    if path.relative_to(PACKAGE).parts[0] not in ("cli", "i18n", "appliance.py", "__main__.py", "version.py")
]  # fmt: skip


def named_in_code() -> set[str]:
    """Every string in the code that is, or with `.one` begins, a message; and every f-string, as a pattern of parts."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def computed() -> set[str]:
    """Ids that the code puts together from a closed list."""
    verbs = ("requeue", "reprocess", "cancel")
    finished = [
        state for state in STATES if state not in ("active", "processing", "retrying", "waiting_lock", "dead_lettered")
    ]
    return {
        *(f"agent.{number}" for number in range(11)),
        *(f"state.{state}" for state in finished),
        *(f"explain.{state}" for state in STATES if state != "active"),
        *(f"now.{state}" for state in ("waiting_lock", "dead_lettered")),
        *(f"done.{verb}" for verb in verbs),
        *(f"ask.{verb}{part}" for verb in ("reprocess", "cancel") for part in ("", ".button", ".consequence")),
        *(f"engine.{state}" for state in ("starting", "running", "draining", "viewer", "stopped", "failed")),
        *(f"theme.{name}" for name in THEME_NAMES),
        *(room.label for room in ROOMS),
        *(key.label for key in KEYS),
        *(f"timeline.shared.{cell}" for cell in SHARED.values()),
        "tab.overview",
        "step.dead",
        "step.retried",
    }


def stem(message: str) -> str:
    """The id as the code names it: without the plural's ending."""
    return message.removesuffix(".one").removesuffix(".other")


def test_every_message_named_in_code_is_in_both_catalogues() -> None:
    prefixes = {message.partition(".")[0] for message in EN}
    stems = {stem(message) for message in EN} | set(EN)
    wanted = {
        text for text in named_in_code()
        if text.partition(".")[0] in prefixes and "." in text and text.replace(".", "").replace("_", "").replace("-", "").isalnum()
        and text.islower() and not text.endswith((".py", ".xml", "."))
    }  # fmt: skip
    assert {text for text in wanted | computed() if text not in stems} == set()


def test_both_catalogues_have_the_same_messages() -> None:
    assert set(EN) == set(PT)


def test_nothing_is_in_a_catalogue_that_no_code_names() -> None:
    named = named_in_code() | computed()
    assert {message for message in EN if message not in named and stem(message) not in named} == set()


@pytest.mark.parametrize("message", sorted(EN))
def test_a_message_takes_the_same_values_in_both_languages(message: str) -> None:
    def fields(text: str) -> set[str | None]:
        return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}

    assert fields(EN[message]) == fields(PT[message])


@pytest.mark.parametrize("language", sorted(CATALOGUES))
def test_plurals_come_in_pairs(language: Language) -> None:
    catalogue = CATALOGUES[language]
    for message in catalogue:
        if message.endswith(".one"):
            assert message.removesuffix(".one") + ".other" in catalogue


def test_a_brace_in_a_value_is_text() -> None:
    assert Translator("en")("go_to.unknown", place="{0}{x}") == "There is no place called {0}{x}"


def test_an_unknown_message_is_an_error() -> None:
    with pytest.raises(KeyError):
        Translator("en")("no.such.message")
