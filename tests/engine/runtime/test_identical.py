"""Hop by hop, run ahead in memory, or cut off by deaths: the same files give the same documents, reports and totals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.outcome import Outcome
from tests.simulation.plan import Plan
from tests.simulation.simulate import Simulation

DATA = Path(__file__).parent.parent.parent / "data" / "nfe"


@pytest.fixture(scope="module")
def simulation() -> Iterator[Simulation]:
    """The simulation over the real documents that ship with the tests."""
    opened = Simulation()
    names = sorted(DATA.glob("*.xml"))
    # The same note in another encoding, so that one document is another's duplicate before either was read.
    twin = opened.folder / "twin-utf16.xml"
    twin.write_bytes(names[0].read_text(encoding="utf-8").replace('encoding="utf-8"', 'encoding="utf-16"').encode("utf-16"))
    opened.notes = [*names, twin]
    yield opened
    opened.close()


def outcome(simulation: Simulation, *, run_ahead: bool, deaths: tuple[int, ...] = (), seed: int = 1) -> Outcome:
    plan = Plan(seed=seed, documents=len(simulation.notes), run_ahead=run_ahead, deaths=deaths)
    return simulation.carry_out(plan).outcome


@pytest.fixture(scope="module")
def plain(simulation: Simulation) -> Outcome:
    """Hop by hop, undisturbed."""
    return outcome(simulation, run_ahead=False)


def test_there_is_something_to_compare(plain: Outcome) -> None:
    states = {value["state"] for value in plain.values() if isinstance(value, dict) and "state" in value}
    assert {"done", "duplicate", "unsupported"} <= states
    assert sum(1 for value in plain.values() if isinstance(value, dict) and value.get("report")) == len(list(DATA.glob("*.xml"))) + 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_running_ahead_changes_nothing(simulation: Simulation, plain: Outcome, seed: int) -> None:
    assert outcome(simulation, run_ahead=True, seed=seed) == plain


@pytest.mark.parametrize("deaths", [(90,), (150, 60), (200, 150, 100), (300, 80, 80)], ids=str)
@pytest.mark.parametrize("run_ahead", [True, False], ids=["ahead", "hop by hop"])
def test_deaths_on_the_way_change_nothing(simulation: Simulation, plain: Outcome, deaths: tuple[int, ...], run_ahead: bool) -> None:
    assert outcome(simulation, run_ahead=run_ahead, deaths=deaths) == plain

