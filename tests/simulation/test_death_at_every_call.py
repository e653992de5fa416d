"""The process dies at the n-th call of the store, for every n of a document's journey, intake included: the result is the same."""

from __future__ import annotations

import pytest

from tests.simulation.plan import Plan
from tests.simulation.simulate import Simulation

#: More calls than any journey here has.
MOST = 400


@pytest.mark.parametrize(
    ("documents", "lists", "run_ahead", "step"),
    [(1, False, True, 1), (1, False, False, 2), (2, True, True, 3)],
    ids=["run ahead", "hop by hop", "with lists"],
)
def test_death_at_every_call_of_the_store_changes_nothing(
    simulation: Simulation, documents: int, lists: bool, run_ahead: bool, step: int
) -> None:
    def journey(deaths: tuple[int, ...]) -> Plan:
        return Plan(seed=7, documents=documents, lists=lists, run_ahead=run_ahead, review=frozenset({1}), deaths=deaths)

    undisturbed = simulation.carry_out(journey(()))
    calls = undisturbed.points[0]
    for point in range(1, MOST, step):
        ran = simulation.carry_out(journey((point,)))
        if len(ran.points) == 1:
            break
        if lists and ran.jobs["202401_NFs_Cabecalho.csv"] != ran.jobs["202401_NFs_Itens.csv"]:
            # Halves meet within one job, and a person who comes back after a crash opens another one.
            continue
        assert ran.outcome == undisturbed.outcome, f"death at call {point} of {calls} shows"
    else:
        raise AssertionError(f"there were more than {MOST} calls")


def test_death_at_every_call_after_a_death_changes_nothing(simulation: Simulation) -> None:
    undisturbed = simulation.carry_out(Plan(seed=8, documents=1))
    calls = undisturbed.points[0]
    for point in range(1, calls, 2):
        ran = simulation.carry_out(Plan(seed=8, documents=1, deaths=(calls // 2, point)))
        assert ran.outcome == undisturbed.outcome, f"death at call {calls // 2}, then at {point}"
