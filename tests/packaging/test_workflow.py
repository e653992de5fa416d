"""The workflow of continuous integration: what it calls exists, and no job may do more than it must."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.packaging.building import REPOSITORY

FILE = REPOSITORY / ".github" / "workflows" / "ci.yml"
WORKFLOW: dict[Any, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
JOBS: dict[str, dict[str, Any]] = WORKFLOW["jobs"]
STEPS = [(name, step) for name, job in JOBS.items() for step in job["steps"]]
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def lines() -> list[str]:
    return [line.strip() for _, step in STEPS for line in step.get("run", "").splitlines()]


def test_what_it_runs_is_there() -> None:
    called = {target for line in lines() for target in re.findall(r"\bmake ([a-z-]+)", line)}
    assert called == {"wheelhouse", "wheel", "deb", "binary", "service-check"}
    assert called <= TARGETS
    scripts = [line for line in lines() if line.startswith(".")]
    assert scripts == [".ci/run"]
    assert (REPOSITORY / ".ci" / "run").stat().st_mode & 0o111


def test_what_decides_here_decides_there_on_every_python_that_is_supported() -> None:
    test = JOBS["test"]
    assert test["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert [step["run"] for step in test["steps"] if "run" in step] == [".ci/run"]
    decides = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in decides
    assert "make check" in decides


def test_a_drift_of_the_contract_fails_the_checks() -> None:
    recipe = (REPOSITORY / "Makefile").read_text(encoding="utf-8").split("\ncheck:")[1].split("\n\n")[0]
    assert "engine.contract.schema --check" in recipe


def test_only_the_release_may_write_and_only_for_a_tag() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert {name for name, job in JOBS.items() if "permissions" in job} == {"release"}
    release = JOBS["release"]
    assert release["permissions"] == {"contents": "write", "id-token": "write", "attestations": "write"}
    assert release["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert set(release["needs"]) == {"test", "packages"}
    # It runs nothing of the repository.
    assert not [step for step in release["steps"] if "checkout" in step.get("uses", "")]


def test_a_checkout_leaves_no_token_behind() -> None:
    checkouts = [step for _, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) == 2
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_actions_are_pinned_by_a_version() -> None:
    used = [step["uses"] for _, step in STEPS if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"actions/[a-z-]+@v[0-9]+", one)] == []
    assert "pinned by their version tag" in FILE.read_text(encoding="utf-8")


def test_nothing_an_outsider_can_name_is_put_into_a_command() -> None:
    assert [line for line in lines() if "${{" in line] == []


@pytest.mark.parametrize("name", sorted(JOBS))
def test_no_job_runs_without_end(name: str) -> None:
    assert JOBS[name]["timeout-minutes"] <= 60


def test_it_runs_for_changes_and_for_tags() -> None:
    # YAML 1.1 takes `on` for a truth value.
    events = WORKFLOW[True]
    assert events["push"] == {"branches": ["main"], "tags": ["v*"]}
    assert "pull_request" in events
    assert "pull_request_target" not in events


def test_what_was_built_is_kept() -> None:
    [upload] = [step for _, step in STEPS if step.get("uses", "").startswith("actions/upload-artifact@")]
    assert upload["with"]["path"].split() == ["dist/*.whl", "dist/*.tar.gz", "dist/*.deb"]
    assert upload["with"]["if-no-files-found"] == "error"
