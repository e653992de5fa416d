"""Paths typed by hand, and their completion from the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from nexus_tui.dialogs.paths import complete, paths_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("notas de maio", "notas", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "nota.xml").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_a_line_that_exists_is_one_path(folder: Path) -> None:
    assert paths_of(" notas de maio ") == [Path("notas de maio")]


def test_other_lines_are_words_as_in_a_shell(folder: Path) -> None:
    assert paths_of("nota.xml 'a b.xml' ~/c") == [Path("nota.xml"), Path("a b.xml"), folder / "c"]
    assert paths_of("it's") == [Path("it's")]
    assert paths_of("  ") == []


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("no", "notas/"),
        ("nota.", "nota.xml"),
        ("./notas d", "./notas de maio/"),
        ("~/not", "~/notas/"),
        (".h", ".hidden/"),
        ("zzz", None),
        ("missing/x", None),
        ("nota.xml", None),
    ],
)
def test_completion(folder: Path, typed: str, completed: str | None) -> None:
    assert complete(typed) == completed


def test_completion_of_an_absolute_path(folder: Path) -> None:
    assert complete(f"{folder}/no") == f"{folder}/notas/"
    assert complete("/et") == "/etc/"
