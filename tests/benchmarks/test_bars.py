"""Verdicts and the page follow from the figures alone."""

from __future__ import annotations

from typing import Any

from benchmarks import bars, report, suite

RESULTS: dict[str, dict[str, Any]] = {
    "chain.FULL.off": {"hops_s": 6_000.0, "commits_per_hop": 0.04, "rounds": [6_000.0]},
    "chain.FULL.peer.litequeue tuned x1": {"hops_s": 1_000.0, "rounds": [1_000.0]},
    "chain.FULL.peer.litequeue default x64": {"hops_s": 10.0, "rounds": [10.0]},
    "idle.FULL.on": {"p50_ms": 2.0, "commits": 3.0, "rounds": [2.0]},
    "idle.FULL.peer.litequeue default": {"p50_ms": 4.0, "rounds": [4.0]},
    "worker.FULL.peer.huey default": {"p50_ms": 100.0, "rounds": [100.0]},
}


def verdicts() -> dict[str, bool | None]:
    """By measure."""
    return {row.measure: row.met for row in bars.rows(RESULTS)}


def test_the_best_peer_counts() -> None:
    """Not the first and not the worst."""
    assert bars.best(RESULTS, "chain.FULL.peer.", "hops_s") == ("litequeue tuned x1", 1_000.0)


def test_a_bar_is_met_missed_or_not_there() -> None:
    """6x is met at 6x; half of a peer's time misses a third."""
    told = verdicts()
    assert told["11-hop chain, 64 in flight, FULL, run-ahead off"] is True
    assert told["idle chain p50 from enqueue, FULL, run-ahead on"] is False
    assert told["the same, huey default with its own worker, FULL"] is True


def test_the_page_says_what_was_missed() -> None:
    """With the next step."""
    facts = {
        "cores": 2, "processor": "any", "system": "any", "python": "3.11", "load_before": 0.1, "load_after": 0.2, "fdatasync_p50_ms": 0.2,
        "sqlite": {"product": "3.53.4", "peers": "3.40.1"}, "pragmas": {"synchronous": 2}, "versions": {"huey": "3"},
    }
    run = {"at": "now", "mode": "full", "rounds": 1, "seconds": 1.0, "machine": facts, "results": RESULTS, "failed": {"x": "absent"}}
    page = report.markdown(run, {})
    assert "## What was missed" in page
    assert "round trip" in page
    assert "- x: absent" in page


def test_the_page_judges_the_appliance_at_work_by_the_bound_and_not_by_the_median() -> None:
    """A median below the bar with a bound above it is a miss."""
    facts = {"pairs": 20, "documents": 8000, "cpu_ms_on": 4.1, "cpu_ms_off": 4.0, "ratio": 1.01, "upper_95": 1.031, "bar": 1.03, "at": "then", "load": 0.1}
    assert "**missed**" in "".join(report.at_work({"spans": facts}))
    assert "**missed**" not in "".join(report.at_work({"spans": facts | {"upper_95": 1.03}}))


def test_measurements_have_names_of_their_own() -> None:
    """Two of one name would be one median."""
    for extent in (suite.FULL_RUN, suite.QUICK_RUN):
        names = [measurement.name for measurement in suite.plan(extent)]
        assert len(names) == len(set(names))
