"""L1: installed once from the wheel into a clean environment, Nexus works without a network, and `init` twice is as good as once."""

from __future__ import annotations

from pathlib import Path

from tests.packaging.building import clean_environment, distributions, ran, works


def test_a_clean_environment_works_without_a_network(tmp_path: Path) -> None:
    nexus = clean_environment(tmp_path / "environment", distributions()[1])
    where = ran(
        [nexus.with_name("python"), "-I", "-c", "import engine, nexus_tui; print(engine.__file__, nexus_tui.__file__)"]
    )
    assert all(Path(path).is_relative_to(tmp_path / "environment") for path in where.split())
    works(nexus, tmp_path)
