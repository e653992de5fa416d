"""`--config` is taken from any place of a call before it is parsed."""

from __future__ import annotations

import os

import pytest

from nexus_tui.cli import usage


@pytest.mark.parametrize(
    ("arguments", "left", "named"),
    [
        (["--config", "a.toml", "run"], ["run"], "a.toml"),
        (["run", "--config=a.toml", "--json"], ["run", "--json"], "a.toml"),
        (["run", "--config", "a.toml", "--config", "b.toml"], ["run"], "b.toml"),
        (["kv", "put", "k", "--", "--config", "x"], ["kv", "put", "k", "--", "--config", "x"], None),
        (["run", "--config"], ["run", "--config"], None),
        (["docs", "ls"], ["docs", "ls"], None),
    ],
)
def test_what_it_names_counts_and_the_rest_is_the_call(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], left: list[str], named: str | None
) -> None:
    monkeypatch.setenv("NEXUS_CONFIG", "")
    assert usage.take_configuration(arguments) == left
    assert os.environ["NEXUS_CONFIG"] == (named or "")
