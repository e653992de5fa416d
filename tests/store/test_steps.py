"""The timeline tells hops in the order they happened."""

from __future__ import annotations

from store.records import steps
from store.records.steps import Done
from tests.store.harness import NOON, Database


def done(stage: str, started: int = NOON) -> Done:
    return Done(stage, f"evt.{stage}", 1, started, started, 0)


def test_hops_of_one_millisecond_stand_in_the_order_of_the_pipeline(database: Database) -> None:
    database.run(lambda tx: steps.record_done(tx, "t", "d", 0, [done("A8"), done("A9"), done("A10"), done("A1", NOON - 1)]))
    assert [step.stage for step in steps.timeline(database.connection, "d")] == ["A1", "A8", "A9", "A10"]


def test_more_hops_than_one_statement_takes_are_all_written(database: Database) -> None:
    many = [done(f"A{number}", NOON + number) for number in range(2 * steps.MOST_ROWS + 3)]
    assert database.run(lambda tx: steps.record_done(tx, "t", "d", 0, many))
    assert [step.stage for step in steps.timeline(database.connection, "d")] == [one.stage for one in many]


def test_a_first_hop_that_is_done_leaves_everything_as_it_was(database: Database) -> None:
    assert database.run(lambda tx: steps.record_done(tx, "t", "d", 0, [done("A1")]))
    assert not database.run(lambda tx: steps.record_done(tx, "t", "d", 0, [done("A1", NOON + 5)]))
    assert not database.run(lambda tx: steps.record_done(tx, "t", "d", 0, [done("A1", NOON + 5), done("A2")]))
    assert [(step.stage, step.started) for step in steps.timeline(database.connection, "d")] == [("A1", NOON)]


def test_a_hop_that_failed_before_is_done_now(database: Database) -> None:
    failed = steps.Step("t", "d", "A1", "evt.A1", 0, steps.StepStatus.RETRIED, 1, NOON, NOON, None, None, "no")
    database.run(lambda tx: steps.record(tx, failed))
    assert database.run(lambda tx: steps.record_done(tx, "t", "d", 0, [done("A1", NOON + 9)]))
    (step,) = steps.timeline(database.connection, "d")
    assert (step.status, step.started, step.error) == (steps.StepStatus.DONE, NOON + 9, None)
