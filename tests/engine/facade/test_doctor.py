"""The doctor: every sentence it says is there in Portuguese, and the commands it names exist."""

from __future__ import annotations

import ast
from pathlib import Path

import engine.facade.doctor as module
from engine.facade.doctor import Check, Examination
from nexus_tui.i18n.doctor import told
from nexus_tui.i18n.doctor_pt import HINTS


def hints() -> set[str]:
    """The hints in the source: what is given as `hint`, assigned to it, or handed to a helper."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    docs = {
        ast.get_docstring(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return {text for text in texts if text.endswith(".") and text != "." and text not in docs and " " in text}


def test_every_hint_is_there_in_portuguese_and_none_is_left_over() -> None:
    found = hints() - {(module.__doc__ or "").strip()}
    assert {text for text in found if text not in HINTS and "\n" not in text} == set()
    assert set(HINTS) - found == set()
    assert all(
        told(english, "pt") == portuguese and told(english, "en") == english for english, portuguese in HINTS.items()
    )


def test_an_error_it_met_is_told_in_portuguese_too() -> None:
    assert told("NX-C04 x.toml: there is no setting a.", "pt") == "NX-C04 x.toml: não há o ajuste a."
    assert told("Check the id.", "pt") == "Confira o id."
    assert told("pid 1", "pt") == "pid 1"


def of(**statuses: str) -> Examination:
    return Examination(checks=tuple(Check(name=name, status=status, observed="") for name, status in statuses.items()))  # type: ignore[arg-type]


def test_the_worst_check_is_the_status_and_what_fails_is_the_exit_code() -> None:
    assert (of(disk="pass").status, of(disk="pass").exit_code) == ("pass", 0)
    assert (of(disk="pass", http="warn").status, of(disk="pass", http="warn").exit_code) == ("warn", 0)
    assert (of(http="warn", python="fail").status, of(http="warn", python="fail").exit_code) == ("fail", 1)
    assert of(python="fail", database="fail").exit_code == 69
