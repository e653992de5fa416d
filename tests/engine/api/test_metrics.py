"""How metrics are written."""

from __future__ import annotations

from engine.api.metrics import Sample, written


def test_a_counter_is_told_to_its_last_digit() -> None:
    """`1.23457e+06` for two documents one after the other looks as if nothing had happened."""
    told = [list(written("done", "counter", "Documents.", [Sample(count)]))[-1] for count in (1_234_567, 1_234_568, 2**53)]
    assert told == ["nexus_done 1234567", "nexus_done 1234568", "nexus_done 9007199254740992"]


def test_a_part_of_a_second_and_a_label_of_any_text_are_told() -> None:
    lines = list(written("age", "gauge", "Age.", [Sample(0.25, {"queue": 'a"b\\c\nd'}), Sample(True, {"queue": "e"})]))
    assert lines[2:] == ['nexus_age{queue="a\\"b\\\\c\\nd"} 0.25', 'nexus_age{queue="e"} 1']
